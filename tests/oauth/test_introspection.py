"""Token introspection (RFC 7662)."""

import pytest
from tests.oauth.samples import (
    ACCESS_TOKEN,
    CLIENT_ID,
    ISSUER,
    NOW,
    ORGANIZATION,
    REFRESH_TOKEN,
    client,
    grant,
    stored,
    token,
)

from polar_server.oauth import introspection
from polar_server.oauth.clients import Client
from polar_server.oauth.tokens import Token, TokenKind

EFFECTIVE = frozenset({"openid", "products:read"})
RESOURCE_SERVER = client(client_id="other", is_resource_server=True, scope="products:read orders:read")


@pytest.mark.parametrize(
    "caller, token, visible",
    [
        pytest.param(client(), ACCESS_TOKEN, EFFECTIVE, id="its own"),
        pytest.param(client(), REFRESH_TOKEN, EFFECTIVE, id="its own refresh token"),
        pytest.param(client(scope="email"), ACCESS_TOKEN, EFFECTIVE, id="its own, registered for less by now"),
        pytest.param(client(client_id="other"), ACCESS_TOKEN, None, id="another client's (CVE-2026-37979)"),
        pytest.param(RESOURCE_SERVER, ACCESS_TOKEN, frozenset({"products:read"}), id="resource server: what it shares"),
        pytest.param(RESOURCE_SERVER, REFRESH_TOKEN, None, id="resource server: no refresh tokens"),
        pytest.param(
            client(client_id="other", is_resource_server=True, scope="orders:read"),
            ACCESS_TOKEN,
            None,
            id="resource server: outside its audience (§4)",
        ),
        pytest.param(client(client_id="other", is_resource_server=True, scope=""), ACCESS_TOKEN, None, id="no scopes"),
    ],
)
def test_who_sees_what(caller: Client, token: Token, visible: frozenset[str] | None) -> None:
    """RFC 7662 §2.2, §4: a client sees its own tokens, a resource server its part of access tokens, nobody more."""
    assert introspection.visible_scopes(caller, token, stored(token), EFFECTIVE) == visible


def test_nothing_effective() -> None:
    """A client may know its own token even when nothing of its scopes is left."""
    assert introspection.visible_scopes(client(), ACCESS_TOKEN, stored(ACCESS_TOKEN), frozenset()) == frozenset()


def test_inactive() -> None:
    """RFC 7662 §2.2: about an inactive token nothing else is said."""
    assert introspection.INACTIVE == {"active": False}


def test_person() -> None:
    """The answer about a person's access token has exactly these members (RFC 7662 §2.2)."""
    assert introspection.answer(ACCESS_TOKEN, stored(ACCESS_TOKEN), "openid", ISSUER) == {
        "active": True,
        "client_id": CLIENT_ID,
        "token_type": "access_token",
        "scope": "openid",
        "sub": "person-1",
        "sub_type": "user",
        "organizations": [],
        "aud": CLIENT_ID,
        "iss": ISSUER,
        "iat": NOW - 60,
        "exp": NOW + 3540,
    }


def test_organization() -> None:
    """The answer about an organization's token names the organization, and who acts for it (RFC 8693 §4.1)."""
    made = token(TokenKind.ORGANIZATION_ACCESS_TOKEN)
    answer = introspection.answer(made, stored(made, grant=grant(subject=ORGANIZATION)), "openid", ISSUER)
    assert (answer["sub"], answer["sub_type"], answer["act"]) == (
        "organization-1",
        "organization",
        {"sub": "person-1"},
    )
    assert answer["organizations"] == ["organization-1"]


def test_refresh_token() -> None:
    """A refresh token is told as one, and has no exp when it works until it is revoked."""
    answer = introspection.answer(REFRESH_TOKEN, stored(REFRESH_TOKEN, expires_at=None), "openid", ISSUER)
    assert answer["token_type"] == "refresh_token"
    assert "exp" not in answer

"""Bearer tokens at a protected resource (RFC 6750)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oauth.samples import ACCESS_TOKEN, CODE, NOW, REFRESH_TOKEN, SERVER_KEYS, grant, stored, token

from polar_server.oauth import bearer
from polar_server.oauth.bearer import MissingToken
from polar_server.oauth.errors import InsufficientScope, InvalidRequest, InvalidToken, OAuthError
from polar_server.oauth.tokens import ACCESS_TOKENS, TokenKind


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_token(scheme: str) -> None:
    """RFC 6750 §2.1, RFC 9110 §11.1: the token comes in the Authorization header, under a scheme in any case."""
    assert bearer.token_of(scheme + ACCESS_TOKEN.text) == ACCESS_TOKEN


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="no header"),
        pytest.param("", id="empty header"),
        pytest.param("Basic dXNlcjpwYXNz", id="another scheme"),
        pytest.param(ACCESS_TOKEN.text, id="no scheme"),
        pytest.param(f"DPoP {ACCESS_TOKEN.text}", id="DPoP"),
    ],
)
def test_no_credentials(authorization: str | None) -> None:
    """RFC 6750 §3.1: a request without a bearer token gets the challenge alone, without an error code."""
    with pytest.raises(MissingToken) as refused:
        bearer.token_of(authorization)
    assert refused.value.status == 401
    assert bearer.challenge(refused.value) == 'Bearer realm="polar"'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(ACCESS_TOKEN.text[:-1], id="a character less (CVE-2026-27840)"),
        pytest.param(ACCESS_TOKEN.text + "x", id="a character more"),
        pytest.param(ACCESS_TOKEN.text.swapcase(), id="other case"),
        pytest.param(ACCESS_TOKEN.text + "\n", id="newline"),
        pytest.param(f"{ACCESS_TOKEN.text}, Bearer x", id="two"),
        pytest.param(REFRESH_TOKEN.text, id="a refresh token"),
        pytest.param(CODE.text, id="a code"),
        pytest.param(token(TokenKind.SESSION).text, id="a session"),
        pytest.param(token(TokenKind.REGISTRATION_TOKEN).text, id="a registration token"),
        pytest.param("eyJhbGciOiJub25lIn0.e30.", id="an ID token (RFC 8725 §3.12)"),
        pytest.param("é", id="not ASCII"),
    ],
)
def test_no_access_token(text: str) -> None:
    """RFC 6750 §3.1: whatever is no access token is invalid_token."""
    with pytest.raises(InvalidToken):
        bearer.token_of(f"Bearer {text}")


@given(st.text(st.characters(), max_size=80))
def test_any_header(authorization: str) -> None:
    """Any header is read or refused."""
    try:
        assert bearer.token_of(authorization).kind in ACCESS_TOKENS
    except OAuthError as error:
        assert error.status == 401  # noqa: PT017 - both ways are right


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({}, None),
        ({"expires_at": NOW + 1}, None),
        ({"expires_at": None}, None),
        ({"expires_at": NOW}, "the token has expired"),
        ({"expires_at": NOW - 1}, "the token has expired"),
        ({"revoked_at": NOW - 1}, "the token was revoked"),
        ({"revoked_at": NOW + 1}, "the token was revoked"),
        ({"grant": grant(alive=False)}, "the grant has ended"),
        ({"digest": SERVER_KEYS.digest("another")}, "unknown token"),
        ({"digest": ""}, "unknown token"),
        ({"key_id": "00000000"}, "unknown token"),
        ({"revoked_at": NOW, "digest": "x"}, "unknown token"),
    ],
)
def test_activity(changes: dict[str, Any], reason: str | None) -> None:
    """RFC 6750 §3.1: a token works while it is known, neither revoked nor expired, and its grant lives."""
    assert bearer.inactive_because(ACCESS_TOKEN, stored(ACCESS_TOKEN, **changes), SERVER_KEYS, NOW) == reason


def test_unknown_token() -> None:
    """A well-formed token without a row does not work."""
    assert bearer.inactive_because(ACCESS_TOKEN, None, SERVER_KEYS, NOW) == "unknown token"


def test_other_subject_type() -> None:
    """The same body under the prefix of another subject is another token: the digest covers the prefix."""
    other = token(TokenKind.ORGANIZATION_ACCESS_TOKEN)
    assert other.id == ACCESS_TOKEN.id
    assert bearer.inactive_because(other, stored(ACCESS_TOKEN), SERVER_KEYS, NOW) == "unknown token"


def test_needed_scope() -> None:
    """RFC 6750 §3.1: a token without the scope is insufficient_scope, and a longer name does not stand for it."""
    bearer.require_scope(frozenset({"openid", "products:read"}), "products:read")
    with pytest.raises(InsufficientScope):
        bearer.require_scope(frozenset({"openid", "products:readx", "products"}), "products:read")


@pytest.mark.parametrize(
    "error, challenge",
    [
        (
            InvalidToken("x"),
            'error="invalid_token", error_description="The access token is invalid, expired or revoked."',
        ),
        (
            InsufficientScope("orders:read"),
            (
                'error="insufficient_scope", error_description="The access token lacks the scope orders:read.", '
                'scope="orders:read"'
            ),
        ),
        (InvalidRequest('a "b" \\ c\r\nX: y'), 'error="invalid_request", error_description="a \'b\' \' c??X: y"'),
    ],
)
def test_challenge(error: OAuthError, challenge: str) -> None:
    """RFC 6750 §3: the challenge tells realm, error, description and scope, and nothing can break out of its quotes."""
    assert bearer.challenge(error) == f'Bearer realm="polar", {challenge}'

"""Token revocation (RFC 7009)."""

import pytest
from tests.oauth.samples import ACCESS_TOKEN, CLIENT_ID, NOW, REFRESH_TOKEN, SERVER_KEYS, grant, stored

from polar_server.oauth import revocation
from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.revocation import Revocation
from polar_server.oauth.tokens import Token


@pytest.mark.parametrize(
    "token, row, client_id, decision",
    [
        pytest.param(ACCESS_TOKEN, stored(ACCESS_TOKEN), CLIENT_ID, "access_token", id="access token"),
        pytest.param(REFRESH_TOKEN, stored(REFRESH_TOKEN), CLIENT_ID, "grant", id="refresh token (§2.1)"),
        pytest.param(None, None, CLIENT_ID, "nothing", id="no token (§2.2)"),
        pytest.param(None, stored(ACCESS_TOKEN), CLIENT_ID, "nothing", id="no token, whatever was found"),
        pytest.param(ACCESS_TOKEN, None, CLIENT_ID, "nothing", id="unknown"),
        pytest.param(ACCESS_TOKEN, stored(ACCESS_TOKEN, digest="x"), CLIENT_ID, "nothing", id="only the id is right"),
        pytest.param(ACCESS_TOKEN, stored(ACCESS_TOKEN), "other", "nothing", id="another client's (CVE-2026-115472)"),
        pytest.param(REFRESH_TOKEN, stored(REFRESH_TOKEN), "other", "nothing", id="another client's refresh token"),
        pytest.param(ACCESS_TOKEN, stored(ACCESS_TOKEN, revoked_at=NOW), CLIENT_ID, "access_token", id="once more"),
        pytest.param(ACCESS_TOKEN, stored(ACCESS_TOKEN, expires_at=NOW - 1), CLIENT_ID, "access_token", id="expired"),
        pytest.param(
            REFRESH_TOKEN, stored(REFRESH_TOKEN, grant=grant(alive=False)), CLIENT_ID, "grant", id="of an ended grant"
        ),
    ],
)
def test_decides(token: Token | None, row: StoredToken | None, client_id: str, decision: str) -> None:
    """RFC 7009 §2.1: a client revokes its own tokens; a refresh token takes the whole grant with it."""
    assert revocation.decide(token, row, client_id, SERVER_KEYS) is Revocation(decision)

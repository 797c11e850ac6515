"""Token revocation (RFC 7009)."""

from enum import StrEnum

from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import ACCESS_TOKENS, Token


class Revocation(StrEnum):
    """What a revocation request comes to."""

    NOTHING = "nothing"
    ACCESS_TOKEN = "access_token"  # noqa: S105 - an outcome
    GRANT = "grant"


def decide(token: Token | None, stored: StoredToken | None, client_id: str, keys: ServerKeys) -> Revocation:
    """What to revoke.

    §2.1: only the client's own tokens, and a refresh token takes its access tokens with
    it. §2.2: an invalid token is no error. The caller learns nothing about others' tokens.
    """
    if token is None or stored is None or not keys.matches(token.text, stored.digest, stored.key_id):
        return Revocation.NOTHING
    if stored.grant.client_id != client_id:
        return Revocation.NOTHING
    return Revocation.ACCESS_TOKEN if token.kind in ACCESS_TOKENS else Revocation.GRANT

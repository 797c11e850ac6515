"""Bearer tokens at a protected resource (RFC 6750)."""

from typing import NamedTuple

from polar_server.oauth import tokens
from polar_server.oauth.errors import InsufficientScope, InvalidToken, OAuthError
from polar_server.oauth.grants import Grant
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import ACCESS_TOKENS, Token, TokenKind


class MissingToken(OAuthError):
    """No credentials at all: RFC 6750 §3.1 wants no error code then, only the challenge."""

    code = "Unauthorized"
    status = 401


class StoredToken(NamedTuple):
    """An access or refresh token as kept, with its grant."""

    id: str
    digest: str
    key_id: str
    scope: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    grant: Grant


def token_of(authorization: str | None, kinds: frozenset[TokenKind] = ACCESS_TOKENS) -> Token:
    """The access token of an Authorization header (§2.1), of one of the kinds. Raises MissingToken or InvalidToken."""
    if authorization is None:
        raise MissingToken("Send an access token: Authorization: Bearer <token>.")
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise MissingToken("The Authorization header must use the Bearer scheme.")
    token = tokens.parse(text.strip(" "), kinds)
    if token is None:
        raise InvalidToken("not an access token, or its checksum is wrong")
    return token


def inactive_because(token: Token, stored: StoredToken | None, keys: ServerKeys, now: int) -> str | None:
    """Why a token does not work, or None when it does. One answer for resources and for introspection."""
    if stored is None or not keys.matches(token.text, stored.digest, stored.key_id):
        return "unknown token"
    if stored.revoked_at is not None:
        return "the token was revoked"
    if stored.expires_at is not None and now >= stored.expires_at:
        return "the token has expired"
    if not stored.grant.alive:
        return "the grant has ended"
    return None


def require_scope(scopes: frozenset[str], needed: str) -> None:
    """Raises InsufficientScope (§3.1)."""
    if needed not in scopes:
        raise InsufficientScope(needed)


def challenge(error: OAuthError) -> str:
    """The WWW-Authenticate header of a refusal (§3)."""
    if isinstance(error, MissingToken):
        return 'Bearer realm="polar"'
    scope = f', scope="{error.scope}"' if isinstance(error, InsufficientScope) else ""
    return f'Bearer realm="polar", error="{error.code}", error_description="{error.description}"{scope}'

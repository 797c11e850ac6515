"""The one way to look at a token: found, alive, and narrowed to what its person may do now."""

from dataclasses import dataclass

from polar_server.accounts.roles import Role, allowed_scopes
from polar_server.authorization_server import queries
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.oauth import bearer
from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.errors import InvalidToken
from polar_server.oauth.tokens import ACCESS_TOKENS, Token
from polar_server.oauth.userinfo import Profile


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A token that works at this moment. `scopes` are those that the member's role covers; a person has no role."""

    stored: StoredToken
    scopes: frozenset[str]
    profile: Profile
    role: Role | None


async def find_live_token(server: AuthorizationServer, token: Token) -> LiveToken:
    """The token, as live as the database says now: nothing is cached. Raises InvalidToken."""
    find = queries.find_access_token if token.kind in ACCESS_TOKENS else queries.find_refresh_token_alone
    async with server.database.read() as tx:
        found = await find(tx, token.id)
    stored = found.stored if found else None
    reason = bearer.inactive_because(token, stored, server.server_keys, int(server.clock()))
    if found is None or reason is not None:
        raise InvalidToken(reason or "unknown token")
    scopes = frozenset(found.stored.scope.split())
    covered = scopes if found.role is None else allowed_scopes(found.role, scopes)
    return LiveToken(found.stored, covered, found.profile, found.role)

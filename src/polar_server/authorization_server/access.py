"""The one way to look at a token: found, alive, and narrowed to what its person may do now."""

from collections.abc import Mapping
from typing import NamedTuple

from polar_server.accounts.roles import Role, allowed_scopes
from polar_server.authorization_server import organization_token_queries, token_queries
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.token_queries import FoundToken
from polar_server.oauth import bearer, scopes
from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.errors import InvalidToken
from polar_server.oauth.tokens import Token, TokenKind
from polar_server.oauth.userinfo import Profile

USED_EVERY = 60
"""Seconds between two notes of when an organization token was used: a call should not cost a write."""


class LiveToken(NamedTuple):
    """A token that works at this moment. `scopes` are those that the member's role covers; a person has no role."""

    stored: StoredToken
    scopes: frozenset[str]
    profile: Profile
    role: Role | None


async def find_live_token(server: AuthorizationServer, token: Token) -> LiveToken:
    """The access token, as live as the database says now: nothing is cached. Raises InvalidToken."""
    return _live(server, token, await token_queries.find_access_token(server.database, token.id))


async def find_live_caller(server: AuthorizationServer, token: Token) -> tuple[LiveToken, Mapping[str, Role]]:
    """The same, and the organizations that its subject reaches with the roles there, in one look."""
    if token.kind is TokenKind.ORGANIZATION_TOKEN:
        return await _find_organization(server, token)
    found, roles = await token_queries.find_caller(server.database, token.id)
    live = _live(server, token, found)
    organization_id = live.stored.grant.subject.organization_id
    if organization_id is None:
        return live, roles
    assert live.role is not None, "a live organization token has a member behind it"
    return live, {organization_id: live.role}


async def _find_organization(server: AuthorizationServer, token: Token) -> tuple[LiveToken, Mapping[str, Role]]:
    """An organization that calls with a token of its own."""
    found, last_used_at = await organization_token_queries.find_token(server.database, token.id) or (None, None)
    live = _live(server, token, found)
    organization_id, now = live.stored.grant.subject.id, int(server.clock())
    assert live.role is not None, "a live organization token has a member behind it"
    if last_used_at is None or last_used_at <= now - USED_EVERY:
        async with server.database.statement() as tx:
            await organization_token_queries.touch_token(tx, organization_id, token.id, now, now - USED_EVERY)
    return live, {organization_id: live.role}


def _live(server: AuthorizationServer, token: Token, found: FoundToken | None) -> LiveToken:
    reason = bearer.inactive_because(token, found.stored if found else None, server.server_keys, int(server.clock()))
    if found is None or reason is not None:
        raise InvalidToken(reason or "unknown token")
    return LiveToken(found.stored, effective_scopes(found.stored, found.role), found.profile, found.role)


def effective_scopes(stored: StoredToken, role: Role | None) -> frozenset[str]:
    """The token's scopes that the person's role in the organization still covers; all of them for a person."""
    granted = scopes.split(stored.scope)
    return granted if role is None else allowed_scopes(role, granted)

"""What both grants do when they issue tokens: authenticate, decide what is covered, store, and end a replayed grant."""

from typing import NamedTuple, NoReturn

import structlog

from polar_server.accounts.roles import Role, allowed_scopes
from polar_server.audit import About, Actor, record
from polar_server.authorization_server import grant_queries
from polar_server.authorization_server.issue_queries import NewTokens
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.token_queries import FoundCode, FoundRefreshToken
from polar_server.oauth import clients, scopes
from polar_server.oauth.clients import Client, Credentials
from polar_server.oauth.errors import InvalidGrant
from polar_server.oauth.grants import Grant, Replayed, TokenPair

log = structlog.get_logger()


class Issued(NamedTuple):
    """What a successful request answers with. `expires_at` is the access token's, `now` when that was decided."""

    client: Client
    grant: Grant
    pair: TokenPair
    scope: str
    auth_time: int
    nonce: str | None
    expires_at: int
    now: int


def authenticate(
    server: AuthorizationServer,
    credentials: Credentials,
    found: FoundCode | FoundRefreshToken | None,
    now: int,
) -> Client:
    """The client of a token request. Raises InvalidClient."""
    client, secrets = (found.client, found.secrets) if found else (None, None)
    return clients.authenticate(client, secrets, credentials, server.server_keys, now)


async def end_replayed(server: AuthorizationServer, replayed: Replayed, now: int) -> NoReturn:
    """End the grant, and only then refuse: an exception inside the transaction would undo the revocation."""
    grant = replayed.grant
    async with server.database.write() as tx:
        if await grant_queries.revoke_grant(tx, grant.id, "replay", now):
            about = About(grant.subject.organization_id, grant.subject.user_id, grant.id)
            await record(tx, Actor(None, grant.client_id), "app.replayed", about, now, reason=replayed.detail)
    log.warning("replay", grant=grant.id, client_id=grant.client_id, detail=replayed.detail)
    raise InvalidGrant(replayed.detail)


def covered(scope: str, role: Role | None) -> str:
    """What of the granted scope the person's role in the organization still covers; all of it for a person."""
    if role is None:
        return scope
    return scopes.text(allowed_scopes(role, scopes.split(scope)))


def new_tokens(server: AuthorizationServer, issued: Issued) -> NewTokens:
    """What is kept of them: digests."""
    keys, pair, lifetime = server.server_keys, issued.pair, server.settings.refresh_token_lifetime
    return NewTokens(
        pair_id=pair.access_token.id,
        access_digest=keys.digest(pair.access_token.text),
        refresh_digest=keys.digest(pair.refresh_token.text) if pair.refresh_token else None,
        key_id=keys.key_id,
        grant_id=issued.grant.id,
        scope=issued.scope,
        auth_time=issued.auth_time,
        now=issued.now,
        access_expires_at=issued.expires_at,
        refresh_expires_at=issued.now + lifetime if lifetime else None,
    )

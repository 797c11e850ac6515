"""The refresh_token grant: each use gives a successor (RFC 6749 §6, RFC 9700 §4.14.2)."""

from polar_server.authorization_server import issue_queries, token_queries
from polar_server.authorization_server.client_authentication import storable
from polar_server.authorization_server.issuing import Issued, authenticate, covered, end_replayed, new_tokens
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.token_queries import FoundRefreshToken
from polar_server.oauth import grants, tokens
from polar_server.oauth.clients import Client, Credentials
from polar_server.oauth.errors import InvalidRequest
from polar_server.oauth.grants import Refreshable, Repeated, Replayed
from polar_server.oauth.tokens import REFRESH_TOKENS


async def refresh(server: AuthorizationServer, credentials: Credentials, form: dict[str, str]) -> Issued:
    """Look, decide, write; look again when another request rotated the token meanwhile, for its successor is there."""
    presented = tokens.parse(form.get("refresh_token", ""), REFRESH_TOKENS)
    client_id, token_id = storable(credentials.client_id), presented.id if presented else ""
    while True:
        now = int(server.clock())
        found = await token_queries.find_refresh_token(server.database, client_id, token_id)
        client = authenticate(server, credentials, found, now)
        client.require_grant_type("refresh_token")
        if "refresh_token" not in form:
            raise InvalidRequest("refresh_token is missing.")
        assert found is not None, "an unknown client does not authenticate"
        issued = await _used(server, client, found, form, now)
        if issued is not None:
            return issued


async def _used(
    server: AuthorizationServer, client: Client, found: FoundRefreshToken, form: dict[str, str], now: int
) -> Issued | None:
    """The next pair, or the same one again within the grace period; None when the race for the rotation was lost."""
    grace, keys, presented = server.settings.refresh_grace, server.server_keys, form["refresh_token"]
    decision = grants.refresh(presented, found.refresh_token, client.client_id, form.get("scope"), grace, keys, now)
    if isinstance(decision, Replayed):
        await end_replayed(server, decision, now)
    if isinstance(decision, Repeated):
        return _repeated(server, client, found, decision, presented, now)
    issued = _rotated(server, client, found, decision, presented, now)
    new = new_tokens(server, issued)
    won = await issue_queries.rotate_refresh_token(server.database, decision.refresh_token.id, new)
    return issued if won else None


def _rotated(
    server: AuthorizationServer,
    client: Client,
    found: FoundRefreshToken,
    decision: Refreshable,
    presented: str,
    now: int,
) -> Issued:
    stored = decision.refresh_token
    pair_id = tokens.new_id(int(server.clock() * 1000), server.entropy(tokens.ID_BYTES))
    pair = grants.succeed(presented, pair_id, stored.grant.subject.type, server.server_keys, stored.key_id)
    scope, expires_at = covered(decision.scope, found.role), now + server.settings.access_token_lifetime
    return Issued(client, stored.grant, pair, scope, stored.auth_time, None, expires_at, now)


def _repeated(
    server: AuthorizationServer, client: Client, found: FoundRefreshToken, decision: Repeated, presented: str, now: int
) -> Issued:
    stored = decision.refresh_token
    assert stored.successor_id is not None, "it was rotated"
    assert stored.successor_expires_at is not None, "its successor is still kept"
    keys, sub_type = server.server_keys, stored.grant.subject.type
    pair = grants.succeed(presented, stored.successor_id, sub_type, keys, stored.key_id)
    scope, expires_at = covered(decision.scope, found.role), stored.successor_expires_at
    return Issued(client, stored.grant, pair, scope, stored.auth_time, None, expires_at, now)

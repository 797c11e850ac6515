"""The authorization_code grant: a code for tokens (RFC 6749 §4.1.3)."""

from polar_server.authorization_server import issue_queries, token_queries
from polar_server.authorization_server.client_authentication import storable
from polar_server.authorization_server.issuing import Issued, authenticate, covered, end_replayed, new_tokens
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.token_queries import FoundCode
from polar_server.oauth import grants, tokens
from polar_server.oauth.clients import Client, Credentials
from polar_server.oauth.errors import InvalidRequest
from polar_server.oauth.grants import Replayed, StoredCode
from polar_server.oauth.tokens import TokenKind

_ENTROPY = tokens.ENTROPY_BYTES + tokens.RANDOM_BYTES


async def redeem(server: AuthorizationServer, credentials: Credentials, form: dict[str, str]) -> Issued:
    """Look once, decide, and write once. Raises the refusals of §5.2."""
    code, now = form.get("code"), int(server.clock())
    presented = tokens.parse(code or "", TokenKind.AUTHORIZATION_CODE)
    client_id = storable(credentials.client_id)
    found = await token_queries.find_code(server.database, client_id, presented.id if presented else "")
    client = authenticate(server, credentials, found, now)
    client.require_grant_type("authorization_code")
    if code is None:
        raise InvalidRequest("code is missing.")
    assert found is not None, "an unknown client does not authenticate"
    decision = grants.redeem(code, found.code, client.client_id, form, server.server_keys, now)
    if isinstance(decision, Replayed):
        await end_replayed(server, decision, now)
    issued = _issued(server, client, found, decision.code, now)
    await _store(server, decision.code, issued)
    return issued


def _issued(server: AuthorizationServer, client: Client, found: FoundCode, code: StoredCode, now: int) -> Issued:
    pair = grants.issue(
        code.grant.subject.type,
        int(server.clock() * 1000),
        server.entropy(_ENTROPY),
        with_refresh_token="refresh_token" in client.grant_types,
    )
    scope, expires_at = covered(code.grant.scope, found.role), now + server.settings.access_token_lifetime
    return Issued(client, code.grant, pair, scope, code.auth_time, code.nonce, expires_at, now)


async def _store(server: AuthorizationServer, code: StoredCode, issued: Issued) -> None:
    if not await issue_queries.redeem_code(server.database, code.id, new_tokens(server, issued)):
        # Somebody redeemed it between our look and our write: that is a replay, seen late (§4.1.2).
        replayed = Replayed(code.grant, "the code was redeemed at the same moment")
        await end_replayed(server, replayed, issued.now)

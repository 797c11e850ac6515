"""The revocation endpoint (RFC 7009 §2)."""

import structlog

from polar_server.authorization_server import queries
from polar_server.authorization_server.client_authentication import authenticated_client, form_of
from polar_server.authorization_server.responses import refusal
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.oauth import revocation, tokens
from polar_server.oauth.clients import Client
from polar_server.oauth.errors import InvalidRequest, OAuthError
from polar_server.oauth.revocation import Revocation
from polar_server.oauth.tokens import ACCESS_TOKENS, REFRESH_TOKENS
from polar_server.plain import Request, Response, json

log = structlog.get_logger()


async def revoke(server: AuthorizationServer, request: Request) -> Response:
    """End a token of the client; for a refresh token, everything of its grant."""
    try:
        form = form_of(request)
        client = await authenticated_client(server, request, form)
        if "token" not in form:
            raise InvalidRequest("token is missing.")
        await _revoke(server, client, form["token"])
        # §2.2: the same answer whether there was anything to revoke; an empty object suits clients that parse it.
        return json({})
    except OAuthError as error:
        return refusal(request, error)


async def _revoke(server: AuthorizationServer, client: Client, text: str) -> None:
    token = tokens.parse(text, ACCESS_TOKENS | REFRESH_TOKENS)
    if token is None:
        return
    find = queries.find_access_token if token.kind in ACCESS_TOKENS else queries.find_refresh_token_alone
    async with server.database.read() as tx:
        found = await find(tx, token.id)
    stored, now = found.stored if found else None, int(server.clock())
    decision = revocation.decide(token, stored, client.client_id, server.server_keys)
    if stored is None or decision is Revocation.NOTHING:
        return
    async with server.database.statement() as tx:
        if decision is Revocation.GRANT:
            await queries.revoke_grant(tx, stored.grant.id, "revoked by the client", now)
        else:
            await queries.revoke_access_token(tx, token.id, now)
    log.info("revoked", what=decision.value, grant=stored.grant.id, client_id=client.client_id)

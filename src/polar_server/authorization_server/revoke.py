"""The revocation endpoint (RFC 7009 §2)."""

import structlog

from polar_server.authorization_server import grant_queries, issue_queries
from polar_server.authorization_server.client_authentication import Question, form_of, question_of
from polar_server.authorization_server.client_events import note_refusal
from polar_server.authorization_server.responses import refusal
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.oauth import revocation
from polar_server.oauth.errors import InvalidRequest, OAuthError
from polar_server.oauth.revocation import Revocation
from polar_server.plain import Request, Response, json

log = structlog.get_logger()


async def revoke(server: AuthorizationServer, request: Request) -> Response:
    """End a token of the client; for a refresh token, everything of its grant."""
    try:
        form = form_of(request)
        question = await question_of(server, request, form)
        if "token" not in form:
            raise InvalidRequest("token is missing.")
        await _revoke(server, question)
        # §2.2: the same answer whether there was anything to revoke; an empty object suits clients that parse it.
        return json({})
    except OAuthError as error:
        note_refusal(server, request, error)
        return refusal(request, error)


async def _revoke(server: AuthorizationServer, question: Question) -> None:
    stored, client_id, now = question.stored, question.client.client_id, int(server.clock())
    decision = revocation.decide(question.token, stored, client_id, server.server_keys)
    if stored is None or decision is Revocation.NOTHING:
        return
    if decision is Revocation.ACCESS_TOKEN:
        await issue_queries.revoke_access_token(server.database, stored.id, now)
    else:
        async with server.database.statement() as tx:
            await grant_queries.revoke_grant(tx, stored.grant.id, "revoked by the client", now)
    log.info("revoked", what=decision.value, grant=stored.grant.id, client_id=client_id)

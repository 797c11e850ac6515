"""The introspection endpoint (RFC 7662 §2)."""

from polar_server.authorization_server.access import effective_scopes
from polar_server.authorization_server.client_authentication import Question, form_of, question_of
from polar_server.authorization_server.client_events import note_refusal
from polar_server.authorization_server.responses import refusal
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.oauth import bearer, introspection, scopes
from polar_server.oauth.errors import InvalidClient, InvalidRequest, OAuthError
from polar_server.plain import Request, Response, json


async def introspect(server: AuthorizationServer, request: Request) -> Response:
    """Say whether a token is active and what it stands for."""
    try:
        form = form_of(request)
        question = await question_of(server, request, form)
        # §2.1: the endpoint must require authorization, which a public client cannot give.
        if question.client.is_public:
            raise InvalidClient("Introspection needs a client that authenticates.")
        if "token" not in form:
            raise InvalidRequest("token is missing.")
        return json(_answer(server, question))
    except OAuthError as error:
        note_refusal(server, request, error)
        return refusal(request, error)


def _answer(server: AuthorizationServer, question: Question) -> dict[str, object]:
    token, stored, now = question.token, question.stored, int(server.clock())
    if token is None or stored is None or bearer.inactive_because(token, stored, server.server_keys, now):
        return introspection.INACTIVE
    effective = effective_scopes(stored, question.role)
    visible = introspection.visible_scopes(question.client, token, stored, effective)
    if visible is None:
        return introspection.INACTIVE
    return introspection.answer(token, stored, scopes.text(visible), server.issuer)

"""The introspection endpoint (RFC 7662 §2)."""

from polar_server.authorization_server.access import find_live_token
from polar_server.authorization_server.client_authentication import authenticated_client, form_of
from polar_server.authorization_server.responses import refusal
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.oauth import introspection, scopes, tokens
from polar_server.oauth.clients import Client
from polar_server.oauth.errors import InvalidClient, InvalidRequest, InvalidToken, OAuthError
from polar_server.oauth.tokens import ACCESS_TOKENS, REFRESH_TOKENS
from polar_server.plain import Request, Response, json


async def introspect(server: AuthorizationServer, request: Request) -> Response:
    """Say whether a token is active and what it stands for."""
    try:
        form = form_of(request)
        client = await authenticated_client(server, request, form)
        # §2.1: the endpoint must require authorization, which a public client cannot give.
        if client.is_public:
            raise InvalidClient("Introspection needs a client that authenticates.")
        if "token" not in form:
            raise InvalidRequest("token is missing.")
        return json(await _describe(server, client, form["token"]))
    except OAuthError as error:
        return refusal(request, error)


async def _describe(server: AuthorizationServer, client: Client, text: str) -> dict[str, object]:
    # The prefix tells the kind, so token_type_hint is not needed; §2.1 lets us ignore it.
    token = tokens.parse(text, ACCESS_TOKENS | REFRESH_TOKENS)
    if token is None:
        return introspection.INACTIVE
    try:
        live = await find_live_token(server, token)
    except InvalidToken:
        return introspection.INACTIVE
    visible = introspection.visible_scopes(client, token, live.stored, live.scopes)
    if visible is None:
        return introspection.INACTIVE
    return introspection.answer(token, live.stored, scopes.text(visible), server.issuer)

"""The clients of a person, as JSON."""

from collections.abc import Sequence
from typing import Annotated

import structlog
from litestar import Response, get
from litestar.params import QueryParameter

from polar_server.accounts.desk import GivenSession
from polar_server.authorization_server import client_queries, clients
from polar_server.authorization_server.access import find_live_token
from polar_server.authorization_server.responses import bearer_refusal
from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.html import Page, PageRequest
from polar_server.oauth import bearer
from polar_server.oauth.errors import OAuthError
from polar_server.oauth.subjects import SubjectType
from polar_server.plain import Request as PlainRequest
from polar_server.plain import encode_json

log = structlog.get_logger()

MAX_LIMIT = 100
_HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@get(["/v1/oauth2", "/v1/oauth2/"], include_in_schema=False)
async def list_my_clients(
    request: PageRequest,
    server: GivenServer,
    session: GivenSession,
    page: Annotated[int, QueryParameter(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, QueryParameter(ge=1)] = 10,
) -> Page:
    """The clients of the signed-in person, or of a user token's. Secrets are not kept, so none is shown."""
    try:
        owner_id = session.user.id if session else await _person(server, request)
    except OAuthError as error:
        plain = PlainRequest(request.method, request.scope["path"], list(request.scope["headers"]))
        refused = bearer_refusal(plain, error)
        return Response(refused.body, status_code=refused.status, headers=_decoded([*refused.headers, *refused.own]))
    limit = min(limit, MAX_LIMIT)
    async with server.database.read() as tx:
        found, total = await client_queries.list_clients_of(tx, owner_id, limit, (page - 1) * limit)
    body = {
        "items": [clients.describe(client) for client in found],
        "pagination": {"total_count": total, "max_page": -(-total // limit)},
    }
    return Response(encode_json(body), headers=_HEADERS, media_type="application/json")


async def _person(server: AuthorizationServer, request: PageRequest) -> str:
    live = await find_live_token(server, bearer.token_of(request.headers.get("authorization")))
    if live.stored.grant.subject.type is not SubjectType.USER:
        raise bearer.MissingToken("Clients belong to a person: send a user access token.")
    return live.stored.grant.subject.user_id


def _decoded(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode(): value.decode("latin-1") for name, value in headers}


routes = [list_my_clients]

"""`/v1/webhooks/endpoints`: list, create, get, update, delete, and a new secret."""

from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation

from polar_server.authorization_server.server import GivenServer
from polar_server.outbound import Outbound
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.lists import GivenPaging, ListResource
from polar_server.resources.webhooks import operations, queries
from polar_server.resources.webhooks.access import READ, WRITE, reach
from polar_server.resources.webhooks.answers import endpoint_of
from polar_server.resources.webhooks.operations import found
from polar_server.resources.webhooks.schemas import WebhookEndpoint, WebhookEndpointCreate, WebhookEndpointUpdate

GivenOutbound = NamedDependency[SkipValidation[Outbound]]


@get("/v1/webhooks/endpoints", scopes=[READ, WRITE])
async def list_webhook_endpoints(
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
) -> ListResource[WebhookEndpoint]:
    """The endpoints of the organizations that the caller manages."""
    async with server.database.read() as tx:
        rows, total = await queries.list_endpoints(tx, reach(caller, organization_id), paging.limit, paging.offset)
    return paging.of([endpoint_of(row, server.server_keys) for row in rows], total)


@post("/v1/webhooks/endpoints", scopes=[WRITE], status_code=201)
async def create_webhook_endpoint(
    request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer, outbound: GivenOutbound
) -> WebhookEndpoint:
    """Create an endpoint: from now on it gets the events that it names."""
    sent = await read_body(request, WebhookEndpointCreate)
    # Whoever asks in a version means to be told in it.
    sent.api_version = sent.api_version or request.headers.get("polar-version")  # type: ignore[assignment]
    return await operations.create_endpoint(server, outbound, caller, sent)


@get("/v1/webhooks/endpoints/{endpoint_id:str}", scopes=[READ, WRITE])
async def get_webhook_endpoint(endpoint_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> WebhookEndpoint:
    """One endpoint."""
    async with server.database.read() as tx:
        row = await found(tx, endpoint_id, caller)
    caller.require(row["organization_id"], READ)
    return endpoint_of(row, server.server_keys)


@patch("/v1/webhooks/endpoints/{endpoint_id:str}", scopes=[WRITE])
async def update_webhook_endpoint(
    request: Request[Any, Any, Any],
    endpoint_id: FromPath[str],
    caller: GivenCaller,
    server: GivenServer,
    outbound: GivenOutbound,
) -> WebhookEndpoint:
    """Change what is sent. What waits for an endpoint that is disabled is skipped."""
    sent = await read_body(request, WebhookEndpointUpdate)
    return await operations.update_endpoint(server, outbound, caller, endpoint_id, sent)


@patch("/v1/webhooks/endpoints/{endpoint_id:str}/secret", scopes=[WRITE])
async def reset_webhook_endpoint_secret(
    endpoint_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> WebhookEndpoint:
    """A new secret; the old one signs nothing any more."""
    return await operations.reset_secret(server, caller, endpoint_id)


@delete("/v1/webhooks/endpoints/{endpoint_id:str}", scopes=[WRITE], status_code=204)
async def delete_webhook_endpoint(endpoint_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> None:
    """Delete an endpoint with everything that waits for it."""
    await operations.delete_endpoint(server, caller, endpoint_id)


routes = [
    list_webhook_endpoints,
    create_webhook_endpoint,
    get_webhook_endpoint,
    update_webhook_endpoint,
    reset_webhook_endpoint_secret,
    delete_webhook_endpoint,
]

"""`/v1/webhooks/endpoints`: list, create, get, update, delete, and a new secret."""

import json
import os
from typing import Annotated, Any
from uuid import uuid4

from litestar import Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, SkipValidation
from msgspec import UNSET

from polar_server.authorization_server.server import GivenServer
from polar_server.database import Row, Transaction
from polar_server.outbound import Outbound, Refused
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import Caller, GivenCaller
from polar_server.resource_server.errors import ResourceNotFound, invalid
from polar_server.resource_server.lists import GivenPaging, ListResource
from polar_server.resource_server.versions import VERSIONS
from polar_server.resources.webhooks import queries
from polar_server.resources.webhooks.access import READ, WRITE, reach
from polar_server.resources.webhooks.answers import endpoint_of
from polar_server.resources.webhooks.schemas import WebhookEndpoint, WebhookEndpointCreate, WebhookEndpointUpdate
from polar_server.resources.webhooks.signatures import SECRET_BYTES, new_secret, seal_secret

GivenOutbound = NamedDependency[SkipValidation[Outbound]]

_CHANGEABLE = ("url", "name", "format", "api_version")


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
    new = await read_body(request, WebhookEndpointCreate)
    organization_id = caller.organization_for(new.organization_id, WRITE)
    await _check_url(outbound, new.url)
    endpoint_id = str(uuid4())
    columns = {
        "id": endpoint_id,
        "organization_id": organization_id,
        "url": new.url,
        "name": new.name,
        "format": new.format,
        "api_version": new.api_version or request.headers.get("polar-version") or VERSIONS[0],
        "secret": seal_secret(server.server_keys, endpoint_id, new.secret or new_secret(os.urandom(SECRET_BYTES))),
        "events": json.dumps(list(dict.fromkeys(new.events))),
    }
    async with server.database.write() as tx:
        await queries.add_endpoint(tx, **columns, now=int(server.clock()))
        return endpoint_of(await _found(tx, endpoint_id, caller), server.server_keys)


@get("/v1/webhooks/endpoints/{endpoint_id:str}", scopes=[READ, WRITE])
async def get_webhook_endpoint(endpoint_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> WebhookEndpoint:
    """One endpoint."""
    async with server.database.read() as tx:
        row = await _found(tx, endpoint_id, caller)
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
    sent, now = await read_body(request, WebhookEndpointUpdate), int(server.clock())
    if sent.url is not None:
        await _check_url(outbound, sent.url)
    async with server.database.write() as tx:
        current = await _found(tx, endpoint_id, caller)
        caller.require(current["organization_id"], WRITE)
        place = {"id": endpoint_id, "organization_id": current["organization_id"], "now": now}
        await queries.update_endpoint(tx, **place, **_changed(current, sent))
        if sent.enabled is False:
            await queries.skip_pending(tx, endpoint_id, current["organization_id"], now)
        return endpoint_of(await _found(tx, endpoint_id, caller), server.server_keys)


@patch("/v1/webhooks/endpoints/{endpoint_id:str}/secret", scopes=[WRITE])
async def reset_webhook_endpoint_secret(
    endpoint_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> WebhookEndpoint:
    """A new secret; the old one signs nothing any more."""
    sealed = seal_secret(server.server_keys, endpoint_id, new_secret(os.urandom(SECRET_BYTES)))
    async with server.database.write() as tx:
        current = await _found(tx, endpoint_id, caller)
        caller.require(current["organization_id"], WRITE)
        await queries.replace_secret(tx, endpoint_id, current["organization_id"], sealed, int(server.clock()))
        return endpoint_of(await _found(tx, endpoint_id, caller), server.server_keys)


@delete("/v1/webhooks/endpoints/{endpoint_id:str}", scopes=[WRITE], status_code=204)
async def delete_webhook_endpoint(endpoint_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> None:
    """Delete an endpoint with everything that waits for it."""
    async with server.database.write() as tx:
        current = await _found(tx, endpoint_id, caller)
        caller.require(current["organization_id"], WRITE)
        await queries.delete_endpoint(tx, endpoint_id, current["organization_id"])


async def _check_url(outbound: Outbound, url: str) -> None:
    try:
        await outbound.check(url)
    except Refused as error:
        raise invalid("url", str(error), "url", url) from error


async def _found(tx: Transaction, endpoint_id: str, caller: Caller) -> Row:
    row = await queries.find_endpoint(tx, endpoint_id, caller.reach())
    if row is None:
        raise ResourceNotFound
    return row


def _changed(current: Row, sent: WebhookEndpointUpdate) -> dict[str, Any]:
    columns = {name: current[name] for name in _CHANGEABLE}
    # The published clients send null for what they do not change; only a name can really be none.
    columns |= {name: value for name in _CHANGEABLE if (value := getattr(sent, name)) not in (None, UNSET)}
    if sent.name is None:
        columns["name"] = None
    events = current["events"] if sent.events is None else json.dumps(list(dict.fromkeys(sent.events)))
    enabled = bool(current["enabled"]) if sent.enabled is None else sent.enabled
    return {**columns, "events": events, "enabled": enabled}


routes = [
    list_webhook_endpoints,
    create_webhook_endpoint,
    get_webhook_endpoint,
    update_webhook_endpoint,
    reset_webhook_endpoint_secret,
    delete_webhook_endpoint,
]

"""`/v1/webhooks/deliveries`, and `/v1/webhooks/events/{id}/redeliver`."""

from datetime import datetime
from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.events import EventType
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list
from polar_server.resource_server.times import seconds_or_none
from polar_server.resources.webhooks import operations, queries
from polar_server.resources.webhooks.access import READ, WRITE, reach
from polar_server.resources.webhooks.answers import delivery_of
from polar_server.resources.webhooks.queries import DeliveryFilter
from polar_server.resources.webhooks.schemas import HttpCodeClass, WebhookDelivery


@get("/v1/webhooks/deliveries", scopes=[READ, WRITE])
async def list_webhook_deliveries(
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    endpoint_id: Annotated[list[str] | None, QueryParameter(description="To one of these endpoints.")] = None,
    event_type: Annotated[list[EventType] | None, QueryParameter(description="Of one of these types.")] = None,
    start_timestamp: FromQuery[datetime | None] = None,
    end_timestamp: FromQuery[datetime | None] = None,
    succeeded: FromQuery[bool | None] = None,
    http_code_class: FromQuery[HttpCodeClass | None] = None,
    payload_part: Annotated[str | None, QueryParameter(name="query", description="A part of the payload.")] = None,
) -> ListResource[WebhookDelivery]:
    """Every attempt to deliver an event, the newest first."""
    wanted = DeliveryFilter(
        organization_ids=reach(caller, organization_id),
        endpoint_ids=asked_list(endpoint_id),
        event_types=asked_list(event_type),
        succeeded=succeeded,
        since=seconds_or_none(start_timestamp),
        until=seconds_or_none(end_timestamp),
        code=None if http_code_class is None else 100 * int(http_code_class[0]),
        query=payload_part,
    )
    async with server.database.read() as tx:
        rows, total = await queries.list_deliveries(tx, wanted, paging.limit, paging.offset)
    return paging.of([delivery_of(row) for row in rows], total)


@post("/v1/webhooks/events/{event_id:str}/redeliver", scopes=[WRITE], status_code=202)
async def redeliver_webhook_event(event_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> object:
    """Send an event once more. It goes to the end of the endpoint's queue and keeps its id."""
    await operations.redeliver(server, caller, event_id)
    # The published clients decode a body, so there is one: null.
    return None


routes = [list_webhook_deliveries, redeliver_webhook_event]

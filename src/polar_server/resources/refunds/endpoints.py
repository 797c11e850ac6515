"""`/v1/refunds/`: list and create. They belong to orders, and so do their scopes."""

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list, order_by
from polar_server.resources.orders.finding import READ, WRITE
from polar_server.resources.refunds import operations, queries
from polar_server.resources.refunds.answers import refund_of
from polar_server.resources.refunds.queries import RefundFilter
from polar_server.resources.refunds.schemas import Refund, RefundCreate

Ids = list[str] | None

SORTED_BY = "One or more of created_at, amount; a minus in front turns the order round."


@get("/v1/refunds", scopes=[READ, WRITE])
async def list_refunds(
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    ids: Annotated[Ids, QueryParameter(name="id", description="With one of these ids.")] = None,
    organization_id: Annotated[Ids, QueryParameter(description="Of one of these organizations.")] = None,
    order_id: Annotated[Ids, QueryParameter(description="Of one of these orders.")] = None,
    subscription_id: Annotated[Ids, QueryParameter(description="Of orders of one of these subscriptions.")] = None,
    customer_id: Annotated[Ids, QueryParameter(description="To one of these customers.")] = None,
    external_customer_id: Annotated[Ids, QueryParameter(description="The same, by your ids of them.")] = None,
    succeeded: Annotated[bool | None, QueryParameter(description="Whether the money was given back.")] = None,
    sorting: Annotated[list[str] | None, QueryParameter(description=SORTED_BY)] = None,
) -> ListResource[Refund]:
    """The refunds of the caller's organizations."""
    wanted = RefundFilter(
        organization_ids=caller.reach(organization_id),
        ids=asked_list(ids),
        order_ids=asked_list(order_id),
        subscription_ids=asked_list(subscription_id),
        customer_ids=asked_list(customer_id),
        external_customer_ids=asked_list(external_customer_id),
        succeeded=succeeded,
    )
    order = order_by(sorting, queries.SORTING, "-created_at")
    async with server.database.read() as tx:
        rows, total = await queries.list_refunds(tx, wanted, order, paging.limit, paging.offset)
    return paging.of([refund_of(row) for row in rows], total)


@post("/v1/refunds", scopes=[WRITE], status_code=201)
async def create_refund(request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer) -> Refund:
    """Give back a part of what was paid for an order, or all of it."""
    return await operations.create_refund(server, caller, await read_body(request, RefundCreate))


routes = [list_refunds, create_refund]

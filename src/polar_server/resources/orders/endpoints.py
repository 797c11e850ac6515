"""`/v1/orders/`: list, get and update, with the routes of drafts, documents and exports."""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Request, get, patch
from litestar.params import FromPath, QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list, order_by
from polar_server.resource_server.metadata import asked_metadata
from polar_server.resource_server.times import seconds_or_none
from polar_server.resources.orders import list_queries, operations
from polar_server.resources.orders.answers import orders_of
from polar_server.resources.orders.document_endpoints import create_invoice, get_invoice, get_receipt
from polar_server.resources.orders.draft_endpoints import create_order, finalize_order
from polar_server.resources.orders.export import export_orders
from polar_server.resources.orders.finding import READ, WRITE, shown
from polar_server.resources.orders.list_queries import OrderFilter
from polar_server.resources.orders.schemas import Order, OrderStatus, OrderUpdate

BillingType = Literal["one_time", "recurring"]
Ids = list[str] | None

SORTED_BY = (
    "One or more of created_at, status, invoice_number, amount, net_amount, customer, product, discount, "
    "subscription; a minus in front turns the order round."
)


@get("/v1/orders", scopes=[READ, WRITE])
async def list_orders(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    organization_id: Annotated[Ids, QueryParameter(description="Of one of these organizations.")] = None,
    product_id: Annotated[Ids, QueryParameter(description="Of one of these products.")] = None,
    product_billing_type: Annotated[
        list[BillingType] | None, QueryParameter(description="Of products that are paid once, or again and again.")
    ] = None,
    discount_id: Annotated[Ids, QueryParameter(description="There are no discounts, so this finds nothing.")] = None,
    customer_id: Annotated[Ids, QueryParameter(description="Of one of these customers.")] = None,
    external_customer_id: Annotated[Ids, QueryParameter(description="The same, by your ids of them.")] = None,
    checkout_id: Annotated[Ids, QueryParameter(description="From one of these checkouts.")] = None,
    subscription_id: Annotated[Ids, QueryParameter(description="Of one of these subscriptions.")] = None,
    status: Annotated[list[OrderStatus] | None, QueryParameter(description="One of these.")] = None,
    created_after: Annotated[datetime | None, QueryParameter(description="Later than this.")] = None,
    created_before: Annotated[datetime | None, QueryParameter(description="Earlier than this.")] = None,
    sorting: Annotated[list[str] | None, QueryParameter(description=SORTED_BY)] = None,
) -> ListResource[Order]:
    """The orders of the caller's organizations."""
    reach = caller.reach(organization_id)
    wanted = OrderFilter(
        organization_ids=reach,
        product_ids=asked_list(product_id),
        statuses=asked_list(status),
        created_after=seconds_or_none(created_after),
        created_before=seconds_or_none(created_before),
        is_recurring=_is_recurring(product_billing_type),
        discount_ids=asked_list(discount_id),
        customer_ids=asked_list(customer_id),
        external_customer_ids=asked_list(external_customer_id),
        checkout_ids=asked_list(checkout_id),
        subscription_ids=asked_list(subscription_id),
        metadata=asked_metadata(request),
    )
    order = order_by(sorting, list_queries.SORTING, "-created_at")
    async with server.database.read() as tx:
        rows, total = await list_queries.list_orders(tx, wanted, order, paging.limit, paging.offset)
        return paging.of(await orders_of(tx, rows, reach), total)


@get("/v1/orders/{order_id:str}", scopes=[READ, WRITE])
async def get_order(order_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Order:
    """One order."""
    async with server.database.read() as tx:
        return await shown(tx, order_id, caller)


@patch("/v1/orders/{order_id:str}", scopes=[WRITE])
async def update_order(
    request: Request[Any, Any, Any], order_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Order:
    """Change what the invoice says about who is billed."""
    return await operations.update_order(server, caller, order_id, await read_body(request, OrderUpdate))


def _is_recurring(asked: list[BillingType] | None) -> bool | None:
    return "recurring" in asked if asked and len(set(asked)) == 1 else None


routes = [
    list_orders,
    create_order,
    export_orders,
    get_order,
    update_order,
    finalize_order,
    create_invoice,
    get_invoice,
    get_receipt,
]

"""`/v1/subscriptions/`: list, create, get, update and revoke."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, FromQuery, QueryParameter

from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resource_server.lists import GivenPaging, ListResource, Paging, asked_list, order_by
from polar_server.resource_server.metadata import asked_metadata
from polar_server.resource_server.times import seconds_or_none
from polar_server.resources.orders.schemas import CancellationReason
from polar_server.resources.subscriptions import operations, queries
from polar_server.resources.subscriptions.answers import subscriptions_of
from polar_server.resources.subscriptions.export import READ, WRITE, export_subscriptions
from polar_server.resources.subscriptions.operations import shown
from polar_server.resources.subscriptions.queries import SubscriptionFilter
from polar_server.resources.subscriptions.schemas import (
    Subscription,
    SubscriptionCreate,
    SubscriptionStatus,
    SubscriptionUpdate,
)

SORTED_BY = """
One or more of customer, status, started_at, current_period_end, ended_at, ends_at, amount, product, discount;
a minus in front turns the order round.
""".strip()

Reasons = Annotated[list[CancellationReason] | None, QueryParameter(description="Canceled for one of these.")]


@get("/v1/subscriptions", scopes=[READ, WRITE])
async def list_subscriptions(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    product_id: Annotated[list[str] | None, QueryParameter(description="To one of these products.")] = None,
    customer_id: Annotated[list[str] | None, QueryParameter(description="Of one of these customers.")] = None,
    external_customer_id: Annotated[list[str] | None, QueryParameter(description="Of a customer with this id.")] = None,
    discount_id: Annotated[list[str] | None, QueryParameter(description="With one of these; there are none.")] = None,
    active: Annotated[bool | None, QueryParameter(description="Trialing or active, or neither.")] = None,
    status: Annotated[list[SubscriptionStatus] | None, QueryParameter(description="One of these.")] = None,
    cancel_at_period_end: FromQuery[bool | None] = None,
    customer_cancellation_reason: Reasons = None,
    canceled_at_after: Annotated[datetime | None, QueryParameter(description="Later than this.")] = None,
    canceled_at_before: Annotated[datetime | None, QueryParameter(description="Earlier than this.")] = None,
    started_after: Annotated[datetime | None, QueryParameter(description="Later than this.")] = None,
    started_before: Annotated[datetime | None, QueryParameter(description="Earlier than this.")] = None,
    sorting: Annotated[list[str] | None, QueryParameter(description=SORTED_BY)] = None,
) -> ListResource[Subscription]:
    """The subscriptions of the caller's organizations."""
    wanted = SubscriptionFilter(
        organization_ids=caller.reach(organization_id),
        product_ids=asked_list(product_id),
        customer_ids=asked_list(customer_id),
        external_customer_ids=asked_list(external_customer_id),
        discount_ids=asked_list(discount_id),
        active=active,
        statuses=asked_list(status),
        cancel_at_period_end=cancel_at_period_end,
        reasons=asked_list(customer_cancellation_reason),
        canceled_at_after=seconds_or_none(canceled_at_after),
        canceled_at_before=seconds_or_none(canceled_at_before),
        started_after=seconds_or_none(started_after),
        started_before=seconds_or_none(started_before),
        metadata=asked_metadata(request),
    )
    order = order_by(sorting, queries.SORTING, "-started_at")
    return await _page(server, wanted, order, paging)


@post("/v1/subscriptions", scopes=[WRITE], status_code=201)
async def create_subscription(
    request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer
) -> Subscription:
    """Subscribe a customer to a free product. What costs something is bought in a checkout."""
    return await operations.create_subscription(server, caller, await read_body(request, SubscriptionCreate))


@get("/v1/subscriptions/{subscription_id:str}", scopes=[READ, WRITE])
async def get_subscription(subscription_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Subscription:
    """One subscription."""
    async with server.database.read() as tx:
        row = await queries.find_subscription(tx, subscription_id, caller.reach())
        if row is None:
            raise ResourceNotFound
        return await shown(tx, row, server.issuer)


@patch("/v1/subscriptions/{subscription_id:str}", scopes=[WRITE])
async def update_subscription(
    request: Request[Any, Any, Any], subscription_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Subscription:
    """Change the product, the times, or the end of a subscription, one of them at a time.

    A product change is charged now (`invoice`), with the next order (`prorate`), by a new period from now on (`reset`),
    or waits for the next period (`next_period`); the organization's setting counts if nothing is said. A payment that
    fails, 402, changes nothing.
    """
    sent = await read_body(request, SubscriptionUpdate)
    return await operations.update_subscription(server, caller, subscription_id, sent)


@delete("/v1/subscriptions/{subscription_id:str}", scopes=[WRITE], status_code=200)
async def revoke_subscription(subscription_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Subscription:
    """End a subscription and its benefits at once."""
    return await operations.revoke_subscription(server, caller, subscription_id)


async def _page(
    server: AuthorizationServer, wanted: SubscriptionFilter, order: str, paging: Paging
) -> ListResource[Subscription]:
    async with server.database.read() as tx:
        rows, total = await queries.list_subscriptions(tx, wanted, order, paging.limit, paging.offset)
        return paging.of(await subscriptions_of(tx, rows, wanted.organization_ids, server.issuer), total)


routes = [
    list_subscriptions,
    create_subscription,
    export_subscriptions,
    get_subscription,
    update_subscription,
    revoke_subscription,
]

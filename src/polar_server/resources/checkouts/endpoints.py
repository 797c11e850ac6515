"""`/v1/checkouts/`: list, create, get, update; the customer's own are in `client_endpoints`."""

from typing import Annotated, Any

from litestar import Request, get, patch, post
from litestar.params import FromPath, QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list, order_by
from polar_server.resources.checkouts import client_endpoints, operations, queries
from polar_server.resources.checkouts.answers import checkouts_of
from polar_server.resources.checkouts.operations import READ, WRITE, present
from polar_server.resources.checkouts.queries import CheckoutFilter
from polar_server.resources.checkouts.schemas import Checkout, CheckoutCreate, CheckoutUpdate, Status

SORTED_BY = "One or more of created_at, expires_at, status; a minus in front turns the order round."
_ONE = "/v1/checkouts/{checkout_id:str}"


@get("/v1/checkouts", scopes=[READ, WRITE])
async def list_checkouts(
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    product_id: Annotated[list[str] | None, QueryParameter(description="Of one of these products.")] = None,
    customer_id: Annotated[list[str] | None, QueryParameter(description="Of one of these customers.")] = None,
    external_customer_id: Annotated[
        list[str] | None, QueryParameter(description="Of customers with one of these ids in your system.")
    ] = None,
    status: Annotated[list[Status] | None, QueryParameter(description="One of these.")] = None,
    email: Annotated[str | None, QueryParameter(name="query", description="A part of the customer's email.")] = None,
    sorting: Annotated[list[str] | None, QueryParameter(description=SORTED_BY)] = None,
) -> ListResource[Checkout]:
    """The checkouts of the caller's organizations."""
    reach = caller.reach(organization_id)
    wanted = CheckoutFilter(
        organization_ids=reach,
        product_ids=asked_list(product_id),
        customer_ids=asked_list(customer_id),
        external_customer_ids=asked_list(external_customer_id),
        statuses=asked_list(status),
        query=email,
    )
    order = order_by(sorting, queries.SORTING, "-created_at")
    async with server.database.read() as tx:
        rows, total = await queries.list_checkouts(tx, wanted, order, paging.limit, paging.offset)
        return paging.of(await checkouts_of(tx, rows, reach, server, int(server.clock())), total)


@post("/v1/checkouts", scopes=[WRITE], status_code=201)
async def create_checkout(request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer) -> Checkout:
    """Create a checkout. Send the customer to its `url`, which works for a day."""
    return await operations.create_checkout(server, caller, await read_body(request, CheckoutCreate))


@get(_ONE, scopes=[READ, WRITE])
async def get_checkout(checkout_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Checkout:
    """One checkout."""
    async with server.database.read() as tx:
        row = present(await queries.find_checkout(tx, checkout_id, caller.reach()))
        return (await checkouts_of(tx, [row], caller.reach(), server, int(server.clock())))[0]


@patch(_ONE, scopes=[WRITE])
async def update_checkout(
    request: Request[Any, Any, Any], checkout_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Checkout:
    """Change what is sent, as long as the checkout is open."""
    return await operations.update_checkout(server, caller, checkout_id, await read_body(request, CheckoutUpdate))


routes = [list_checkouts, create_checkout, get_checkout, update_checkout, *client_endpoints.routes]

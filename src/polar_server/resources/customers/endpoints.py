"""`/v1/customers/`: list, create, get, update, delete and state, by id or by external id."""

from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, QueryParameter

from polar_server.accounts.fields import normalized_email
from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.lists import GivenPaging, ListResource, order_by
from polar_server.resource_server.metadata import asked_metadata
from polar_server.resources.customers import operations, payment_methods, queries
from polar_server.resources.customers.answers import customer_of
from polar_server.resources.customers.deleting import GivenOnDeletion
from polar_server.resources.customers.export import export_customers
from polar_server.resources.customers.finding import also_deleted, by_external_id, by_id
from polar_server.resources.customers.operations import READ, WRITE
from polar_server.resources.customers.queries import CustomerFilter
from polar_server.resources.customers.schemas import (
    Customer,
    CustomerCreate,
    CustomerState,
    CustomerUpdate,
    CustomerUpdateExternalID,
)
from polar_server.resources.customers.state import state_of

SORTED_BY = "One or more of created_at, email, name; a minus in front turns the order round."
ANONYMIZE = "Also remove name, addresses, tax id, metadata and whatever else tells who it was."

_ONE, _EXTERNAL = "/v1/customers/{customer_id:str}", "/v1/customers/external/{external_id:str}"


@get("/v1/customers", scopes=[READ, WRITE])
async def list_customers(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    email: Annotated[str | None, QueryParameter(description="With exactly this address.")] = None,
    part: Annotated[str | None, QueryParameter(name="query", description="Part of name, email, external id.")] = None,
    active: Annotated[bool | None, QueryParameter(description="With an active subscription.")] = None,
    sorting: Annotated[list[str] | None, QueryParameter(description=SORTED_BY)] = None,
) -> ListResource[Customer]:
    """The customers of the caller's organizations."""
    wanted = CustomerFilter(
        organization_ids=caller.reach(organization_id),
        email=None if email is None else normalized_email(email) or email,
        query=part,
        active=active,
        metadata=asked_metadata(request),
    )
    order = order_by(sorting, queries.SORTING, "-created_at")
    async with server.database.read() as tx:
        rows, total = await queries.list_customers(tx, wanted, order, paging.limit, paging.offset)
    return paging.of([customer_of(row) for row in rows], total)


@post("/v1/customers", scopes=[WRITE], status_code=201)
async def create_customer(request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer) -> Customer:
    """Create a customer."""
    return await operations.create_customer(server, caller, await read_body(request, CustomerCreate))


@get(_ONE, scopes=[READ, WRITE])
async def get_customer(customer_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Customer:
    """One customer."""
    async with server.database.read() as tx:
        return customer_of(await by_id(customer_id)(tx, caller))


@get(_EXTERNAL, scopes=[READ, WRITE])
async def get_external_customer(external_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Customer:
    """One customer, by its external id."""
    async with server.database.read() as tx:
        return customer_of(await by_external_id(external_id)(tx, caller))


@patch(_ONE, scopes=[WRITE])
async def update_customer(
    request: Request[Any, Any, Any], customer_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Customer:
    """Change what is sent."""
    sent = await read_body(request, CustomerUpdate)
    return await operations.update_customer(server, caller, by_id(customer_id), sent)


@patch(_EXTERNAL, scopes=[WRITE])
async def update_external_customer(
    request: Request[Any, Any, Any], external_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Customer:
    """Change what is sent, of a customer named by its external id."""
    sent = await read_body(request, CustomerUpdateExternalID)
    return await operations.update_customer(server, caller, by_external_id(external_id), sent)


@delete(_ONE, scopes=[WRITE], status_code=204)
async def delete_customer(
    customer_id: FromPath[str],
    caller: GivenCaller,
    server: GivenServer,
    on_deletion: GivenOnDeletion,
    anonymize: Annotated[bool, QueryParameter(description=f"{ANONYMIZE} Works on a deleted one, too.")] = False,
) -> None:
    """Delete a customer: its subscriptions and benefits end, its cards are forgotten. Orders keep referring to it."""
    find = also_deleted(customer_id) if anonymize else by_id(customer_id)
    await operations.delete_customer(server, caller, find, on_deletion, anonymize=anonymize)


@delete(_EXTERNAL, scopes=[WRITE], status_code=204)
async def delete_external_customer(
    external_id: FromPath[str],
    caller: GivenCaller,
    server: GivenServer,
    on_deletion: GivenOnDeletion,
    anonymize: Annotated[bool, QueryParameter(description=ANONYMIZE)] = False,
) -> None:
    """Delete a customer named by its external id, which is free for another one then."""
    await operations.delete_customer(server, caller, by_external_id(external_id), on_deletion, anonymize=anonymize)


@get(f"{_ONE}/state", scopes=[READ, WRITE])
async def get_customer_state(customer_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> CustomerState:
    """A customer with its active subscriptions, granted benefits and meters."""
    async with server.database.read() as tx:
        return await state_of(tx, await by_id(customer_id)(tx, caller))


@get(f"{_EXTERNAL}/state", scopes=[READ, WRITE])
async def get_external_customer_state(
    external_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> CustomerState:
    """The same, by the external id."""
    async with server.database.read() as tx:
        return await state_of(tx, await by_external_id(external_id)(tx, caller))


routes = [
    list_customers,
    create_customer,
    export_customers,
    get_customer,
    get_external_customer,
    update_customer,
    update_external_customer,
    delete_customer,
    delete_external_customer,
    get_customer_state,
    get_external_customer_state,
    *payment_methods.routes,
]

"""`/v1/organizations/`: list, create, get, update."""

from typing import Annotated, Any

from litestar import Request, get, patch, post
from litestar.params import FromPath, QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.lists import GivenPaging, ListResource, order_by
from polar_server.resources.organizations import operations, queries
from polar_server.resources.organizations.answers import organization_of
from polar_server.resources.organizations.operations import present
from polar_server.resources.organizations.schemas import Organization, OrganizationCreate, OrganizationUpdate

READ, WRITE = "organizations:read", "organizations:write"
"""The one scope of organizations: what else creating and changing takes is in docs/adr/changing-organizations.md."""

SORTED_BY = (
    "One or more of created_at, slug, name, next_review_threshold, days_in_status; "
    "a minus in front turns the order round."
)


@get("/v1/organizations", scopes=[READ, WRITE])
async def list_organizations(
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    slug: Annotated[str | None, QueryParameter(description="With this slug.")] = None,
    sorting: Annotated[list[str] | None, QueryParameter(description=SORTED_BY)] = None,
) -> ListResource[Organization]:
    """The organizations of a person; for an organization's token, itself."""
    order = order_by(sorting, queries.SORTING, "created_at")
    async with server.database.read() as tx:
        rows, total = await queries.list_organizations(tx, caller.reach(), slug, order, paging.limit, paging.offset)
    return paging.of([organization_of(row) for row in rows], total)


@post("/v1/organizations", scopes=[WRITE], status_code=201)
async def create_organization(
    request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer
) -> Organization:
    """Found an organization. The person behind the token becomes its owner."""
    # Whoever can found none is told so whatever the body says.
    operations.require_person(caller)
    return await operations.create_organization(server, caller, await read_body(request, OrganizationCreate))


@get("/v1/organizations/{organization_id:str}", scopes=[READ, WRITE])
async def get_organization(organization_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Organization:
    """One organization."""
    async with server.database.read() as tx:
        return organization_of(present(await queries.find_organization(tx, organization_id, caller.reach())))


@patch("/v1/organizations/{organization_id:str}", scopes=[WRITE])
async def update_organization(
    request: Request[Any, Any, Any], organization_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Organization:
    """Change what is sent, as a person who manages the organization."""
    sent = await read_body(request, OrganizationUpdate)
    return await operations.update_organization(server, caller, organization_id, sent)


routes = [list_organizations, create_organization, get_organization, update_organization]

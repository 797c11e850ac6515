"""`/v1/organizations/`: list, create, get, update."""

import json
from typing import Annotated, Any

from litestar import Request, get, patch, post
from litestar.params import FromPath, QueryParameter

from polar_server.accounts.organizations import SlugTaken
from polar_server.accounts.roles import may_manage
from polar_server.authorization_server.server import GivenServer
from polar_server.database import Row
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import Caller, GivenCaller
from polar_server.resource_server.errors import NotPermitted, ResourceNotFound, invalid
from polar_server.resource_server.events import record_event
from polar_server.resource_server.lists import GivenPaging, ListResource, order_by
from polar_server.resources.organizations import changes, queries
from polar_server.resources.organizations.answers import organization_of
from polar_server.resources.organizations.rules import CannotCreateOrganizationError
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
    if caller.is_organization:
        raise CannotCreateOrganizationError("Only a person creates organizations; this token is an organization's.")
    new = await read_body(request, OrganizationCreate)
    try:
        async with server.database.write() as tx:
            organization_id = await changes.create_organization(tx, new, caller.subject.user_id, int(server.clock()))
            row = await queries.find_organization(tx, organization_id, json.dumps([organization_id]))
    except SlugTaken as error:
        raise invalid("slug", "Another organization has this slug.", "value_error", new.slug) from error
    return organization_of(_present(row))


@get("/v1/organizations/{organization_id:str}", scopes=[READ, WRITE])
async def get_organization(organization_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Organization:
    """One organization."""
    async with server.database.read() as tx:
        return organization_of(_present(await queries.find_organization(tx, organization_id, caller.reach())))


@patch("/v1/organizations/{organization_id:str}", scopes=[WRITE])
async def update_organization(
    request: Request[Any, Any, Any], organization_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Organization:
    """Change what is sent, as a person who manages the organization."""
    sent, now = await read_body(request, OrganizationUpdate), int(server.clock())
    async with server.database.write() as tx:
        current = _present(await queries.lock_organization(tx, organization_id, caller.reach()))
        _require_manager(caller, organization_id)
        await changes.update_organization(tx, current, sent, now)
        changed = organization_of(_present(await queries.find_organization(tx, organization_id, caller.reach())))
        await record_event(tx, organization_id, "organization.updated", changed, now)
        return changed


def _require_manager(caller: Caller, organization_id: str) -> None:
    if caller.is_organization:
        raise NotPermitted("Only a person can change an organization; this token is the organization's.")
    role = caller.organizations[organization_id]
    if not may_manage(role):
        raise NotPermitted(f"Your role in this organization, {role.value}, does not allow changing it.")


def _present(row: Row | None) -> Row:
    if row is None:
        raise ResourceNotFound
    return row


routes = [list_organizations, create_organization, get_organization, update_organization]

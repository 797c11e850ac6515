"""`/admin/organizations`: all of them, and who belongs to one."""

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from polar_server.accounts.organizations import list_members
from polar_server.authorization_server.client_authentication import storable
from polar_server.dashboard.admin import queries
from polar_server.dashboard.admin.operation import AREA, GivenOperation
from polar_server.dashboard.lists import PER_PAGE, asked_of
from polar_server.html import Page

_AREA = f"{AREA}/organizations"


@get(_AREA)
async def show_organizations(operation: GivenOperation) -> Page:
    """The organizations, newest first, by name or slug."""
    asked = asked_of(operation.request, queries.ORGANIZATIONS_SORTING, "-created_at")
    async with operation.database.read() as tx:
        listed = await queries.find(
            tx, queries.ORGANIZATIONS, {"query": asked.query or None}, asked.order, PER_PAGE, asked.offset
        )
    return operation.render("organizations", listed=asked.of(*listed))


@get(f"{_AREA}/{{organization_id:str}}")
async def show_organization(operation: GivenOperation, organization_id: FromPath[str]) -> Page:
    """An organization and its members. What it sells stays its own."""
    async with operation.database.read() as tx:
        found = await queries.find_organization(tx, storable(organization_id))
    if found is None:
        raise NotFoundException
    members = await list_members(operation.database, found["id"])
    return operation.render("organization", shown=found, members=members)


routes = [show_organizations, show_organization]

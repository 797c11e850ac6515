"""`/v1/benefit-grants/` and `/v1/benefits/{benefit_id}/grants`: who has which benefit."""

from typing import Annotated, Any

from litestar import get
from litestar.params import FromPath, QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list, order_by
from polar_server.resources.benefit_grants import queries
from polar_server.resources.benefit_grants.answers import grants_of
from polar_server.resources.benefit_grants.downloads import fetch_file
from polar_server.resources.benefit_grants.license_key_endpoints import routes as license_key_routes
from polar_server.resources.benefit_grants.queries import GrantFilter
from polar_server.resources.benefit_grants.schemas import BenefitGrant
from polar_server.resources.benefits import queries as benefits

READ, WRITE = "benefits:read", "benefits:write"

SORTED_BY = "One or more of created_at, granted_at, revoked_at; a minus in front turns the order round."
IS_GRANTED = "Only those that are granted, or only those that were revoked."


@get("/v1/benefit-grants", scopes=[READ, WRITE])
async def list_grants(
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    customer_id: Annotated[list[str] | None, QueryParameter(description="Of one of these customers.")] = None,
    external_customer_id: Annotated[
        list[str] | None, QueryParameter(description="Of customers with one of these external ids.")
    ] = None,
    is_granted: Annotated[bool | None, QueryParameter(description=IS_GRANTED)] = None,
    sorting: Annotated[list[str] | None, QueryParameter(description=SORTED_BY)] = None,
) -> ListResource[BenefitGrant]:
    """The benefit grants of the caller's organizations."""
    reach = caller.reach(organization_id)
    wanted = GrantFilter(
        organization_ids=reach,
        customer_ids=asked_list(customer_id),
        external_customer_ids=asked_list(external_customer_id),
        is_granted=is_granted,
    )
    order = order_by(sorting, queries.SORTING, "-created_at")
    async with server.database.read() as tx:
        rows, total = await queries.list_grants(tx, wanted, order, paging.limit, paging.offset)
        return paging.of(await grants_of(tx, rows, reach), total)


@get("/v1/benefits/{benefit_id:str}/grants", scopes=[READ, WRITE])
async def list_grants_of_benefit(
    benefit_id: FromPath[str],
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    customer_id: Annotated[list[str] | None, QueryParameter(description="Of one of these customers.")] = None,
    member_id: Annotated[
        list[str] | None, QueryParameter(description="Customers have no members here, so nobody's.")
    ] = None,
    is_granted: Annotated[bool | None, QueryParameter(description=IS_GRANTED)] = None,
) -> ListResource[BenefitGrant]:
    """The grants of one benefit, newest first."""
    asked = customer_id if member_id is None else []
    wanted = GrantFilter(
        organization_ids=caller.reach(),
        customer_ids=asked_list(asked),
        benefit_id=benefit_id,
        is_granted=is_granted,
    )
    order = order_by(None, queries.SORTING, "-created_at")
    async with server.database.read() as tx:
        if await benefits.find_benefit(tx, benefit_id, caller.reach()) is None:
            raise ResourceNotFound
        rows, total = await queries.list_grants(tx, wanted, order, paging.limit, paging.offset)
        return paging.of(await grants_of(tx, rows, caller.reach()), total)


routes: list[Any] = [list_grants, list_grants_of_benefit, fetch_file, *license_key_routes]

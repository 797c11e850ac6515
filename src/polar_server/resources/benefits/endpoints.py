"""`/v1/benefits/`: list, create, get, update, delete, and the files of one."""

import json
from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.benefits import Benefit, benefit_of
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.files import file_members
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list, order_by
from polar_server.resource_server.metadata import asked_metadata
from polar_server.resources.benefits import operations, queries
from polar_server.resources.benefits.bodies import read_changes, read_new
from polar_server.resources.benefits.operations import READ, WRITE, present, shown
from polar_server.resources.benefits.queries import BenefitFilter
from polar_server.resources.benefits.schemas import BenefitDownloadableFile, BenefitType
from polar_server.resources.files import queries as files

SORTED_BY = (
    "One or more of created_at, description, type, and user_order, which is the order of `id`; "
    "a minus in front turns the order round."
)


@get("/v1/benefits", scopes=[READ, WRITE])
async def list_benefits(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    ids: Annotated[list[str] | None, QueryParameter(name="id", description="With one of these ids.")] = None,
    exclude_id: Annotated[list[str] | None, QueryParameter(description="With none of these ids.")] = None,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    # A refusal names the parameter as it is called here.
    type: Annotated[list[BenefitType] | None, QueryParameter(description="Of one of these types.")] = None,  # noqa: A002
    description_part: Annotated[
        str | None, QueryParameter(name="query", description="A part of the description.")
    ] = None,
    sorting: Annotated[list[str] | None, QueryParameter(description=SORTED_BY)] = None,
) -> ListResource[Benefit]:
    """The benefits of the caller's organizations."""
    wanted = BenefitFilter(
        organization_ids=caller.reach(organization_id),
        ids=asked_list(ids),
        excluded_ids=asked_list(exclude_id),
        types=asked_list(type),
        query=description_part,
        metadata=asked_metadata(request),
    )
    order = order_by(sorting, queries.SORTING, "-created_at")
    async with server.database.read() as tx:
        rows, total = await queries.list_benefits(tx, wanted, order, paging.limit, paging.offset)
    return paging.of([benefit_of(row) for row in rows], total)


@post("/v1/benefits", scopes=[WRITE], status_code=201)
async def create_benefit(request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer) -> Benefit:
    """Create a benefit; `POST /v1/products/{product_id}/benefits` gives it to the customers of a product."""
    return await operations.create_benefit(server, caller, await read_new(request))


@get("/v1/benefits/{benefit_id:str}", scopes=[READ, WRITE])
async def get_benefit(benefit_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Benefit:
    """One benefit."""
    async with server.database.read() as tx:
        return await shown(tx, benefit_id, caller)


@patch("/v1/benefits/{benefit_id:str}", scopes=[WRITE])
async def update_benefit(
    request: Request[Any, Any, Any], benefit_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Benefit:
    """Change what is sent. The type must be named, and stays."""
    return await operations.update_benefit(server, caller, benefit_id, await read_changes(request))


@delete("/v1/benefits/{benefit_id:str}", scopes=[WRITE], status_code=204)
async def delete_benefit(benefit_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> None:
    """Delete a benefit, take it from every product, and revoke its grants."""
    await operations.delete_benefit(server, caller, benefit_id)


@get("/v1/benefits/{benefit_id:str}/files", scopes=[READ, WRITE])
async def list_benefit_files(
    benefit_id: FromPath[str], caller: GivenCaller, server: GivenServer, paging: GivenPaging
) -> ListResource[BenefitDownloadableFile]:
    """The files of a benefit, in their order; none for other benefits than downloadables."""
    async with server.database.read() as tx:
        row = present(await queries.find_benefit(tx, benefit_id, caller.reach()))
        wanted = json.loads(row["properties"]).get("files", [])
        known = await files.list_downloadables(tx, wanted, json.dumps([row["organization_id"]])) if wanted else {}
    found = [known[file_id] for file_id in wanted if file_id in known]
    page = found[paging.offset : paging.offset + paging.limit]
    return paging.of([BenefitDownloadableFile(**file_members(file, server.issuer)) for file in page], len(found))


routes = [list_benefits, create_benefit, get_benefit, update_benefit, delete_benefit, list_benefit_files]

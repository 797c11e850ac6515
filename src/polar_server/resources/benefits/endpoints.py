"""`/v1/benefits/`: list, create, get, update, delete, and the files of one."""

import json
from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import structs

from polar_server.authorization_server.server import GivenServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.benefits import Benefit, benefit_of
from polar_server.resource_server.caller import Caller, GivenCaller
from polar_server.resource_server.errors import NotPermitted, ResourceNotFound
from polar_server.resource_server.events import record_event
from polar_server.resource_server.files import file_members
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list, order_by
from polar_server.resource_server.metadata import asked_metadata
from polar_server.resource_server.times import moment
from polar_server.resources.benefits import changes, queries
from polar_server.resources.benefits.bodies import read_changes, read_new
from polar_server.resources.benefits.queries import BenefitFilter
from polar_server.resources.benefits.schemas import BenefitDownloadableFile, BenefitType
from polar_server.resources.files import queries as files

SORTED_BY = (
    "One or more of created_at, description, type, and user_order, which is the order of `id`; "
    "a minus in front turns the order round."
)

READ, WRITE = "benefits:read", "benefits:write"


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
    new = await read_new(request)
    organization_id, now = caller.organization_for(new.organization_id, WRITE), int(server.clock())
    async with server.database.write() as tx:
        benefit_id = await changes.create_benefit(tx, new, organization_id, now)
        benefit = await _shown(tx, benefit_id, caller)
        await record_event(tx, organization_id, "benefit.created", benefit, now)
        return benefit


@get("/v1/benefits/{benefit_id:str}", scopes=[READ, WRITE])
async def get_benefit(benefit_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Benefit:
    """One benefit."""
    async with server.database.read() as tx:
        return await _shown(tx, benefit_id, caller)


@patch("/v1/benefits/{benefit_id:str}", scopes=[WRITE])
async def update_benefit(
    request: Request[Any, Any, Any], benefit_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Benefit:
    """Change what is sent. The type must be named, and stays."""
    sent, now = await read_changes(request), int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, benefit_id, caller)
        await changes.update_benefit(tx, current, sent, now)
        benefit = await _shown(tx, benefit_id, caller)
        await record_event(tx, benefit.organization_id, "benefit.updated", benefit, now)
        return benefit


@delete("/v1/benefits/{benefit_id:str}", scopes=[WRITE], status_code=204)
async def delete_benefit(benefit_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> None:
    """Delete a benefit, take it from every product, and revoke its grants."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, benefit_id, caller)
        if not current["deletable"]:
            raise NotPermitted("This benefit cannot be deleted.")
        organization_id = current["organization_id"]
        await changes.delete_benefit(tx, current, now)
        deleted = structs.replace(benefit_of(current), is_deleted=True, modified_at=moment(now))
        await record_event(tx, organization_id, "benefit.updated", deleted, now)


@get("/v1/benefits/{benefit_id:str}/files", scopes=[READ, WRITE])
async def list_benefit_files(
    benefit_id: FromPath[str], caller: GivenCaller, server: GivenServer, paging: GivenPaging
) -> ListResource[BenefitDownloadableFile]:
    """The files of a benefit, in their order; none for other benefits than downloadables."""
    async with server.database.read() as tx:
        row = _present(await queries.find_benefit(tx, benefit_id, caller.reach()))
        wanted = json.loads(row["properties"]).get("files", [])
        known = await files.list_downloadables(tx, wanted, json.dumps([row["organization_id"]])) if wanted else {}
    found = [known[file_id] for file_id in wanted if file_id in known]
    page = found[paging.offset : paging.offset + paging.limit]
    return paging.of([BenefitDownloadableFile(**file_members(file, server.issuer)) for file in page], len(found))


async def _locked(tx: Transaction, benefit_id: str, caller: Caller) -> Row:
    """The benefit, for a change that the person's role must allow."""
    row = _present(await queries.lock_benefit(tx, benefit_id, caller.reach()))
    caller.require(row["organization_id"], WRITE)
    return row


async def _shown(tx: Transaction, benefit_id: str, caller: Caller) -> Benefit:
    return benefit_of(_present(await queries.find_benefit(tx, benefit_id, caller.reach())))


def _present(row: Row | None) -> Row:
    if row is None:
        raise ResourceNotFound
    return row


routes = [list_benefits, create_benefit, get_benefit, update_benefit, delete_benefit, list_benefit_files]

"""`/v1/products/`: list, create, get, update, delete, and the benefits of one."""

from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, FromQuery, QueryParameter

from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.database import ConstraintViolation, Row, Transaction
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import Caller, GivenCaller
from polar_server.resource_server.errors import ApiError, ResourceNotFound
from polar_server.resource_server.events import record_event
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list, order_by
from polar_server.resource_server.metadata import asked_metadata
from polar_server.resources.products import changes, list_queries, queries
from polar_server.resources.products.answers import products_listed, products_of
from polar_server.resources.products.list_queries import ProductFilter
from polar_server.resources.products.schemas import Product, ProductBenefits, ProductCreate, ProductUpdate, Visibility

SORTED_BY = "One or more of created_at, name, price_amount_type, price_amount; a minus in front turns the order round."

READ, WRITE = "products:read", "products:write"

_NOT_DELETABLE = "The product was sold, or a checkout offers it. Archive it instead."


class ProductNotDeletable(ApiError):
    """Something refers to the product: orders, subscriptions or checkouts. Archive it instead."""

    status = 409


@get("/v1/products", scopes=[READ, WRITE])
async def list_products(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    ids: Annotated[list[str] | None, QueryParameter(name="id", description="With one of these ids.")] = None,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    name_part: Annotated[str | None, QueryParameter(name="query", description="A part of the name.")] = None,
    is_archived: FromQuery[bool | None] = None,
    is_recurring: FromQuery[bool | None] = None,
    benefit_id: Annotated[list[str] | None, QueryParameter(description="With one of these benefits.")] = None,
    visibility: Annotated[list[Visibility] | None, QueryParameter(description="One of these.")] = None,
    sorting: Annotated[list[str] | None, QueryParameter(description=SORTED_BY)] = None,
) -> ListResource[Product]:
    """The products of the caller's organizations."""
    reach = caller.reach(organization_id)
    wanted = ProductFilter(
        organization_ids=reach,
        ids=asked_list(ids),
        visibilities=asked_list(visibility),
        is_archived=is_archived,
        is_recurring=is_recurring,
        benefit_ids=asked_list(benefit_id),
        query=name_part,
        metadata=asked_metadata(request),
    )
    order = order_by(sorting, list_queries.SORTING, "-created_at")
    async with server.database.read() as tx:
        rows, total = await list_queries.list_products(tx, wanted, order, paging.limit, paging.offset)
        return paging.of(await products_listed(tx, rows, reach, server.issuer), total)


@post("/v1/products", scopes=[WRITE], status_code=201)
async def create_product(request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer) -> Product:
    """Create a product with its prices."""
    new = await read_body(request, ProductCreate)
    organization_id, now = caller.organization_for(new.organization_id, WRITE), int(server.clock())
    async with server.database.write() as tx:
        product_id = await changes.create_product(tx, new, organization_id, now)
        product = await _shown(tx, product_id, caller, server.issuer)
        await record_event(tx, organization_id, "product.created", product, now)
        return product


@get("/v1/products/{product_id:str}", scopes=[READ, WRITE])
async def get_product(product_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Product:
    """One product."""
    async with server.database.read() as tx:
        return await _shown(tx, product_id, caller, server.issuer)


@patch("/v1/products/{product_id:str}", scopes=[WRITE])
async def update_product(
    request: Request[Any, Any, Any], product_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Product:
    """Change what is sent; archive a product with `is_archived`."""
    sent, now = await read_body(request, ProductUpdate), int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, product_id, caller)
        await changes.update_product(tx, current, sent, now)
        product = await _shown(tx, product_id, caller, server.issuer)
        await record_event(tx, product.organization_id, "product.updated", product, now)
        return product


@post("/v1/products/{product_id:str}/benefits", scopes=[WRITE], status_code=200)
async def update_product_benefits(
    request: Request[Any, Any, Any], product_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Product:
    """Set all benefits of a product, in their order; what is left out is taken from it."""
    sent, now = await read_body(request, ProductBenefits), int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, product_id, caller)
        await changes.replace_benefits(tx, current, sent.benefits, now)
        product = await _shown(tx, product_id, caller, server.issuer)
        await record_event(tx, product.organization_id, "product.updated", product, now)
        return product


@delete("/v1/products/{product_id:str}", scopes=[WRITE], status_code=204)
async def delete_product(product_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> None:
    """Delete a product that was never sold."""
    await _delete(server, product_id, caller)


async def _delete(server: AuthorizationServer, product_id: str, caller: Caller) -> None:
    try:
        async with server.database.write() as tx:
            current = await _locked(tx, product_id, caller)
            if await queries.is_offered(tx, product_id, current["organization_id"]):
                raise ProductNotDeletable(_NOT_DELETABLE)
            await queries.delete_product(tx, product_id, current["organization_id"])
    except ConstraintViolation as error:
        raise ProductNotDeletable(_NOT_DELETABLE) from error


async def _locked(tx: Transaction, product_id: str, caller: Caller) -> Row:
    """The product, for a change that the person's role must allow."""
    row = await queries.lock_product(tx, product_id, caller.reach())
    if row is None:
        raise ResourceNotFound
    caller.require(row["organization_id"], WRITE)
    return row


async def _shown(tx: Transaction, product_id: str, caller: Caller, issuer: str) -> Product:
    row = await queries.find_product(tx, product_id, caller.reach())
    if row is None:
        raise ResourceNotFound
    return (await products_of(tx, [row], caller.reach(), issuer))[0]


routes = [list_products, create_product, get_product, update_product, update_product_benefits, delete_product]

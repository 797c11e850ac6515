"""`/v1/products/`: list, create, get, update, delete, and the benefits of one."""

from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, FromQuery, QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list, order_by
from polar_server.resource_server.metadata import asked_metadata
from polar_server.resources.products import list_queries, operations
from polar_server.resources.products.answers import products_listed
from polar_server.resources.products.list_queries import ProductFilter
from polar_server.resources.products.operations import READ, WRITE, shown
from polar_server.resources.products.schemas import Product, ProductBenefits, ProductCreate, ProductUpdate, Visibility

SORTED_BY = "One or more of created_at, name, price_amount_type, price_amount; a minus in front turns the order round."


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
    return await operations.create_product(server, caller, await read_body(request, ProductCreate))


@get("/v1/products/{product_id:str}", scopes=[READ, WRITE])
async def get_product(product_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> Product:
    """One product."""
    async with server.database.read() as tx:
        return await shown(tx, product_id, caller, server.issuer)


@patch("/v1/products/{product_id:str}", scopes=[WRITE])
async def update_product(
    request: Request[Any, Any, Any], product_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Product:
    """Change what is sent; archive a product with `is_archived`."""
    return await operations.update_product(server, caller, product_id, await read_body(request, ProductUpdate))


@post("/v1/products/{product_id:str}/benefits", scopes=[WRITE], status_code=200)
async def update_product_benefits(
    request: Request[Any, Any, Any], product_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Product:
    """Set all benefits of a product, in their order; what is left out is taken from it."""
    return await operations.update_benefits(server, caller, product_id, await read_body(request, ProductBenefits))


@delete("/v1/products/{product_id:str}", scopes=[WRITE], status_code=204)
async def delete_product(product_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> None:
    """Delete a product that was never sold."""
    await operations.delete_product(server, caller, product_id)


routes = [list_products, create_product, get_product, update_product, update_product_benefits, delete_product]

"""What can be done with products. Each is one transaction: the change, its event, and its entry of the audit log."""

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import ConstraintViolation, Row, Transaction
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import Target, record_act, sent_names, tell
from polar_server.resource_server.errors import ApiError, ResourceNotFound
from polar_server.resources.products import changes, queries
from polar_server.resources.products.answers import products_of
from polar_server.resources.products.schemas import Product, ProductBenefits, ProductCreate, ProductUpdate

READ, WRITE = "products:read", "products:write"

_NOT_DELETABLE = "The product was sold, or a checkout offers it. Archive it instead."


class ProductNotDeletable(ApiError):
    """Something refers to the product: orders, subscriptions or checkouts. Archive it instead."""

    status = 409


async def create_product(server: AuthorizationServer, caller: Caller, sent: ProductCreate) -> Product:
    """Create a product with its prices. Raises RequestValidationError, NotPermitted."""
    organization_id, now = caller.organization_for(sent.organization_id, WRITE), int(server.clock())
    async with server.database.write() as tx:
        product_id = await changes.create_product(tx, sent, organization_id, now)
        product = await shown(tx, product_id, caller, server.issuer)
        await tell(tx, caller, "product.created", organization_id, product, now)
        return product


async def update_product(server: AuthorizationServer, caller: Caller, product_id: str, sent: ProductUpdate) -> Product:
    """Change what is sent. Raises RequestValidationError, ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, product_id, caller)
        await changes.update_product(tx, current, sent, now)
        product = await shown(tx, product_id, caller, server.issuer)
        await tell(tx, caller, "product.updated", product.organization_id, product, now, changed=sent_names(sent))
        return product


async def update_benefits(
    server: AuthorizationServer, caller: Caller, product_id: str, sent: ProductBenefits
) -> Product:
    """Set all benefits of a product, in their order. Raises RequestValidationError, ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, product_id, caller)
        await changes.replace_benefits(tx, current, sent.benefits, now)
        product = await shown(tx, product_id, caller, server.issuer)
        await tell(tx, caller, "product.updated", product.organization_id, product, now, changed=["benefits"])
        return product


async def delete_product(server: AuthorizationServer, caller: Caller, product_id: str) -> None:
    """Delete a product that was never sold. Raises ProductNotDeletable, ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    try:
        async with server.database.write() as tx:
            current = await _locked(tx, product_id, caller)
            if await queries.is_offered(tx, product_id, current["organization_id"]):
                raise ProductNotDeletable(_NOT_DELETABLE)
            await queries.delete_product(tx, product_id, current["organization_id"])
            gone = Target(product_id, current["name"])
            await record_act(tx, caller, "product.deleted", current["organization_id"], gone, now)
    except ConstraintViolation as error:
        raise ProductNotDeletable(_NOT_DELETABLE) from error


async def shown(tx: Transaction, product_id: str, caller: Caller, issuer: str) -> Product:
    """The product as the API shows it. Raises ResourceNotFound."""
    row = await queries.find_product(tx, product_id, caller.reach())
    if row is None:
        raise ResourceNotFound
    return (await products_of(tx, [row], caller.reach(), issuer))[0]


async def _locked(tx: Transaction, product_id: str, caller: Caller) -> Row:
    """The product, for a change that the person's role must allow."""
    row = await queries.lock_product(tx, product_id, caller.reach())
    if row is None:
        raise ResourceNotFound
    caller.require(row["organization_id"], WRITE)
    return row

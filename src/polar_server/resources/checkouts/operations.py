"""What a seller does with checkouts. Each is one transaction: the change, its event, its entry of the audit log."""

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import Target, record_act, sent_names
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resource_server.events import EventType, record_event
from polar_server.resources.checkouts import creating, queries
from polar_server.resources.checkouts.answers import checkouts_of, status_of
from polar_server.resources.checkouts.editing import changed_columns
from polar_server.resources.checkouts.refusals import NotOpenCheckout
from polar_server.resources.checkouts.schemas import Checkout, CheckoutCreate, CheckoutUpdate

READ, WRITE = "checkouts:read", "checkouts:write"


async def create_checkout(server: AuthorizationServer, caller: Caller, sent: CheckoutCreate) -> Checkout:
    """Create a checkout. Raises RequestValidationError, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        row = await creating.create_checkout(tx, server, caller, sent, WRITE, now)
        return await _told(tx, server, caller, "checkout.created", row, now)


async def update_checkout(
    server: AuthorizationServer, caller: Caller, checkout_id: str, sent: CheckoutUpdate
) -> Checkout:
    """Change what is sent. Raises RequestValidationError, ResourceNotFound, NotPermitted, NotOpenCheckout."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = present(await queries.lock_checkout(tx, checkout_id, caller.reach()))
        caller.require(current["organization_id"], WRITE)
        if (status := status_of(current, now)) != "open":
            raise NotOpenCheckout(f"The checkout is {status}: only an open one can change.")
        await queries.save_checkout(tx, current, await changed_columns(tx, current, sent), now)
        row = present(await queries.find_checkout(tx, checkout_id, caller.reach()))
        return await _told(tx, server, caller, "checkout.updated", row, now, changed=sent_names(sent))


async def _told(
    tx: Transaction,
    server: AuthorizationServer,
    caller: Caller,
    act: EventType,
    row: Row,
    now: int,
    **detail: list[str],
) -> Checkout:
    checkout = (await checkouts_of(tx, [row], caller.reach(), server, now))[0]
    await record_event(tx, checkout.organization_id, act, checkout, now)
    target = Target(checkout.id, checkout.product.name)
    await record_act(tx, caller, act, checkout.organization_id, target, now, **detail)
    return checkout


def present(row: Row | None) -> Row:
    """The row. Raises ResourceNotFound when there is none."""
    if row is None:
        raise ResourceNotFound
    return row

"""An order that a caller reaches: read, held for a change, shown."""

from polar_server.database import Row, Transaction
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resources.orders import queries
from polar_server.resources.orders.answers import find_shown
from polar_server.resources.orders.schemas import Order

READ, WRITE = "orders:read", "orders:write"


async def found(tx: Transaction, order_id: str, caller: Caller) -> Row:
    """The order. Raises ResourceNotFound."""
    return _present(await queries.find_order(tx, order_id, caller.reach()))


async def held(tx: Transaction, order_id: str, caller: Caller) -> Row:
    """The order as committed now, for a change that the person's role must allow."""
    row = _present(await queries.lock_order(tx, order_id, caller.reach()))
    caller.require(row["organization_id"], WRITE)
    return row


async def shown(tx: Transaction, order_id: str, caller: Caller) -> Order:
    """The order as the API shows it. Raises ResourceNotFound."""
    order = await find_shown(tx, order_id, caller.reach())
    if order is None:
        raise ResourceNotFound
    return order


def _present(row: Row | None) -> Row:
    if row is None:
        raise ResourceNotFound
    return row

"""Changing what the invoice of an order says."""

import msgspec
from msgspec import structs

from polar_server.database import Row, Transaction
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.errors import invalid
from polar_server.resources.orders import queries
from polar_server.resources.orders.answers import address_of
from polar_server.resources.orders.schemas import OrderUpdate


async def update_order(tx: Transaction, current: Row, sent: OrderUpdate, now: int) -> None:
    """Change who is billed; null, which some clients send for it, changes nothing. Raises RequestValidationError."""
    address = current["billing_address"]
    if isinstance(sent.billing_address, Address):
        address = _kept(_moved(address_of(current), sent.billing_address))
    await queries.set_billing(
        tx,
        id=current["id"],
        organization_id=current["organization_id"],
        billing_name=sent.billing_name if isinstance(sent.billing_name, str) else current["billing_name"],
        billing_address=address,
        now=now,
    )


def _moved(current: Address | None, sent: Address) -> Address:
    """The new address, in the country and state that the order was paid from: its tax was that of this place."""
    if current is None:
        return sent
    if sent.country != current.country:
        raise invalid("billing_address.country", "The country of an order cannot change.", "value_error", sent.country)
    if sent.state not in (None, current.state):
        raise invalid("billing_address.state", "The state of an order cannot change.", "value_error", sent.state)
    return structs.replace(sent, state=current.state)


def _kept(address: Address) -> str:
    return msgspec.json.encode(address).decode()

"""Orders as sales make them: placed, paid, or given up."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from polar_server import payments
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.events import EventType, record_events
from polar_server.resources.customers.payment_method_queries import find_payment_method
from polar_server.resources.orders import queries
from polar_server.resources.orders.answers import PAID, Belongings, find_shown, order_of

_NO_CARD = payments.Declined("no_payment_method", "There is no card to charge. Add one and try again.")


@dataclass(frozen=True, slots=True)
class NewItem:
    """A line of an order. The amount is negative where something is given back."""

    label: str
    amount: int
    product_price_id: str | None = None
    proration: bool = False
    starts_at: int | None = None
    ends_at: int | None = None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What to place. The amounts of the items add up to 0 or more; nothing is taxed and nothing discounted."""

    organization_id: str
    customer_id: str
    currency: str
    billing_reason: str
    items: tuple[NewItem, ...]
    product_id: str | None = None
    subscription_id: str | None = None
    checkout_id: str | None = None
    payment_method_id: str | None = None
    billing_name: str | None = None
    billing_address: str | None = None
    """JSON, as it is stored."""
    description: str = ""
    """Without one, the label of the first item."""
    metadata: str = "{}"
    shown: Belongings | None = None
    """What its events show, from those who know it; else it is read."""
    invoice_number: str | None = None
    """From those who have counted it; else the next one of the organization."""


async def place_order(
    tx: Transaction,
    server: AuthorizationServer,  # noqa: ARG001 - so the makers of sales are all called alike
    new: NewOrder,
    now: int,
    *,
    paid: bool,
) -> str:
    """Store an order, paid or to be paid, under the next number of the organization's invoices; its id."""
    row, items = await store_order(tx, new, now, status="paid" if paid else "pending")
    events: tuple[EventType, ...] = ("order.created", "order.paid") if paid else ("order.created",)
    if new.shown is None:
        await tell_order(tx, row["id"], new.organization_id, events, now)
    else:
        await record_events(tx, new.organization_id, events, order_of(row, new.shown, items), now)
    return str(row["id"])


async def store_order(tx: Transaction, new: NewOrder, now: int, *, status: str) -> tuple[Row, list[Row]]:
    """Store an order and tell nobody; its row and its items. Only a draft has no number."""
    row = await queries.add_order(
        tx,
        id=str(uuid4()),
        organization_id=new.organization_id,
        customer_id=new.customer_id,
        product_id=new.product_id,
        subscription_id=new.subscription_id,
        checkout_id=new.checkout_id,
        payment_method_id=new.payment_method_id,
        status=status,
        billing_reason=new.billing_reason,
        currency=new.currency,
        subtotal_amount=sum(item.amount for item in new.items),
        description=new.description or new.items[0].label,
        billing_name=new.billing_name,
        billing_address=new.billing_address,
        invoice_number=await _invoice_number(tx, new, status),
        paid_at=now if status == "paid" else None,
        metadata=new.metadata,
        now=now,
    )
    return row, await _add_items(tx, new, row["id"], now)


async def _invoice_number(tx: Transaction, new: NewOrder, status: str) -> str | None:
    if status == "draft":
        return None
    return new.invoice_number or await next_invoice_number(tx, new.organization_id)


async def next_invoice_number(tx: Transaction, organization_id: str) -> str:
    """Such as `LIGHTHOUSE-0001`: the numbers of an organization follow each other without a gap."""
    number, slug = await queries.count_invoice(tx, organization_id)
    return f"{slug.upper()}-{number:04}"


async def collect(
    tx: Transaction,
    server: AuthorizationServer,  # noqa: ARG001 - so the makers of sales are all called alike
    order_id: str,
    organization_id: str,
    now: int,
) -> payments.Outcome:
    """Charge the order's card while its holder is away: the order is paid, or an attempt is counted.

    An order that was paid before stays as it is. Raises LookupError when there is no such pending or paid order.
    """
    order = await queries.lock_order(tx, order_id, json.dumps([organization_id]))
    if order is None or order["status"] in ("draft", "void"):
        raise LookupError("no order that could be paid")
    if order["status"] in PAID:
        return payments.Paid()
    outcome = await charge(tx, order, order["payment_method_id"])
    if not isinstance(outcome, payments.Paid):
        await queries.count_attempt(tx, order_id, organization_id, now)
        return outcome
    await pay(tx, order, None, now)
    return outcome


async def charge(tx: Transaction, order: Row, payment_method_id: str | None) -> payments.Outcome:
    """Ask for the money, without the holder of the card. Nothing is asked for an order of 0."""
    if order["subtotal_amount"] - order["discount_amount"] + order["tax_amount"] == 0:
        return payments.Paid()
    card = None
    if payment_method_id is not None:
        card = await find_payment_method(tx, payment_method_id, order["organization_id"])
    return _NO_CARD if card is None else payments.charge(card["token"], off_session=True)


async def pay(tx: Transaction, order: Row, payment_method_id: str | None, now: int) -> None:
    """Make a locked order a paid one. A draft gets its number."""
    order_id, organization_id = order["id"], order["organization_id"]
    number = order["invoice_number"] or await next_invoice_number(tx, organization_id)
    await queries.pay_order(
        tx,
        id=order_id,
        organization_id=organization_id,
        payment_method_id=payment_method_id,
        invoice_number=number,
        now=now,
    )
    await tell_order(tx, order_id, organization_id, ("order.updated", "order.paid"), now)


async def plan_attempt(
    tx: Transaction,
    server: AuthorizationServer,  # noqa: ARG001 - so the makers of sales are all called alike
    order_id: str,
    organization_id: str,
    at: int | None,
    now: int,
) -> None:
    """Say when a pending order will be collected again; None for never."""
    await queries.plan_attempt(tx, order_id, organization_id, at, now)
    await tell_order(tx, order_id, organization_id, ("order.updated",), now)


async def void_order(
    tx: Transaction,
    server: AuthorizationServer,  # noqa: ARG001 - so the makers of sales are all called alike
    order_id: str,
    organization_id: str,
    now: int,
) -> None:
    """Give up a pending order that nobody will pay. Any other one stays as it is."""
    if await queries.void_order(tx, order_id, organization_id, now):
        await tell_order(tx, order_id, organization_id, ("order.updated",), now)


async def tell_order(
    tx: Transaction, order_id: str, organization_id: str, types: Sequence[EventType], now: int
) -> None:
    """Record these events of an order as it is now."""
    order = await find_shown(tx, order_id, json.dumps([organization_id]))
    await record_events(tx, organization_id, types, order, now)


async def _add_items(tx: Transaction, new: NewOrder, order_id: str, now: int) -> list[Row]:
    return [
        await queries.add_item(
            tx,
            id=str(uuid4()),
            organization_id=new.organization_id,
            order_id=order_id,
            position=position,
            label=item.label,
            amount=item.amount,
            proration=item.proration,
            product_price_id=item.product_price_id,
            starts_at=item.starts_at,
            ends_at=item.ends_at,
            now=now,
        )
        for position, item in enumerate(new.items)
    ]

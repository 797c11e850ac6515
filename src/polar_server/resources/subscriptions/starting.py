"""How a subscription begins: paid in a checkout, with a trial, or in the place of one that was free."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.events import EventType, record_events
from polar_server.resources.benefit_grants.granting import Granted, give, sync_grants
from polar_server.resources.benefits.queries import hold_of_sold
from polar_server.resources.customers.answers import customer_of
from polar_server.resources.customers.queries import find_customer
from polar_server.resources.orders.answers import Belongings
from polar_server.resources.orders.placing import NewItem, NewOrder, place_order
from polar_server.resources.products.answers import price_of, products_of
from polar_server.resources.products.schemas import Product
from polar_server.resources.subscriptions import queries
from polar_server.resources.subscriptions.answers import subscription_of
from polar_server.resources.subscriptions.ending import void_unpaid
from polar_server.resources.subscriptions.periods import period_end
from polar_server.resources.subscriptions.telling import sale_of, tell

_WAITING = (
    "canceled_at", "ends_at", "customer_cancellation_reason", "customer_cancellation_comment", "paused_at",
    "resumes_at", "pending_id", "pending_product_id", "pending_price_id", "pending_created_at",
)  # fmt: skip


class Known(NamedTuple):
    """What events show beside a subscription: the row of its customer, and its product with what it gives, held."""

    customer: Row
    product: Product
    benefits: Sequence[Row]


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What a customer subscribes to. `amount` is what a period costs; `trial` a unit and a count."""

    organization_id: str
    customer_id: str
    product: Row
    price: Row
    amount: int
    currency: str
    checkout_id: str | None = None
    payment_method_id: str | None = None
    own_card: bool = False
    """Charge the card of this sale alone, whatever the customer chose elsewhere."""
    trial: tuple[str, int] | None = None
    metadata: str = "{}"
    billing_name: str | None = None
    billing_address: str | None = None
    """JSON, as it is stored."""
    known: Known | None = None
    """From those who have read it; else it is read."""
    invoice_number: str | None = None
    """From those who have counted it; else the next one of the organization."""


@dataclass(frozen=True, slots=True)
class Started:
    """A subscription, the order that began it, and what they gave that the customer had not before."""

    row: Row
    order_id: str
    granted: Sequence[Granted]

    @property
    def subscription_id(self) -> str:
        return str(self.row["id"])


async def start_subscription(tx: Transaction, server: AuthorizationServer, new: NewSubscription, now: int) -> Started:
    """Begin a subscription whose first period is paid, or free for a trial; its customer gets the benefits."""
    row, granted = await open_subscription(tx, server, new, now)
    order_id = await _place_first_order(tx, server, row, new, "subscription_create", now)
    return Started(row, order_id, granted)


async def open_subscription(
    tx: Transaction, server: AuthorizationServer, new: NewSubscription, now: int
) -> tuple[Row, list[Granted]]:
    """The same without an order, as for one that costs nothing."""
    row = await queries.add_subscription(
        tx,
        id=str(uuid4()),
        organization_id=new.organization_id,
        customer_id=new.customer_id,
        **_bought(new),
        **_first_period(new, now),
        metadata=new.metadata,
        now=now,
    )
    known = new.known or await _read(tx, server, new)
    granted = await give(tx, server, sale_of(row), known.customer, known.benefits, now)
    events: list[EventType] = ["subscription.created"] if new.trial else ["subscription.created", "subscription.active"]
    # What was sold cannot be deleted any more.
    product = msgspec.structs.replace(known.product, is_deletable=False)
    shown = subscription_of(row, customer_of(known.customer), product, price_of(new.price))
    await record_events(tx, new.organization_id, events, shown, now)
    return row, granted


async def _read(tx: Transaction, server: AuthorizationServer, new: NewSubscription) -> Known:
    reach = json.dumps([new.organization_id])
    customer = await find_customer(tx, new.customer_id, reach)
    assert customer is not None, "somebody subscribes"
    [product] = await products_of(tx, [new.product], reach, server.issuer)
    return Known(customer, product, await hold_of_sold(tx, product.id, new.organization_id))


async def upgrade_subscription(
    tx: Transaction, server: AuthorizationServer, current: Row, new: NewSubscription, now: int
) -> Started:
    """Put what was paid for now in the place of a locked subscription that is alive, from a new period on.

    A cancellation or another change that waited is given up: somebody has just paid for going on.
    """
    nothing_waits = dict.fromkeys(_WAITING)
    kept = {"cancel_at_period_end": False, "pause_at_period_end": False, "past_due_at": None}
    row = await queries.save_subscription(
        tx, current, now, **nothing_waits, **kept, **_bought(new), **_first_period(new, now)
    )
    await void_unpaid(tx, server, row, now)
    order_id = await _place_first_order(tx, server, row, new, "subscription_update", now)
    await sync_grants(tx, server, sale_of(row), row["product_id"], now)
    events: list[EventType] = ["subscription.uncanceled"] if current["cancel_at_period_end"] else []
    events += ["subscription.resumed"] if current["status"] == "paused" else []
    await tell(tx, server, row, now, *events, "subscription.updated")
    return Started(row, order_id, ())


def _bought(new: NewSubscription) -> dict[str, Any]:
    return {
        "product_id": new.product["id"],
        "product_price_id": new.price["id"],
        "checkout_id": new.checkout_id,
        "payment_method_id": new.payment_method_id if new.own_card else None,
        "amount": new.amount,
        "currency": new.currency,
        "recurring_interval": new.product["recurring_interval"],
        "recurring_interval_count": new.product["recurring_interval_count"],
    }


def _first_period(new: NewSubscription, now: int) -> dict[str, Any]:
    """The columns of the first period. What is paid for is counted from the end of a trial."""
    interval, count = new.trial or (new.product["recurring_interval"], new.product["recurring_interval_count"])
    end = period_end(now, now, interval, count)
    return {
        "status": "trialing" if new.trial else "active",
        "anchored_at": end if new.trial else now,
        "current_period_start": now,
        "current_period_end": end,
        "trial_start": now if new.trial else None,
        "trial_end": end if new.trial else None,
        "due_at": end,
    }


async def _place_first_order(
    tx: Transaction, server: AuthorizationServer, row: Row, new: NewSubscription, reason: str, now: int
) -> str:
    name, begin, end = new.product["name"], row["current_period_start"], row["current_period_end"]
    amount, label = (0, f"{name} (trial)") if new.trial else (new.amount, name)
    order = NewOrder(
        organization_id=new.organization_id,
        customer_id=new.customer_id,
        currency=new.currency,
        billing_reason=reason,
        items=(NewItem(label, amount, new.price["id"], starts_at=begin, ends_at=end),),
        product_id=new.product["id"],
        subscription_id=row["id"],
        checkout_id=new.checkout_id,
        payment_method_id=new.payment_method_id,
        billing_name=new.billing_name,
        billing_address=new.billing_address,
        metadata=new.metadata,
        shown=None if new.known is None else Belongings(new.known.customer, new.product, row),
        invoice_number=new.invoice_number,
    )
    return await place_order(tx, server, order, now, paid=True)

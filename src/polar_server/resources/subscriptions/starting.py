"""How a subscription begins: paid in a checkout, with a trial, or in the place of one that was free."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.events import EventType
from polar_server.resources.benefit_grants.granting import sync_grants
from polar_server.resources.orders.placing import NewItem, NewOrder, place_order
from polar_server.resources.subscriptions import queries
from polar_server.resources.subscriptions.ending import void_unpaid
from polar_server.resources.subscriptions.periods import period_end
from polar_server.resources.subscriptions.telling import sale_of, tell

_WAITING = (
    "canceled_at", "ends_at", "customer_cancellation_reason", "customer_cancellation_comment", "paused_at",
    "resumes_at", "pending_id", "pending_product_id", "pending_price_id", "pending_created_at",
)  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Started:
    """A subscription and the order that began it."""

    subscription_id: str
    order_id: str


async def start_subscription(tx: Transaction, server: AuthorizationServer, new: NewSubscription, now: int) -> Started:
    """Begin a subscription whose first period is paid, or free for a trial; its customer gets the benefits."""
    row = await open_subscription(tx, server, new, now)
    order_id = await _place_first_order(tx, server, row, new, "subscription_create", now)
    return Started(row["id"], order_id)


async def open_subscription(tx: Transaction, server: AuthorizationServer, new: NewSubscription, now: int) -> Row:
    """The same without an order, as for one that costs nothing."""
    subscription_id = str(uuid4())
    period = _first_period(new, now)
    await queries.add_subscription(
        tx,
        id=subscription_id,
        organization_id=new.organization_id,
        customer_id=new.customer_id,
        **_bought(new),
        **period,
        metadata=new.metadata,
        now=now,
    )
    row = await queries.find_subscription(tx, subscription_id, json.dumps([new.organization_id]))
    assert row is not None, "it was stored a moment ago"
    await _give(tx, server, row, now)
    active: tuple[EventType, ...] = () if new.trial else ("subscription.active",)
    await tell(tx, server, row, now, "subscription.created", *active)
    return row


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
    await _give(tx, server, row, now)
    events: list[EventType] = ["subscription.uncanceled"] if current["cancel_at_period_end"] else []
    events += ["subscription.resumed"] if current["status"] == "paused" else []
    await tell(tx, server, row, now, *events, "subscription.updated")
    return Started(row["id"], order_id)


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
    )
    return await place_order(tx, server, order, now, paid=True)


async def _give(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> None:
    await sync_grants(tx, server, sale_of(row), row["product_id"], now)

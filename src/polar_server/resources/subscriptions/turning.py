"""The end of a period: the next one begins, paid for and perhaps of another product; or there is none."""

import json
from typing import Any

from polar_server import payments
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.events import EventType
from polar_server.resources.benefit_grants.granting import cycle_grants, sync_grants
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.orders.placing import collect
from polar_server.resources.products import queries as products
from polar_server.resources.subscriptions import queries
from polar_server.resources.subscriptions.billing import Bill, full_period, place_bill
from polar_server.resources.subscriptions.collecting import note_failure
from polar_server.resources.subscriptions.ending import lapse
from polar_server.resources.subscriptions.periods import period_end
from polar_server.resources.subscriptions.telling import sale_of, tell


async def renew(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """Begin the period after the present one of a locked subscription, and ask its card for what it costs."""
    changed = await pending_columns(tx, row, row["current_period_end"])
    renewed = await begin_period(tx, row, row["current_period_end"], now, **changed)
    if changed:
        await sync_grants(tx, server, sale_of(row), renewed["product_id"], now)
    await cycle_grants(tx, sale_of(row), now)
    events: tuple[EventType, ...] = ("subscription.cycled",)
    events += ("subscription.active",) if row["status"] == "trialing" else ()
    return await pay_period(tx, server, renewed, now, events)


async def begin_period(tx: Transaction, row: Row, start: int, now: int, **changes: Any) -> Row:
    """Let a period of a locked subscription begin at `start`; nothing is paid by this."""
    columns = {name: row[name] for name in ("anchored_at", "recurring_interval", "recurring_interval_count")} | changes
    end = period_end(columns["anchored_at"], start, columns["recurring_interval"], columns["recurring_interval_count"])
    columns |= {"status": "active", "current_period_start": start, "current_period_end": end, "due_at": end}
    return await queries.save_subscription(tx, row, now, **columns)


async def pay_period(
    tx: Transaction,
    server: AuthorizationServer,
    row: Row,
    now: int,
    events: tuple[EventType, ...],
    *,
    gives: bool = False,
) -> Row:
    """Place the order of a period that began, and tell these events; a card that fails is tried again later.

    `gives`: the benefits, which are not there, come with the payment.
    """
    order_id = await place_period(tx, server, row, "subscription_cycle", now)
    outcome = await collect(tx, server, order_id, row["organization_id"], now)
    if not isinstance(outcome, payments.Paid):
        became = tuple(event for event in events if event != "subscription.active")
        return await note_failure(tx, server, row, order_id, now, became)
    if gives:
        await sync_grants(tx, server, sale_of(row), row["product_id"], now)
    await tell(tx, server, row, now, *events, "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return row


async def place_period(tx: Transaction, server: AuthorizationServer, row: Row, reason: str, now: int) -> str:
    """The order of the present period with whatever waits for it, not paid yet."""
    product = await products.find_product(tx, row["product_id"], json.dumps([row["organization_id"]]))
    assert product is not None, "a product that was sold stays"
    order_id = await place_bill(tx, server, row, Bill(reason, full_period(row, product)), now)
    assert order_id is not None, "a period always has an order"
    return order_id


async def end_with_period(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """End a locked subscription as of the end of its period. What changes still cost is asked for once."""
    order_id = await place_bill(tx, server, row, Bill("subscription_cycle"), now)
    if order_id is not None:
        await collect(tx, server, order_id, row["organization_id"], now)
    return await lapse(tx, server, row, row["current_period_end"], now)


async def pending_columns(tx: Transaction, row: Row, at: int) -> dict[str, Any]:
    """The columns of a change that waits for the next period, which begins at `at`."""
    if row["pending_id"] is None:
        return {}
    place = json.dumps([row["organization_id"]])
    product = await products.find_product(tx, row["pending_product_id"], place)
    prices = await products.list_prices_by_ids(tx, [row["pending_price_id"]], place)
    assert product is not None, "a product that was chosen stays"
    return bought(row, product, prices[row["pending_price_id"]], at)


def bought(row: Row, product: Row, price: Row, at: int) -> dict[str, Any]:
    """The columns of a subscription to this product; periods of another length are counted from `at`."""
    interval = (product["recurring_interval"], product["recurring_interval_count"])
    same = interval == (row["recurring_interval"], row["recurring_interval_count"])
    return {
        "product_id": product["id"],
        "product_price_id": price["id"],
        "amount": price["price_amount"],
        "recurring_interval": interval[0],
        "recurring_interval_count": interval[1],
        "anchored_at": row["anchored_at"] if same else at,
        "pending_id": None,
        "pending_product_id": None,
        "pending_price_id": None,
        "pending_created_at": None,
    }

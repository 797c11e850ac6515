"""Renewals whose card failed: tried again some days later with the card of that day, and given up in the end."""

from polar_server import payments
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.events import EventType
from polar_server.resources.benefit_grants.granting import sync_grants
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.orders.placing import collect, plan_attempt
from polar_server.resources.subscriptions import billing_queries, queries
from polar_server.resources.subscriptions.billing import card_of
from polar_server.resources.subscriptions.ending import lapse
from polar_server.resources.subscriptions.telling import sale_of, tell

_DAY = 86400

TRY_AFTER = (2 * _DAY, 5 * _DAY, 7 * _DAY, 7 * _DAY)
"""Seconds from each failure to the next attempt; the failure after the last of them ends the subscription."""


async def note_failure(
    tx: Transaction,
    server: AuthorizationServer,
    row: Row,
    order_id: str,
    now: int,
    events: tuple[EventType, ...] = (),
) -> Row:
    """Put a locked subscription past due and plan the next attempt, or end it when there have been enough."""
    [attempts] = [
        order["attempts"]
        for order in await billing_queries.list_unpaid(tx, row["id"], row["organization_id"])
        if order["id"] == order_id
    ]
    if attempts > len(TRY_AFTER):
        return await lapse(tx, server, row, now, now)
    again = now + TRY_AFTER[attempts - 1]
    is_new = row["past_due_at"] is None
    failed = await queries.save_subscription(
        tx, row, now, status="past_due", past_due_at=now if is_new else row["past_due_at"], due_at=_next(row, again)
    )
    await plan_attempt(tx, server, order_id, row["organization_id"], again, now)
    became: tuple[EventType, ...] = ("subscription.past_due",) if is_new else ()
    await tell(tx, server, failed, now, *events, *became, "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return failed


async def try_again(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """Ask for what a locked subscription owes, when it is time for it, with the customer's card of today."""
    unpaid = await billing_queries.list_unpaid(tx, row["id"], row["organization_id"])
    later = [order["next_payment_attempt_at"] for order in unpaid if (order["next_payment_attempt_at"] or 0) > now]
    if later:
        return await queries.save_subscription(tx, row, now, due_at=_next(row, min(later)))
    card = await card_of(tx, row)
    for order in unpaid:
        await billing_queries.choose_card(tx, order["id"], row["organization_id"], card)
        outcome = await collect(tx, server, order["id"], row["organization_id"], now)
        if not isinstance(outcome, payments.Paid):
            return await note_failure(tx, server, row, order["id"], now)
    return await _recover(tx, server, row, now)


async def _recover(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    paid = await queries.save_subscription(
        tx, row, now, status="active", past_due_at=None, due_at=row["current_period_end"]
    )
    await sync_grants(tx, server, sale_of(row), row["product_id"], now)
    await tell(tx, server, paid, now, "subscription.active", "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return paid


def _next(row: Row, again: int) -> int:
    """When the clock looks next: for another attempt, or when a canceled subscription's period is over before."""
    return min(again, row["current_period_end"]) if row["cancel_at_period_end"] else again

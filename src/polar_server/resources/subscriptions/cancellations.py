"""What is planned for the end of a period: that there is no next one, or that the subscription rests."""

from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.subscriptions import queries
from polar_server.resources.subscriptions.period_changes import planned
from polar_server.resources.subscriptions.refusals import (
    AlreadyCanceledSubscription,
    InactiveSubscription,
    check_alive,
    check_going_on,
    check_settled,
)
from polar_server.resources.subscriptions.schemas import SubscriptionUpdate
from polar_server.resources.subscriptions.telling import tell

_REASON = ("customer_cancellation_reason", "customer_cancellation_comment")


def reasons(sent: SubscriptionUpdate) -> dict[str, Any]:
    """Why the customer leaves, as far as it was said."""
    return {name: getattr(sent, name) for name in _REASON if getattr(sent, name) is not UNSET}


async def cancel_at_period_end(
    tx: Transaction, server: AuthorizationServer, row: Row, sent: SubscriptionUpdate, now: int
) -> Row:
    """Let a locked subscription end with its period."""
    check_alive(row)
    if row["cancel_at_period_end"]:
        raise AlreadyCanceledSubscription("This subscription ends with its period already.")
    if row["status"] == "paused":
        raise InactiveSubscription("This subscription is paused, and has no period that could end. Revoke it.")
    columns = {"cancel_at_period_end": True, "canceled_at": now, "ends_at": row["current_period_end"]}
    rest = {"pause_at_period_end": False, "resumes_at": None, "due_at": min(row["due_at"], row["current_period_end"])}
    canceled = await queries.save_subscription(tx, row, now, **columns, **rest, **reasons(sent))
    await tell(tx, server, canceled, now, "subscription.canceled", "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return canceled


async def uncancel(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """Let a locked subscription go on that was to end with its period."""
    check_alive(row)
    if not row["cancel_at_period_end"]:
        return row
    nothing = dict.fromkeys(("canceled_at", "ends_at", *_REASON))
    going_on = await queries.save_subscription(tx, row, now, **nothing, cancel_at_period_end=False)
    await tell(tx, server, going_on, now, "subscription.uncanceled", "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return going_on


async def plan_pause(
    tx: Transaction, server: AuthorizationServer, row: Row, resumes_at: datetime | UnsetType | None, now: int
) -> Row:
    """Let a locked subscription rest from the end of its period on, for ever or until a moment."""
    check_going_on(row)
    check_settled(row, now)
    until = None
    if isinstance(resumes_at, datetime):
        until = planned("resumes_at", resumes_at, row["current_period_end"], now)
    return await _save_pause(tx, server, row, now, pause_at_period_end=True, resumes_at=until)


async def give_up_pause(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """Let a locked subscription renew that was to rest."""
    check_going_on(row)
    if not row["pause_at_period_end"]:
        return row
    return await _save_pause(tx, server, row, now, pause_at_period_end=False, resumes_at=None)


async def _save_pause(
    tx: Transaction, server: AuthorizationServer, row: Row, now: int, **columns: bool | int | None
) -> Row:
    changed = await queries.save_subscription(tx, row, now, **columns)
    await tell(tx, server, changed, now, "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return changed

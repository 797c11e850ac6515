"""Periods that end at another time than planned, and trials that are made longer, shorter or end now."""

from datetime import datetime

import msgspec

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.errors import invalid
from polar_server.resources.benefit_grants.granting import sync_grants
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.subscriptions import queries
from polar_server.resources.subscriptions.pausing import require_payment
from polar_server.resources.subscriptions.refusals import check_going_on, check_settled
from polar_server.resources.subscriptions.schemas import Moment
from polar_server.resources.subscriptions.telling import sale_of, tell
from polar_server.resources.subscriptions.turning import begin_period, pending_columns, place_period

FURTHEST = 10 * 366 * 86400
"""Seconds from now on: so far ahead a moment may be planned."""


def planned(name: str, moment: datetime, after: int, now: int) -> int:
    """Epoch seconds of a moment that is still to come, after another one. Raises RequestValidationError."""
    at = int(moment.timestamp())
    if at <= now:
        raise invalid(name, "This moment has passed.", given=moment.isoformat())
    if at <= after:
        raise invalid(name, "This is not after the end of the present period.", given=moment.isoformat())
    if at > now + FURTHEST:
        raise invalid(name, "This is more than ten years ahead.", given=moment.isoformat())
    return at


async def move_period_end(tx: Transaction, server: AuthorizationServer, row: Row, moment: datetime, now: int) -> Row:
    """Let a locked subscription renew at this time, and count its periods from there."""
    check_going_on(row)
    check_settled(row, now)
    end = planned("current_billing_period_end", moment, now, now)
    trial = {"trial_end": end} if row["status"] == "trialing" else {}
    return await _move(tx, server, row, end, now, **trial)


async def change_trial(tx: Transaction, server: AuthorizationServer, row: Row, end: str, now: int) -> Row:
    """Give a locked subscription a trial until a time, or end the one it has `now`, with the first payment."""
    check_going_on(row)
    check_settled(row, now)
    is_trial = row["status"] == "trialing"
    if end != "now":
        at = planned("trial_end", _moment(end), now if is_trial else row["current_period_end"], now)
        begin = row["trial_start"] if is_trial else now
        return await _move(tx, server, row, at, now, status="trialing", trial_start=begin, trial_end=at)
    if not is_trial:
        raise invalid("trial_end", "This subscription has no trial that could end.", given=end)
    return await _end_trial(tx, server, row, now)


def _moment(text: str) -> datetime:
    try:
        return msgspec.convert(text, Moment)
    except msgspec.ValidationError as error:
        raise invalid("trial_end", "This is neither a time with an offset nor `now`.", given=text) from error


async def _move(
    tx: Transaction, server: AuthorizationServer, row: Row, end: int, now: int, **columns: str | int
) -> Row:
    moved = await queries.save_subscription(
        tx, row, now, current_period_end=end, anchored_at=end, due_at=end, **columns
    )
    await tell(tx, server, moved, now, "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return moved


async def _end_trial(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    waited = await pending_columns(tx, row, now)
    begun = await begin_period(tx, row, now, now, **{**waited, "anchored_at": now, "trial_end": now})
    order_id = await place_period(tx, server, begun, "subscription_cycle", now)
    await require_payment(tx, server, begun, order_id, now)
    await sync_grants(tx, server, sale_of(begun), begun["product_id"], now)
    await tell(tx, server, begun, now, "subscription.cycled", "subscription.active", "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return begun

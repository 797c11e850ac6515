"""Pausing: a subscription rests from the end of a period on, without benefits, until it is resumed."""

from polar_server import payments
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.events import EventType
from polar_server.resources.benefit_grants.granting import sync_grants
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.orders.placing import collect
from polar_server.resources.subscriptions import queries
from polar_server.resources.subscriptions.refusals import PaymentFailed
from polar_server.resources.subscriptions.telling import sale_of, tell
from polar_server.resources.subscriptions.turning import begin_period, pay_period, pending_columns, place_period


async def pause(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """Let a locked subscription rest, as of the end of its period. It has no benefits meanwhile."""
    paused = await queries.save_subscription(
        tx,
        row,
        now,
        status="paused",
        paused_at=row["current_period_end"],
        pause_at_period_end=False,
        due_at=row["resumes_at"],
    )
    await sync_grants(tx, server, sale_of(row), None, now)
    await tell(tx, server, paused, now, "subscription.paused", "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return paused


async def resume_by_itself(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """Begin a new period of a paused subscription when its rest was to end. A card that fails is tried again later."""
    if row["resumes_at"] is None or row["resumes_at"] > now:
        return await queries.save_subscription(tx, row, now, due_at=row["resumes_at"])
    # Its period may have been made longer after the rest was planned, and periods never overlap.
    resumed = await _resumed(tx, row, max(row["resumes_at"], row["paused_at"]), now)
    events: tuple[EventType, ...] = ("subscription.resumed", "subscription.active")
    return await pay_period(tx, server, resumed, now, events, gives=True)


async def resume_now(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """Begin a new period of a paused subscription at once. Raises PaymentFailed, and then nothing has changed."""
    resumed = await _resumed(tx, row, now, now)
    order_id = await place_period(tx, server, resumed, "subscription_cycle", now)
    await require_payment(tx, server, resumed, order_id, now)
    await sync_grants(tx, server, sale_of(row), resumed["product_id"], now)
    await tell(tx, server, resumed, now, "subscription.resumed", "subscription.active", "subscription.updated")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return resumed


async def require_payment(tx: Transaction, server: AuthorizationServer, row: Row, order_id: str, now: int) -> None:
    """Ask for an order's money at once. Raises PaymentFailed, which takes the whole change back."""
    outcome = await collect(tx, server, order_id, row["organization_id"], now)
    if isinstance(outcome, payments.Declined):
        raise PaymentFailed(outcome.message)
    if isinstance(outcome, payments.ActionRequired):
        raise PaymentFailed("The bank wants the customer to confirm this payment, who is not here.")


async def _resumed(tx: Transaction, row: Row, start: int, now: int) -> Row:
    changed = await pending_columns(tx, row, start)
    rest = {"anchored_at": start, "paused_at": None, "resumes_at": None}
    return await begin_period(tx, row, start, now, **{**changed, **rest})

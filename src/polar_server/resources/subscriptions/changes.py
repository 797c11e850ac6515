"""Changes of a subscription by a request, whose form is told by its members."""

from msgspec import UNSET

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.errors import Issue, RequestValidationError, invalid
from polar_server.resource_server.metadata import check_metadata
from polar_server.resources.subscriptions import cancellations, queries
from polar_server.resources.subscriptions.ending import revoke
from polar_server.resources.subscriptions.pausing import resume_now
from polar_server.resources.subscriptions.period_changes import change_trial, move_period_end
from polar_server.resources.subscriptions.plan_changes import change_product, give_up_pending
from polar_server.resources.subscriptions.refusals import AlreadyCanceledSubscription, check_alive
from polar_server.resources.subscriptions.schemas import SubscriptionUpdate
from polar_server.resources.subscriptions.telling import tell

_FORMS = {
    "product_id": "plan",
    "trial_end": "plan",
    "metadata": "plan",
    "discount_id": "plan",
    "current_billing_period_end": "period",
    "cancel_at_period_end": "cancel",
    "revoke": "revoke",
    "pause_at_period_end": "pause",
    "resume": "resume",
    "pending_update": "clear",
}
"""The members by which the forms are told apart."""

_NOT_OFFERED = {
    "seats": "There are no seats here.",
    "units": "There are no units here.",
    "discount_id": "There are no discounts here.",
}
_BELONGS_TO = {
    "customer_cancellation_reason": ("cancel", "revoke"),
    "customer_cancellation_comment": ("cancel", "revoke"),
    "resumes_at": ("pause",),
    "proration_behavior": ("plan",),
}
"""Members that say more about a change, and the forms that they are part of."""


def form_of(sent: SubscriptionUpdate) -> str:
    """The form of a change; `plan` with nothing in it changes nothing. Raises RequestValidationError."""
    for name, sentence in _NOT_OFFERED.items():
        if _says(sent, name):
            raise invalid(name, sentence, given=getattr(sent, name))
    for name in ("revoke", "resume"):
        if getattr(sent, name) is False:
            raise invalid(name, "This can only be true.", given=False)
    forms = {form for name, form in _FORMS.items() if getattr(sent, name) is not UNSET}
    if len(forms) > 1:
        raise RequestValidationError([Issue(("body",), "Ask for one change at a time.")])
    form = forms.pop() if forms else "plan"
    for name, owners in _BELONGS_TO.items():
        if form not in owners and _says(sent, name):
            raise invalid(name, "This says more about another change than the one that is asked for.")
    return form


def _says(sent: SubscriptionUpdate, name: str) -> bool:
    return getattr(sent, name) not in (UNSET, None)


async def update_subscription(
    tx: Transaction, server: AuthorizationServer, row: Row, sent: SubscriptionUpdate, now: int
) -> Row:
    """Change a locked subscription as it was asked for; it is told. Raises as the changes do, with nothing changed."""
    match form_of(sent):
        case "period":
            assert sent.current_billing_period_end is not UNSET
            return await move_period_end(tx, server, row, sent.current_billing_period_end, now)
        case "cancel":
            return await _cancel(tx, server, row, sent, now)
        case "revoke":
            return await revoke_subscription(tx, server, row, sent, now)
        case "pause":
            return await _pause(tx, server, row, sent, now)
        case "resume":
            return await _resume(tx, server, row, now)
        case "clear":
            return await give_up_pending(tx, server, row, now)
    return await _change_plan(tx, server, row, sent, now)


async def revoke_subscription(
    tx: Transaction, server: AuthorizationServer, row: Row, sent: SubscriptionUpdate, now: int
) -> Row:
    """End a locked subscription and its benefits. Raises AlreadyCanceledSubscription when both have ended."""
    if row["ended_at"] is not None and row["due_at"] is None:
        raise AlreadyCanceledSubscription("This subscription has ended.")
    return await revoke(tx, server, row, now, **cancellations.reasons(sent))


async def _change_plan(
    tx: Transaction, server: AuthorizationServer, row: Row, sent: SubscriptionUpdate, now: int
) -> Row:
    changes_more = _says(sent, "product_id") or _says(sent, "trial_end")
    if isinstance(sent.metadata, dict):
        row = await queries.save_subscription(tx, row, now, metadata=check_metadata(sent.metadata))
        if not changes_more:
            await tell(tx, server, row, now, "subscription.updated")
    if isinstance(sent.product_id, str):
        behavior = sent.proration_behavior or None
        row = await change_product(tx, server, row, sent.product_id, behavior, now)
    if sent.trial_end is not UNSET and sent.trial_end is not None:
        row = await change_trial(tx, server, row, sent.trial_end, now)
    return row


async def _cancel(tx: Transaction, server: AuthorizationServer, row: Row, sent: SubscriptionUpdate, now: int) -> Row:
    if sent.cancel_at_period_end:
        return await cancellations.cancel_at_period_end(tx, server, row, sent, now)
    return await cancellations.uncancel(tx, server, row, now)


async def _pause(tx: Transaction, server: AuthorizationServer, row: Row, sent: SubscriptionUpdate, now: int) -> Row:
    if sent.pause_at_period_end:
        return await cancellations.plan_pause(tx, server, row, sent.resumes_at, now)
    return await cancellations.give_up_pause(tx, server, row, now)


async def _resume(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    check_alive(row)
    if row["status"] != "paused":
        raise invalid("resume", "This subscription is not paused.", given=True)
    return await resume_now(tx, server, row, now)

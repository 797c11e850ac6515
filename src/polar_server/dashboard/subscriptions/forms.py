"""What was typed about a subscription, as the API takes it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from polar_server.dashboard.forms import errors_of, read_sent
from polar_server.resource_server.errors import ApiError
from polar_server.resources.subscriptions.refusals import PaymentFailed
from polar_server.resources.subscriptions.schemas import SubscriptionUpdate

ACTS = {
    "uncancel": SubscriptionUpdate(cancel_at_period_end=False),
    "unpause": SubscriptionUpdate(pause_at_period_end=False),
    "resume": SubscriptionUpdate(resume=True),
    "keep": SubscriptionUpdate(pending_update=None),
    "end-trial": SubscriptionUpdate(trial_end="now"),
}
"""Changes that are a button each, by the end of their address."""


def cancellation_of(form: Mapping[str, str]) -> SubscriptionUpdate:
    """That a subscription ends with its period, and why. Raises RequestValidationError."""
    sent = {
        "cancel_at_period_end": True,
        "customer_cancellation_reason": form.get("reason") or None,
        "customer_cancellation_comment": form.get("comment", "").strip() or None,
    }
    return read_sent(sent, SubscriptionUpdate)


def pause_of(form: Mapping[str, str]) -> tuple[SubscriptionUpdate | None, dict[str, str]]:
    """That a subscription rests from the end of its period on, or a sentence where the day cannot be read."""
    if not form.get("resumes_at", "").strip():
        return SubscriptionUpdate(pause_at_period_end=True), {}
    resumes_at = _day(form["resumes_at"])
    if resumes_at is None:
        return None, {"resumes_at": "Enter a day such as 2027-03-31, or nothing."}
    return SubscriptionUpdate(pause_at_period_end=True, resumes_at=resumes_at), {}


def move_of(form: Mapping[str, str]) -> tuple[SubscriptionUpdate | None, dict[str, str]]:
    """That the present period ends on another day, or a sentence where it cannot be read."""
    moment = _day(form.get("renews_at", ""))
    if moment is None:
        return None, {"renews_at": "Enter a day such as 2027-03-31."}
    return SubscriptionUpdate(current_billing_period_end=moment), {}


def errors_in(refused: ApiError) -> dict[str, str]:
    """A sentence for each field that was refused; that a card failed is said with what the bank told its holder."""
    if isinstance(refused, PaymentFailed):
        return {"form": f"The payment failed, so nothing was changed. The customer would be told: {refused.detail}"}
    names = {"customer_cancellation_reason": "reason", "customer_cancellation_comment": "comment"}
    return errors_of(refused, ("resumes_at",), **names, current_billing_period_end="renews_at", product_id="product")


def _day(typed: str) -> datetime | None:
    """The beginning of a day in UTC."""
    try:
        return datetime.combine(date.fromisoformat(typed.strip()), time(), UTC)
    except ValueError:
        return None

"""What was typed about a subscription, as the API takes it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from polar_server.dashboard.forms import read_sent
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
    sent: dict[str, Any] = {"pause_at_period_end": True}
    if typed := form.get("resumes_at", "").strip():
        try:
            day = date.fromisoformat(typed)
        except ValueError:
            return None, {"resumes_at": "Enter a day such as 2027-03-31, or nothing."}
        sent["resumes_at"] = f"{day.isoformat()}T00:00:00Z"
    return read_sent(sent, SubscriptionUpdate), {}

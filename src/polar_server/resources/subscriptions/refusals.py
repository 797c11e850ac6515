"""What a subscription refuses, under the names that the published clients know."""

from polar_server.database import Row
from polar_server.resource_server.errors import ApiError


class AlreadyCanceledSubscription(ApiError):
    """The subscription has ended, or will at the end of its period."""

    status = 403


class InactiveSubscription(ApiError):
    """The subscription is at rest."""

    status = 403


class PaymentFailed(ApiError):
    """The card could not be charged, and nothing was changed."""

    status = 402


class SubscriptionLocked(ApiError):
    """Something is under way that must be over first."""

    status = 409


def check_alive(row: Row) -> None:
    """Raises AlreadyCanceledSubscription for one that has ended."""
    if row["ended_at"] is not None:
        raise AlreadyCanceledSubscription("This subscription has ended.")


def check_going_on(row: Row) -> None:
    """Raises AlreadyCanceledSubscription or InactiveSubscription for one that will not renew by itself."""
    check_alive(row)
    if row["cancel_at_period_end"]:
        raise AlreadyCanceledSubscription("This subscription ends with its period. Take the cancellation back first.")
    if row["status"] == "paused":
        raise InactiveSubscription("This subscription is paused. Resume it first.")


def check_settled(row: Row, now: int) -> None:
    """Raises SubscriptionLocked while the period is unpaid, or over and not renewed: there is nothing to count from."""
    if row["status"] == "past_due":
        raise SubscriptionLocked("The present period is not paid yet. Try again when it is.")
    if row["current_period_end"] <= now:
        raise SubscriptionLocked("This subscription is being renewed. Try again in a moment.")

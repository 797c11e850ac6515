"""Subscriptions in words."""

STATUSES = {
    "active": ("Active", "good"),
    "trialing": ("Trial", "good"),
    "past_due": ("Payment overdue", "bad"),
    "paused": ("Paused", "warn"),
    "canceled": ("Ended", ""),
    "unpaid": ("Not paid", "bad"),
}
"""What a subscription is, in words and as the kind of its badge."""

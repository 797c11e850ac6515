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

REASONS = {
    "too_expensive": "It is too expensive",
    "missing_features": "Something is missing",
    "switched_service": "They use something else now",
    "unused": "They do not use it",
    "customer_service": "They were not helped well",
    "low_quality": "The quality is not good enough",
    "too_complex": "It is too complicated",
    "other": "Another reason",
}
"""Why a customer leaves."""

CHOICES = {
    "": "All",
    "active": "Active",
    "trialing": "In a trial",
    "renewing": "Renewing",
    "ending": "Ending",
    "past_due": "Payment overdue",
    "paused": "Paused",
    "canceled": "Ended",
}
"""What a list can be narrowed down to. One that is ending runs until its period is over, one that renews goes on."""

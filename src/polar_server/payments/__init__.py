"""Payments: what a processor of cards does for us. The one we have is for tests, and moves no money.

A card's number is seen once, when it becomes the processor's token for it; it is never stored and never logged.
"""

from polar_server.payments.cards import Card, InvalidCard, read_card
from polar_server.payments.processor import (
    PROCESSOR,
    TEST_CARDS,
    ActionRequired,
    Declined,
    Outcome,
    Paid,
    card_of,
    charge,
)

__all__ = [
    "PROCESSOR",
    "TEST_CARDS",
    "ActionRequired",
    "Card",
    "Declined",
    "InvalidCard",
    "Outcome",
    "Paid",
    "card_of",
    "charge",
    "read_card",
]

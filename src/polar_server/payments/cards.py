"""A card as a person types it (ISO/IEC 7812), checked in words before anybody is asked for money."""

import re
from dataclasses import dataclass

from polar_server.payments.processor import TEST_CARDS


@dataclass(frozen=True, slots=True)
class Card:
    """What is kept of a card: the processor's token for it, and what its holder recognizes it by."""

    token: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class InvalidCard(Exception):
    """The card cannot be right; `field` is number, expiry or cvc, and the message is for its holder."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def read_card(number: str, expiry: str, cvc: str, year: int, month: int) -> Card:
    """The card of a form, in the given year and month. Raises InvalidCard."""
    digits = re.sub(r"[ -]", "", number)
    if not re.fullmatch(r"[0-9]{12,19}", digits) or not _luhn(digits):
        raise InvalidCard("number", "This is not a card number. Check it for a typing error.")
    exp_month, exp_year = _expiry(expiry)
    if (exp_year, exp_month) < (year, month):
        raise InvalidCard("expiry", "This card has expired. Use another one.")
    if not re.fullmatch(r"[0-9]{3,4}", cvc.strip()):
        raise InvalidCard("cvc", "The security code is the 3 or 4 digits on the card.")
    known = TEST_CARDS.get(digits)
    if known is None:
        raise InvalidCard("number", "Only the test cards listed below work here. No real card is ever charged.")
    return Card(known.token, known.brand, digits[-4:], exp_month, exp_year)


def _expiry(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*[/ -]\s*(?:20)?([0-9]{2})\s*", text)
    if found is None:
        raise InvalidCard("expiry", "Write the month and the year, such as 09/30.")
    return int(found[1]), 2000 + int(found[2])


def _luhn(digits: str) -> bool:
    """The check digit (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0

"""The test processor: cards whose numbers say what happens to a payment. No money moves.

The numbers are those that developers know from other processors' test modes.
"""

from dataclasses import dataclass

PROCESSOR = "stripe"
"""The name on the wire: the published clients know no other one."""


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A card that exists for tests, and what it does, for the people who choose one."""

    token: str
    brand: str
    last4: str
    what_happens: str


@dataclass(frozen=True, slots=True)
class Paid:
    """The money would have moved."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The bank says no: a code for programs and a sentence for the holder of the card."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ActionRequired:
    """The bank wants its customer to confirm the payment first (3-D Secure, or PSD2's strong authentication)."""


Outcome = Paid | Declined | ActionRequired

TEST_CARDS = {
    "4242424242424242": KnownCard("test_success", "visa", "4242", "The payment succeeds."),
    "5555555555554444": KnownCard("test_success_mastercard", "mastercard", "4444", "The payment succeeds."),
    "4000000000000002": KnownCard("test_declined", "visa", "0002", "The bank declines."),
    "4000000000009995": KnownCard("test_insufficient_funds", "visa", "9995", "The bank declines: not enough money."),
    "4000002500003155": KnownCard("test_authentication_required", "visa", "3155", "The bank asks for a second step."),
    "4000000000000341": KnownCard("test_declined_later", "visa", "0341", "It succeeds now, and renewals are declined."),
}
"""By number."""

_BY_TOKEN = {card.token: card for card in TEST_CARDS.values()}
_DECLINED = Declined("card_declined", "Your bank declined the payment. Try another card, or ask your bank.")
_NO_FUNDS = Declined("insufficient_funds", "The card does not have enough money for this payment. Try another card.")


def card_of(token: str) -> KnownCard | None:
    """The card behind a token, None for a token that is not ours."""
    return _BY_TOKEN.get(token)


def charge(token: str, *, confirmed: bool = False, off_session: bool = False) -> Outcome:
    """Ask the card to pay. `confirmed` after the bank's second step, `off_session` when its holder is not there."""
    match token:
        case "test_declined":
            return _DECLINED
        case "test_insufficient_funds":
            return _NO_FUNDS
        case "test_declined_later":
            return _DECLINED if off_session else Paid()
        case "test_authentication_required":
            # A bank asks once: what the holder confirmed may be renewed without them.
            return Paid() if confirmed or off_session else ActionRequired()
    return Paid() if token in _BY_TOKEN else Declined("invalid_card", "This card is not known. Enter it again.")

"""Cards: what a person may type, and what the test processor does with it."""

import pytest

from polar_server.payments import TEST_CARDS, ActionRequired, Declined, InvalidCard, Paid, card_of, charge, read_card


def _read(number: str = "4242 4242 4242 4242", expiry: str = "12/30", cvc: str = "123") -> object:
    return read_card(number, expiry, cvc, 2026, 11)


@pytest.mark.parametrize("number", sorted(TEST_CARDS))
def test_every_test_card_can_be_typed(number: str) -> None:
    """Each listed card passes the checks and becomes its token, with spaces or dashes between the digits."""
    card = read_card("-".join(number[at : at + 4] for at in range(0, 16, 4)), " 1 / 2031 ", "1234", 2026, 11)
    assert (card.token, card.brand) == (TEST_CARDS[number].token, TEST_CARDS[number].brand)
    assert (card.last4, card.exp_month, card.exp_year) == (number[-4:], 1, 2031)
    assert card_of(card.token) is TEST_CARDS[number]


@pytest.mark.parametrize(
    "typed, field",
    [
        ({"number": "4242 4242 4242 4243"}, "number"),
        ({"number": "four"}, "number"),
        ({"number": ""}, "number"),
        ({"number": "4111 1111 1111 1111"}, "number"),
        ({"expiry": "13/30"}, "expiry"),
        ({"expiry": "10/26"}, "expiry"),
        ({"expiry": "soon"}, "expiry"),
        ({"cvc": "12"}, "cvc"),
    ],
)
def test_what_cannot_be_right_is_named(typed: dict[str, str], field: str) -> None:
    """A wrong card says which of its three fields to look at; a real card is turned away."""
    with pytest.raises(InvalidCard) as refused:
        _read(**typed)
    assert refused.value.field == field


def test_a_card_is_good_to_the_end_of_its_month() -> None:
    """The month on a card is the last in which it pays."""
    assert _read(expiry="11/26")


@pytest.mark.parametrize(
    "token, now, later",
    [
        ("test_success", Paid, Paid),
        ("test_success_mastercard", Paid, Paid),
        ("test_declined", Declined, Declined),
        ("test_insufficient_funds", Declined, Declined),
        ("test_declined_later", Paid, Declined),
        ("test_authentication_required", ActionRequired, Paid),
        ("tok_of_another_processor", Declined, Declined),
    ],
)
def test_a_card_does_what_its_line_says(token: str, now: type, later: type) -> None:
    """The token decides what happens, with its holder there and without."""
    assert isinstance(charge(token), now)
    assert isinstance(charge(token, off_session=True), later)


def test_a_second_step_lets_the_payment_through() -> None:
    """What the holder confirmed with the bank is paid, and a card that is declined stays declined."""
    assert charge("test_authentication_required", confirmed=True) == Paid()
    assert isinstance(charge("test_declined", confirmed=True), Declined)

"""Amounts: written, and read from what people type."""

import pytest

from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.money import decimal, money, read_amount


@pytest.mark.parametrize(
    "amount, currency, text",
    [
        (1000, "usd", "$10.00"),
        (125_000, "eur", "€1,250.00"),
        (5, "gbp", "£0.05"),
        (800, "jpy", "¥800"),
        (1_250_000, "krw", "₩1,250,000"),
        (1250, "chf", "CHF\u00a012.50"),
        (-300, "usd", "-$3.00"),
        (0, "usd", "$0.00"),
    ],
)
def test_amounts_are_written_as_people_write_them(amount: int, currency: str, text: str) -> None:
    """With the sign or the code in front, groups of three, and as many digits as the currency has."""
    assert money(amount, currency) == text


@pytest.mark.parametrize(
    "text, currency, amount",
    [
        ("12", "usd", 1200),
        ("12.5", "usd", 1250),
        ("12,50", "usd", 1250),
        (" $1,250.00 ", "usd", 125_000),
        ("1,250", "usd", 125_000),
        ("1 250", "usd", 125_000),
        ("12 EUR", "eur", 1200),
        ("12€", "eur", 1200),
        ("chf 3", "chf", 300),
        ("800", "jpy", 800),
        ("1,250", "jpy", 1250),
        ("0", "usd", 0),
    ],
)
def test_amounts_are_read_as_people_type_them(text: str, currency: str, amount: int) -> None:
    """With a point or a comma, with groups, with the sign or the code of the currency."""
    assert read_amount(text, currency) == amount


@pytest.mark.parametrize("text", ["", "ten", "-5", "1.2.3", "12.345", "1,25,0", "1e3", "٣", "9" * 10, "£5", "."])
def test_what_is_no_amount_is_not_guessed(text: str) -> None:
    """Letters, signs, three digits behind a point, another currency's sign."""
    assert read_amount(text, "usd") is None


@pytest.mark.parametrize("currency", MINIMUM_AMOUNTS)
def test_what_is_written_can_be_read_back(currency: str) -> None:
    """In every currency that a price can have."""
    for amount in (0, 7, MINIMUM_AMOUNTS[currency], 99_999_999):
        assert read_amount(money(amount, currency), currency) == amount
        assert read_amount(decimal(amount, currency), currency) == amount

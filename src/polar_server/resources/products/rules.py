"""What a product and its list of prices must keep to."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.errors import Issue, RequestValidationError
from polar_server.resources.products.schemas import CustomPriceCreate, FixedPriceCreate, FreePriceCreate, PriceCreate


def check_interval(unit: Any, count: Any, name: str) -> None:
    """A trial has a unit and a count, or neither. Raises RequestValidationError."""
    if (unit is None) is not (count is None):
        missing = f"{name}_count" if count is None else name
        raise RequestValidationError([Issue(("body", missing), "A unit and a count belong together.", "missing")])


def check_trial(recurring: Any, trial: Any) -> None:
    """Only what renews has a trial. Raises RequestValidationError."""
    if trial is not None and recurring is None:
        issue = Issue(("body", "trial_interval"), "Only a recurring product can have a trial.")
        raise RequestValidationError([issue])


def check_prices(prices: Sequence[PriceCreate]) -> None:
    """Each price by itself, then the list. Raises RequestValidationError, naming every price that is wrong."""
    issues = [issue for number, price in enumerate(prices) if (issue := _wrong_price(price, number)) is not None]
    if not issues:
        issues = _wrong_list(prices)
    if issues:
        raise RequestValidationError(issues)


def _wrong_price(price: PriceCreate, number: int) -> Issue | None:
    place = ("body", "prices", number)
    least = MINIMUM_AMOUNTS.get(price.price_currency)
    if least is None:
        return Issue((*place, "price_currency"), "This currency is not supported.", "enum", price.price_currency)
    match price:
        case FixedPriceCreate(price_amount=amount) if 0 < amount < least:
            return Issue((*place, "price_amount"), f"A price is 0, or at least {least}.", "greater_than_equal", amount)
        case CustomPriceCreate(minimum_amount=amount) if 0 < amount < least:
            return Issue((*place, "minimum_amount"), f"This is 0, or at least {least}.", "greater_than_equal", amount)
        case CustomPriceCreate():
            return _wrong_limits(price, place)
    return None


def _wrong_limits(price: CustomPriceCreate, place: tuple[str | int, ...]) -> Issue | None:
    highest = price.maximum_amount
    if highest is not None and highest < price.minimum_amount:
        return Issue((*place, "maximum_amount"), "This is less than minimum_amount.", "greater_than_equal", highest)
    preset = price.preset_amount
    if preset is not None and (preset < price.minimum_amount or (highest is not None and preset > highest)):
        return Issue((*place, "preset_amount"), "This is not between minimum and maximum.", "value_error", preset)
    return None


def _wrong_list(prices: Sequence[PriceCreate]) -> list[Issue]:
    """One price for each currency, of the same kind in all of them, with one tax behavior for each currency."""
    currencies = Counter(price.price_currency for price in prices)
    doubled = [currency for currency, count in currencies.items() if count > 1]
    if doubled:
        return [Issue(("body", "prices"), f"There is more than one price in {doubled[0]}.")]
    if len({kind_of(price) for price in prices}) > 1:
        return [Issue(("body", "prices"), "Prices in all currencies must be of the same kind.")]
    return []


def kind_of(price: PriceCreate) -> str:
    """What the price is kept as."""
    return "custom" if isinstance(price, CustomPriceCreate) else "fixed"


def columns_of(price: PriceCreate) -> dict[str, int | str | None]:
    """What is kept of a price. A free one is a fixed price of 0."""
    kept: dict[str, int | str | None] = {
        "amount_type": kind_of(price),
        "price_currency": price.price_currency,
        "tax_behavior": price.tax_behavior,
        "price_amount": None,
        "minimum_amount": None,
        "maximum_amount": None,
        "preset_amount": None,
    }
    match price:
        case FreePriceCreate():
            kept["price_amount"] = 0
        case FixedPriceCreate(price_amount=amount):
            kept["price_amount"] = amount
        case CustomPriceCreate():
            kept["minimum_amount"] = price.minimum_amount
            kept["maximum_amount"] = price.maximum_amount
            kept["preset_amount"] = price.preset_amount
    return kept

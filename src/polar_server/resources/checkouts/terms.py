"""What a checkout costs: now, after a trial, and at each renewal. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from polar_server.database import Row
from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.errors import Issue, RequestValidationError, invalid

Trial = tuple[str, int]
"""A unit and how many of it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a checkout. Amounts are in minor units; there is no tax and there are no discounts."""

    amount: int
    is_free: bool
    is_recurring: bool
    trial: Trial | None

    @property
    def is_payment_required(self) -> bool:
        """Whether something is paid now."""
        return self.amount > 0 and self.trial is None

    @property
    def is_setup_required(self) -> bool:
        """Whether a card has to be there for what renews."""
        return self.amount > 0 and self.is_recurring

    @property
    def is_card_required(self) -> bool:
        return self.is_payment_required or self.is_setup_required

    @property
    def due_now(self) -> int:
        return self.amount if self.is_payment_required else 0


def terms_of(checkout: Row, product: Row, price: Row) -> Terms:
    """The terms of a checkout of this product at this price."""
    is_recurring = product["recurring_interval"] is not None
    is_free = price["amount_type"] == "fixed" and price["price_amount"] == 0
    trial = _trial(checkout, product) if is_recurring and checkout["allow_trial"] else None
    return Terms(checkout["amount"], is_free, is_recurring, trial)


def _trial(checkout: Row, product: Row) -> Trial | None:
    """The checkout's own trial goes before the product's."""
    for row in (checkout, product):
        if row["trial_interval"] is not None:
            return row["trial_interval"], row["trial_interval_count"]
    return None


def choose_price(prices: Sequence[Row], asked: str | None, preferred: str) -> Row:
    """The price in the currency that was asked for, else in the preferred one, else the first."""
    by_currency = {price["price_currency"]: price for price in prices}
    if asked is None:
        return by_currency.get(preferred) or prices[0]
    if asked not in by_currency:
        known = ", ".join(by_currency)
        raise invalid("currency", f"The product has no price in this currency. It has {known}.", "enum", asked)
    return by_currency[asked]


def choose_amount(price: Row, asked: int | None) -> int:
    """The amount of a price. Raises RequestValidationError at `amount` for one outside the price's limits."""
    if price["amount_type"] == "fixed":
        return int(price["price_amount"])
    least, most = price["minimum_amount"], price["maximum_amount"]
    if asked is None:
        return int(least if price["preset_amount"] is None else price["preset_amount"])
    if asked < least:
        raise _outside(f"At least {least}.", "greater_than_equal", asked)
    if most is not None and asked > most:
        raise _outside(f"At most {most}.", "less_than_equal", asked)
    if 0 < asked < (chargeable := MINIMUM_AMOUNTS[price["price_currency"]]):
        raise _outside(f"Nothing, or at least {chargeable}: less cannot be charged.", "greater_than_equal", asked)
    return asked


def _outside(msg: str, kind: str, asked: int) -> RequestValidationError:
    return RequestValidationError([Issue(("body", "amount"), msg, kind, asked)])

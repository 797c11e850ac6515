"""What another product costs, said before it is chosen: the same sums as the change itself will make."""

from collections.abc import Sequence
from dataclasses import dataclass

from polar_server.database import Row
from polar_server.resources.products.schemas import FixedPrice, Product
from polar_server.resources.subscriptions.prorations import share


@dataclass(frozen=True, slots=True)
class Option:
    """A way to change the product. Amounts are in minor units."""

    behavior: str
    charged: int
    """What is asked for at once."""
    carried: int = 0
    """What the next order costs more, or less where it is below 0."""
    starts_over: bool = False
    """Whether a new period begins today."""


def price_of(product: Product, currency: str) -> FixedPrice | None:
    """The price that somebody who subscribed can change to, if the product has one."""
    fixed = (price for price in product.prices if isinstance(price, FixedPrice))
    return next((price for price in fixed if price.price_currency == currency), None)


def options_of(row: Row, product: Product, waiting: Sequence[int], now: int) -> list[Option]:
    """The ways to change a subscription to this product at this moment.

    `waiting` is what earlier changes left for the next order.
    """
    price = price_of(product, row["currency"])
    assert price is not None, "only products with a price in the currency are offered"
    later = Option("next_period", charged=0)
    if row["status"] == "trialing":
        return [Option("prorate", charged=0), later]
    period = (row["current_period_start"], row["current_period_end"])
    unused, rest = share(row["amount"], *period, now), share(price.price_amount, *period, now)
    over = _paid(price.price_amount - unused + sum(waiting))
    if (product.recurring_interval, product.recurring_interval_count) != (
        row["recurring_interval"],
        row["recurring_interval_count"],
    ):
        return [Option("reset", *over, starts_over=True), later]
    at_once = _paid(rest - unused + sum(waiting))
    return [
        Option("prorate", 0, rest - unused),
        Option("invoice", *at_once),
        Option("reset", *over, starts_over=True),
        later,
    ]


def _paid(amount: int) -> tuple[int, int]:
    """What is charged of a sum, and what is carried on where it is a credit."""
    return max(amount, 0), min(amount, 0)

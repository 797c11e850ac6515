"""What happens in the sample organization in its ninety days: who buys what, when, and what becomes of it."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from polar_server.sample_data.catalogue import CUSTOMERS

DAYS = 90

Fate = Literal["stays", "leaves", "is leaving", "cannot pay", "rests", "is thrown out"]

# The day of the sale, what is bought, and what becomes of the subscription later.
_SUBSCRIPTIONS: tuple[tuple[int, str, Fate], ...] = (
    (1, "studio", "stays"),
    (3, "year", "stays"),
    (6, "plus", "leaves"),
    (9, "studio", "leaves"),
    (14, "plus", "stays"),
    (19, "news", "stays"),
    (23, "studio", "cannot pay"),
    (28, "plus", "rests"),
    (33, "studio", "stays"),
    (38, "plus", "is thrown out"),
    (44, "year", "stays"),
    (49, "studio", "is leaving"),
    (53, "plus", "cannot pay"),
    (58, "studio", "stays"),
    (63, "news", "leaves"),
    (67, "plus", "stays"),
    (71, "plus", "is leaving"),
    (75, "studio", "stays"),
    (79, "plus", "stays"),
    (82, "studio", "stays"),
    (86, "studio", "is leaving"),
    (88, "studio", "stays"),
)
_ONE_TIME = ("editor", "brushes", "support")
_REFUNDED: dict[int, Literal["whole", "part"]] = {4: "whole", 13: "part", 22: "whole", 31: "part"}
"""The number of an order that was bought once -> how much of it is given back."""
_ABANDONED = 14
"""Checkouts that nobody finished."""


@dataclass(frozen=True, slots=True)
class Sale:
    """A customer buys a product, so many seconds after the beginning; abandoned, they did not finish."""

    at: int
    customer: str
    product: str
    fate: Fate = "stays"
    refund: Literal["whole", "part"] | None = None
    amount: int | None = None
    abandoned: bool = False

    @property
    def card(self) -> str:
        """A number of the test processor."""
        return "4000000000000341" if self.fate == "cannot pay" else "4242424242424242"


def tell() -> list[Sale]:
    """Every sale in its order: always the same ones."""
    dice = Random(90)  # noqa: S311 - the same sample each time is what is wanted
    sales = [
        Sale(_moment(dice, day), CUSTOMERS[number], product, fate)
        for number, (day, product, fate) in enumerate(_SUBSCRIPTIONS)
    ]
    # More is sold each week, so that a chart has something to tell.
    days = sorted(day for day in range(DAYS) if dice.random() < 0.3 + day / 200)
    for number, day in enumerate(days):
        product = dice.choice(_ONE_TIME)
        amount = dice.randrange(3, 40) * 100 if product == "support" else None
        sales.append(
            Sale(_moment(dice, day), dice.choice(CUSTOMERS), product, refund=_REFUNDED.get(number), amount=amount)
        )
    for _ in range(_ABANDONED):
        product = dice.choice((*_ONE_TIME, "studio"))
        sales.append(Sale(_moment(dice, dice.randrange(DAYS)), dice.choice(CUSTOMERS), product, abandoned=True))
    return sorted(sales, key=lambda sale: sale.at)


def _moment(dice: Random, day: int) -> int:
    return day * 86_400 + dice.randrange(86_400)

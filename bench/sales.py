"""Checkouts that wait to be paid: each for the one product of its organization, which gives a benefit."""

import uuid
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

from bench.catalogs import Product

CHECKOUTS = (
    "checkouts",
    (
        *("id", "secret_id", "key_id", "organization_id", "status", "product_ids", "product_id", "product_price_id"),
        *("amount", "currency", "allow_trial", "allow_discount_codes", "require_billing_address"),
        *("customer_metadata", "metadata", "created_at", "expires_at"),
    ),
)
_AMOUNT = 1900
_LIFETIME = 86_400


class Shops:
    """An organization each with one product, bought once or every month; their rows are those of `catalogs`."""

    def __init__(self, organizations: Sequence[str], now: int, *, renews: bool) -> None:
        self._now, self._interval = now, ("month", 1) if renews else (None, None)
        self._sold = [Product(n, _id(), each, [_id()]) for n, each in enumerate(organizations)]
        self._prices = [_id() for _ in organizations]

    def products(self) -> Iterator[tuple[Any, ...]]:
        for each in self._sold:
            texts = ("Night lamp", "Shines all night.", "public")
            yield (each.id, each.organization_id, *texts, *self._interval, False, "{}", "[]", self._now)

    def prices(self) -> Iterator[tuple[Any, ...]]:
        for each, price_id in zip(self._sold, self._prices, strict=True):
            yield (price_id, each.organization_id, each.id, 0, "fixed", "usd", _AMOUNT, False, self._now)

    def benefits(self) -> Iterator[tuple[Any, ...]]:
        for each in self._sold:
            shown = ("Letters", "public", '{"note": "Thank you."}', "{}", True)
            yield (each.benefit_ids[0], each.organization_id, "custom", *shown, self._now)

    def product_benefits(self) -> Iterator[tuple[Any, ...]]:
        for each in self._sold:
            yield (each.id, each.benefit_ids[0], each.organization_id, 0)

    def checkouts(self, secret_ids: Sequence[str], key_id: str) -> Iterator[tuple[Any, ...]]:
        """A checkout for each secret, in every organization in turn."""
        until, offers = self._now + _LIFETIME, cycle(zip(self._sold, self._prices, strict=True))
        for secret_id, (each, price_id) in zip(secret_ids, offers, strict=False):
            place = (_id(), secret_id, key_id, each.organization_id, "open", f'["{each.id}"]')
            chosen = (each.id, price_id, _AMOUNT, "usd", True, True, False)
            yield (*place, *chosen, "{}", "{}", self._now, until)


def _id() -> str:
    return str(uuid.uuid4())

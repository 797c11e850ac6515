"""A catalogue: products with a price each, a third of them with benefits, over many organizations."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

OWN = 30
"""Products of each organization that is asked, however many there are in all."""
_BENEFITS = 2
"""Benefits of each organization; every third product has one of them, every sixth both."""

PRODUCTS = (
    "products",
    (
        *("id", "organization_id", "name", "description", "visibility", "recurring_interval"),
        *("recurring_interval_count", "is_archived", "metadata", "medias", "created_at"),
    ),
)
PRICES = (
    "prices",
    (
        *("id", "organization_id", "product_id", "position", "amount_type", "price_currency", "price_amount"),
        *("is_archived", "created_at"),
    ),
)
BENEFITS = (
    "benefits",
    (
        *("id", "organization_id", "type", "description", "visibility", "properties", "metadata", "deletable"),
        "created_at",
    ),
)
PRODUCT_BENEFITS = ("product_benefits", ("product_id", "benefit_id", "organization_id", "position"))

_DESCRIPTION = "What it is, for whom, and why they should have it: about as long as such a text is, " * 2


@dataclass(frozen=True, slots=True)
class Product:
    """A product to come: its number in the catalogue, its id, and whose it is."""

    number: int
    id: str
    organization_id: str
    benefit_ids: list[str]


class Catalog:
    """`count` products: OWN of each asked organization, and the rest evenly over the others."""

    def __init__(self, count: int, asked: Sequence[str], others: Sequence[str], now: int) -> None:
        self._now = now
        self._organizations = [*asked, *others]
        owners = [each for each in asked for _ in range(OWN)]
        owners += [others[number % len(others)] for number in range(max(count - len(owners), 0))]
        self._given = {each: [str(uuid.uuid4()) for _ in range(_BENEFITS)] for each in self._organizations}
        self._products = [self._product(number, owner) for number, owner in enumerate(owners)]

    def _product(self, number: int, owner: str) -> Product:
        given = 0 if number % 3 else 1 + (number % 2 == 0)
        return Product(number, str(uuid.uuid4()), owner, self._given[owner][:given])

    def products(self) -> Iterator[tuple[Any, ...]]:
        """Rows of PRODUCTS."""
        for each in self._products:
            interval = ("month", 1) if each.number % 2 else (None, None)
            texts = (f"Product {each.number}", _DESCRIPTION, "public")
            metadata = f'{{"sku": "sku-{each.number}"}}'
            created_at = self._now - each.number % 86_400
            yield (each.id, each.organization_id, *texts, *interval, False, metadata, "[]", created_at)

    def prices(self) -> Iterator[tuple[Any, ...]]:
        """Rows of PRICES."""
        for each in self._products:
            amount = 100 + each.number % 900
            place = (str(uuid.uuid4()), each.organization_id, each.id, 0)
            yield (*place, "fixed", "usd", amount, False, self._now)

    def benefits(self) -> Iterator[tuple[Any, ...]]:
        """Rows of BENEFITS."""
        for organization_id, ids in self._given.items():
            for number, benefit_id in enumerate(ids):
                shown = (f"Benefit {number}", "public", '{"note": "Thank you."}', "{}", True)
                yield (benefit_id, organization_id, "custom", *shown, self._now)

    def product_benefits(self) -> Iterator[tuple[Any, ...]]:
        """Rows of PRODUCT_BENEFITS."""
        for each in self._products:
            for position, benefit_id in enumerate(each.benefit_ids):
                yield (each.id, benefit_id, each.organization_id, position)

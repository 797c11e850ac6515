"""SQL of lists of products. Every statement names the organizations that it may touch."""

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Statement, Transaction
from polar_server.resource_server.filter_queries import PAGE, both, contains, with_metadata, within
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.products.queries import COLUMNS
from polar_server.resources.products.whole_queries import Whole, gathered, whole

# The first price stands for the product where a list is sorted by price.
_FIRST_PRICE = """(
    SELECT {amount} FROM prices q
    WHERE q.product_id = p.id AND q.organization_id = p.organization_id AND q.is_archived = FALSE
    ORDER BY q.position LIMIT 1
)"""
SORTING = {
    "created_at": "p.created_at",
    "name": "p.name",
    "price_amount_type": _FIRST_PRICE.format(amount="q.amount_type"),
    "price_amount": _FIRST_PRICE.format(amount="COALESCE(q.price_amount, q.minimum_amount)"),
    "id": "p.id",
}

_GIVES = """EXISTS (
    SELECT 1 FROM product_benefits l
    WHERE l.product_id = p.id AND l.organization_id = p.organization_id AND {chosen}
)"""
_CHOSEN = within("l.benefit_id", "benefit_ids")
_REACHED: dict[str, str | tuple[str, str]] = {
    "organization_id": "{column} = :organization_id",
    "organization_ids": within("{column}", "organization_ids"),
}
_FILTERS: dict[str, str | tuple[str, str]] = {
    "organization_id": "p.organization_id = :organization_id",
    "organization_ids": within("p.organization_id", "organization_ids"),
    "ids": within("p.id", "ids"),
    "visibilities": within("p.visibility", "visibilities"),
    "is_archived": "p.is_archived = CAST(:is_archived AS BOOLEAN)",
    "is_recurring": "(p.recurring_interval IS NOT NULL) = CAST(:is_recurring AS BOOLEAN)",
    "benefit_ids": (_GIVES.format(chosen=_CHOSEN[0]), _GIVES.format(chosen=_CHOSEN[1])),
    "query": contains("p.name", "query"),
    "metadata": with_metadata("p.metadata"),
}


class ProductFilter(Struct, frozen=True):
    """What a list is asked for. Lists are JSON texts, None where nothing was asked."""

    organization_ids: str
    ids: str | None
    visibilities: str | None
    is_archived: bool | None
    is_recurring: bool | None
    benefit_ids: str | None
    query: str | None
    metadata: str

    def parameters(self) -> dict[str, Any]:
        """What was asked for, by the names of _FILTERS."""
        asked = asdict(self)
        reached = msgspec.json.decode(self.organization_ids)
        if len(reached) == 1:
            # One organization's products are in the index in their order; of a list a planner can only guess how many.
            asked["organization_id"], asked["organization_ids"] = reached[0], None
        return {name: value for name, value in asked.items() if value is not None and value != NOT_ASKED}


@lru_cache(maxsize=256)
def _list(order: str, names: tuple[str, ...]) -> Statement:
    """The list with these filters, in an order that `lists.order_by` made from SORTING, and in each row the count.

    What the products hold is looked up when the page is cut, so that it is not for those on other pages.
    """
    asked = both(*(_FILTERS[name] for name in names))
    pages = [f"SELECT {COLUMNS} FROM products p WHERE {each} ORDER BY {order} {PAGE}" for each in asked]
    totals = [f"(SELECT count(*) FROM products p WHERE {each})" for each in asked]
    return whole(pages, order, totals, both(*(_REACHED[name] for name in names if name in _REACHED)))


@lru_cache(maxsize=256)
def _count(names: tuple[str, ...]) -> Statement:
    return Statement(*(f"SELECT count(*) FROM products p WHERE {a}" for a in both(*(_FILTERS[n] for n in names))))


async def list_products(
    tx: Transaction, wanted: ProductFilter, order: str, limit: int, offset: int
) -> tuple[list[Whole], int]:
    """A page of products with what hangs from them, and how many there are in all."""
    asked = wanted.parameters()
    rows = await tx.all(_list(order, tuple(asked)), **asked, limit=limit, offset=offset)
    if rows or not offset:
        return list(gathered(rows).values()), rows[0]["total"] if rows else 0
    return [], (await tx.one(_count(tuple(asked)), **asked))[0]

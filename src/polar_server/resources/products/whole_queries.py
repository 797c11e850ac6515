"""SQL that reads products with what hangs from them: rows of three kinds in one statement.

A statement for each kind would cost a round trip more, JSON within the product's row costs both sides more. Whatever
belongs to a page is looked up at once, for what belongs to one organization lies side by side in the indexes.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within
from polar_server.resources.products.queries import COLUMNS

# Ordered, each look goes by the index (product_id, id) and ends at its first row. Without an order PostgreSQL
# reads whole tables in the hope of finding one soon; EXISTS joined by OR it would hash.
_LOOK = """(
    SELECT 1 FROM {table} s WHERE s.product_id = p.id AND s.organization_id = p.organization_id
    ORDER BY s.id LIMIT 1
)"""
_LOOKS = ", ".join(_LOOK.format(table=table) for table in ("orders", "subscriptions", "checkouts"))
_SOLD = f"COALESCE({_LOOKS}) IS NOT NULL"

_WIDTHS = {"TEXT": 9, "BIGINT": 6, "BOOLEAN": 2}
"""What a row of any kind has after the number of its kind: so many columns of each type."""
_PRODUCT, _PRICE = 1, 2


def _columns(kind: int, *given: Sequence[str]) -> str:
    found = [f"{kind} AS kind"]
    for names, (column_type, width) in zip(given, _WIDTHS.items(), strict=True):
        found += [*names, *[f"CAST(NULL AS {column_type})"] * (width - len(names))]
    return ", ".join(found)


_BENEFIT_TEXTS = ("id", "organization_id", "type", "description", "visibility", "properties", "metadata")
_PRODUCTS = _columns(
    _PRODUCT,
    (
        *("id", "organization_id", "name", "description", "visibility", "recurring_interval", "trial_interval"),
        *("metadata", "medias"),
    ),
    ("created_at", "modified_at", "recurring_interval_count", "trial_interval_count", "{total} AS total"),
    ("is_archived", "sold"),
)
_PRICE_TEXTS = ("product_id", "id", "amount_type", "price_currency", "tax_behavior")
_PRICE_NUMBERS = ("created_at", "modified_at", "price_amount", "minimum_amount", "maximum_amount", "preset_amount")
_PRICES = _columns(_PRICE, [f"q.{name}" for name in _PRICE_TEXTS], [f"q.{name}" for name in _PRICE_NUMBERS], ())
_BENEFITS = _columns(
    3,
    ("links.product_id", *(f"b.{name}" for name in _BENEFIT_TEXTS)),
    ("b.created_at", "b.modified_at"),
    ("b.deletable",),
)
_ON_PAGE = ("IN (SELECT id FROM page)", "= ANY (ARRAY(SELECT id FROM page))")


class Whole(NamedTuple):
    """A product's row, and those of its prices that are not archived and of its benefits, each in their order.

    Only the product's columns have names. Texts are at 1 to 9, numbers at 10 to 15, truth at 16 and 17.
    """

    product: Row
    prices: list[Row]
    benefits: list[Row]


def whole(
    pages: Sequence[str],
    order: str,
    totals: Sequence[str],
    reached: Sequence[str],
    sold: str = _SOLD,
    locks: Sequence[str] = ("", ""),
) -> Statement:
    """The statement that reads whole products; everything but order and `sold` is given for each engine.

    `pages` select COLUMNS of products p, `totals` are a number for each row, `reached` say of a `{column}` that it is
    one of the organizations that may be touched, `sold` whether something refers to p, and `locks` hold benefits b.
    Both engines give the rows of one kind after those of another.
    """
    return Statement(*(_text(order, sold, *each) for each in zip(pages, totals, reached, locks, _ON_PAGE, strict=True)))


def _text(order: str, sold: str, page: str, total: str, reached: str, lock: str, on_page: str) -> str:
    return f"""
        WITH page AS MATERIALIZED (
            SELECT p.*, {sold} AS sold FROM ({page}) p ORDER BY {order}
        ), links AS MATERIALIZED (
            SELECT l.product_id, l.benefit_id, l.organization_id, l.position FROM product_benefits l
            WHERE l.product_id {on_page} AND {reached.format(column="l.organization_id")}
        )
        SELECT {_PRODUCTS.format(total=total)} FROM page
        UNION ALL SELECT * FROM (
            SELECT {_PRICES} FROM prices q
            WHERE q.product_id {on_page} AND {reached.format(column="q.organization_id")} AND q.is_archived = FALSE
            ORDER BY q.position, q.id
        ) q
        UNION ALL SELECT * FROM (
            SELECT {_BENEFITS} FROM links
            JOIN benefits b ON b.id = links.benefit_id AND b.organization_id = links.organization_id
            WHERE b.deleted_at IS NULL ORDER BY links.position{lock}
        ) b
    """


_REACHED = within("{column}", "organization_ids")
_BY_IDS = (
    [
        f"SELECT {COLUMNS} FROM products p WHERE {asked}"
        for asked in both(within("p.id", "ids"), within("p.organization_id", "organization_ids"))
    ],
    "p.id",
    ("0", "0"),
    _REACHED,
)
_LIST_WHOLE = whole(*_BY_IDS)
_LIST_SOLD = whole(*_BY_IDS, sold="TRUE")
_HOLD_SOLD = whole(*_BY_IDS, sold="TRUE", locks=("", " FOR SHARE OF b"))


async def list_whole(tx: Transaction, product_ids: Iterable[str], organization_ids: str) -> dict[str, Whole]:
    """These products with what hangs from them, by their ids."""
    rows = await tx.all(_LIST_WHOLE, ids=json.dumps(list(product_ids)), organization_ids=organization_ids)
    return gathered(rows)


async def list_sold(tx: Transaction, product_ids: Iterable[str], organization_ids: str) -> dict[str, Whole]:
    """The same of products for those that refer to them: nobody looks whether they could be deleted."""
    rows = await tx.all(_LIST_SOLD, ids=json.dumps(list(product_ids)), organization_ids=organization_ids)
    return gathered(rows)


async def hold_sold(tx: Transaction, product_ids: Iterable[str], organization_ids: str) -> dict[str, Whole]:
    """The same for a sale that holds these products: their benefits are kept from changing until it is stored."""
    rows = await tx.all(_HOLD_SOLD, ids=json.dumps(list(product_ids)), organization_ids=organization_ids)
    return gathered(rows)


def gathered(rows: Iterable[Row]) -> dict[str, Whole]:
    """The rows of such a statement as products by their ids, in their order."""
    found: dict[str, Whole] = {}
    for row in rows:
        kind, product_id = row[0], row[1]
        if kind == _PRODUCT:
            found[product_id] = Whole(row, [], [])
        elif kind == _PRICE:
            found[product_id].prices.append(row)
        else:
            found[product_id].benefits.append(row)
    return found


def named_price(row: Row) -> dict[str, Any]:
    """A price's row as others read it, by the names of its columns."""
    return {
        **dict(zip(_PRICE_TEXTS, row[1:6], strict=True)),
        **dict(zip(_PRICE_NUMBERS, row[10:16], strict=True)),
        "is_archived": False,
    }


def named_benefit(row: Row) -> dict[str, Any]:
    """A benefit's row as others read it, by the names of its columns."""
    return {
        **dict(zip(_BENEFIT_TEXTS, row[2:9], strict=True)),
        "created_at": row[10],
        "modified_at": row[11],
        "deletable": row[16],
        "deleted_at": None,
    }

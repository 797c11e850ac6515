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
_PRICES = _columns(
    _PRICE,
    ("q.product_id", "q.id", "q.amount_type", "q.price_currency", "q.tax_behavior"),
    ("q.created_at", "q.modified_at", "q.price_amount", "q.minimum_amount", "q.maximum_amount", "q.preset_amount"),
    (),
)
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


def whole(pages: Sequence[str], order: str, totals: Sequence[str], reached: Sequence[str]) -> Statement:
    """The statement that reads whole products; everything but the order is given for each engine.

    `pages` select COLUMNS of products p, `totals` are a number for each row, and `reached` say of a `{column}` that it
    is one of the organizations that may be touched. Both engines give the rows of one kind after those of another.
    """
    return Statement(*(_text(order, *each) for each in zip(pages, totals, reached, _ON_PAGE, strict=True)))


def _text(order: str, page: str, total: str, reached: str, on_page: str) -> str:
    return f"""
        WITH page AS MATERIALIZED (
            SELECT p.*, COALESCE({_LOOKS}) IS NOT NULL AS sold FROM ({page}) p ORDER BY {order}
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
            WHERE b.deleted_at IS NULL ORDER BY links.position
        ) b
    """


_REACHED = within("{column}", "organization_ids")
_LIST_WHOLE = whole(
    [
        f"SELECT {COLUMNS} FROM products p WHERE {asked}"
        for asked in both(within("p.id", "ids"), within("p.organization_id", "organization_ids"))
    ],
    "p.id",
    ("0", "0"),
    _REACHED,
)


async def list_whole(tx: Transaction, product_ids: Iterable[str], organization_ids: str) -> dict[str, Whole]:
    """These products with what hangs from them, by their ids."""
    rows = await tx.all(_LIST_WHOLE, ids=json.dumps(list(product_ids)), organization_ids=organization_ids)
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


def named_benefit(row: Row) -> dict[str, Any]:
    """A benefit's row as others read it, by the names of its columns."""
    return {
        **dict(zip(_BENEFIT_TEXTS, row[2:9], strict=True)),
        "created_at": row[10],
        "modified_at": row[11],
        "deletable": row[16],
        "deleted_at": None,
    }

"""SQL of products and prices. Every statement names the organizations that it may touch."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within

COLUMNS = """
    p.id, p.created_at, p.modified_at, p.organization_id, p.name, p.description, p.visibility, p.recurring_interval,
    p.recurring_interval_count, p.trial_interval, p.trial_interval_count, p.is_archived, p.metadata, p.medias
"""
_SELECT = f"SELECT {COLUMNS} FROM products p"

_WITHIN = within("p.organization_id", "organization_ids")
_FIND_TEXTS = [f"{_SELECT} WHERE p.id = :id AND {reached}" for reached in _WITHIN]
_FIND = Statement(*_FIND_TEXTS)
_BY_IDS = [f"{_SELECT} WHERE {asked}" for asked in both(within("p.id", "ids"), _WITHIN)]
_LIST_BY_IDS = Statement(*_BY_IDS)
_HOLD_BY_IDS = Statement(_BY_IDS[0], postgres=f"{_BY_IDS[1]} ORDER BY p.id FOR KEY SHARE")
_OFFERED = Statement(
    """
    SELECT 1 FROM checkouts s WHERE s.organization_id = :organization_id
        AND EXISTS (SELECT 1 FROM json_each(s.product_ids) WHERE value = :id) LIMIT 1
    """,
    postgres="""
    SELECT 1 FROM checkouts s WHERE s.organization_id = :organization_id
        AND EXISTS (SELECT 1 FROM json_array_elements_text(CAST(s.product_ids AS JSON)) v WHERE v = :id) LIMIT 1
    """,
)
# Two changes at the same moment go one after the other; SQLite has one writer anyway.
_LOCK = Statement(_FIND_TEXTS[0], postgres=f"{_FIND_TEXTS[1]} FOR UPDATE OF p")

_ADD = Statement("""
    INSERT INTO products (
        id, organization_id, name, description, visibility, recurring_interval, recurring_interval_count,
        trial_interval, trial_interval_count, metadata, medias, created_at
    ) VALUES (
        :id, :organization_id, :name, :description, :visibility, :recurring_interval, :recurring_interval_count,
        :trial_interval, :trial_interval_count, :metadata, :medias, :now
    )
""")
_UPDATE = Statement("""
    UPDATE products SET
        name = :name, description = :description, visibility = :visibility, is_archived = :is_archived,
        trial_interval = :trial_interval, trial_interval_count = :trial_interval_count, metadata = :metadata,
        medias = :medias, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id
""")
_TOUCH = Statement("UPDATE products SET modified_at = :now WHERE id = :id AND organization_id = :organization_id")
_DELETE = Statement("DELETE FROM products WHERE id = :id AND organization_id = :organization_id")

_PRICECOLUMNS = """
    id, created_at, modified_at, product_id, amount_type, price_currency, tax_behavior, is_archived, price_amount,
    minimum_amount, maximum_amount, preset_amount
"""
_PRODUCT_IDS = within("product_id", "product_ids")
_PRICE_ORGANIZATIONS = within("organization_id", "organization_ids")
_LIST_PRICES = Statement(
    *(
        f"""
        SELECT {_PRICECOLUMNS} FROM prices
        WHERE {ids} AND {organizations} AND is_archived = FALSE ORDER BY position, id
        """
        for ids, organizations in zip(_PRODUCT_IDS, _PRICE_ORGANIZATIONS, strict=True)
    )
)
_PRICE_IDS = within("id", "ids")
_LIST_PRICES_BY_IDS = Statement(
    *(
        f"SELECT {_PRICECOLUMNS} FROM prices WHERE {ids} AND {organizations}"
        for ids, organizations in zip(_PRICE_IDS, _PRICE_ORGANIZATIONS, strict=True)
    )
)
_ADD_PRICE = Statement("""
    INSERT INTO prices (
        id, organization_id, product_id, position, amount_type, price_currency, tax_behavior, price_amount,
        minimum_amount, maximum_amount, preset_amount, created_at
    ) VALUES (
        :id, :organization_id, :product_id, :position, :amount_type, :price_currency, :tax_behavior, :price_amount,
        :minimum_amount, :maximum_amount, :preset_amount, :now
    )
""")
_KEPT = within("id", "kept_ids")
_ARCHIVE_PRICES = Statement(
    *(
        f"""
        UPDATE prices SET is_archived = TRUE, modified_at = :now
        WHERE product_id = :product_id AND organization_id = :organization_id AND is_archived = FALSE AND NOT ({kept})
        """
        for kept in _KEPT
    )
)


async def find_product(tx: Transaction, product_id: str, organization_ids: str) -> Row | None:
    """A product of one of these organizations."""
    return await tx.first(_FIND, id=product_id, organization_ids=organization_ids)


async def list_products_by_ids(tx: Transaction, product_ids: Iterable[str], organization_ids: str) -> dict[str, Row]:
    """These products by their ids: for what refers to them."""
    ids = json.dumps(sorted(set(product_ids)))
    return {row["id"]: row for row in await tx.all(_LIST_BY_IDS, ids=ids, organization_ids=organization_ids)}


async def hold_products_by_ids(tx: Transaction, product_ids: Iterable[str], organization_ids: str) -> dict[str, Row]:
    """The same, none of which can be deleted before the transaction ends."""
    ids = json.dumps(sorted(set(product_ids)))
    return {row["id"]: row for row in await tx.all(_HOLD_BY_IDS, ids=ids, organization_ids=organization_ids)}


async def lock_product(tx: Transaction, product_id: str, organization_ids: str) -> Row | None:
    """The same, held until the transaction ends."""
    return await tx.first(_LOCK, id=product_id, organization_ids=organization_ids)


async def add_product(tx: Transaction, **columns: Any) -> None:
    """Store a new product; the columns are those of the table, `now` for created_at."""
    await tx.run(_ADD, **columns)


async def update_product(tx: Transaction, **columns: Any) -> bool:
    """Replace what may change of a product."""
    return await tx.run(_UPDATE, **columns) == 1


async def touch_product(tx: Transaction, product_id: str, organization_id: str, now: int) -> None:
    """Note that what belongs to a product changed."""
    await tx.run(_TOUCH, id=product_id, organization_id=organization_id, now=now)


async def is_offered(tx: Transaction, product_id: str, organization_id: str) -> bool:
    """Whether a checkout offers the product, chosen or not. It reads the organization's checkouts."""
    return await tx.first(_OFFERED, id=product_id, organization_id=organization_id) is not None


async def delete_product(tx: Transaction, product_id: str, organization_id: str) -> bool:
    """Delete a product with its prices. Raises ConstraintViolation when something refers to it."""
    return await tx.run(_DELETE, id=product_id, organization_id=organization_id) == 1


async def list_prices(tx: Transaction, product_ids: Sequence[str], organization_ids: str) -> dict[str, list[Row]]:
    """The prices of these products that are not archived, in their order."""
    found: dict[str, list[Row]] = {product_id: [] for product_id in product_ids}
    rows = await tx.all(_LIST_PRICES, product_ids=json.dumps(list(product_ids)), organization_ids=organization_ids)
    for row in rows:
        found[row["product_id"]].append(row)
    return found


async def list_prices_by_ids(tx: Transaction, price_ids: Iterable[str], organization_ids: str) -> dict[str, Row]:
    """These prices by their ids, archived ones as well: what somebody pays stays."""
    ids = json.dumps(sorted(set(price_ids)))
    return {row["id"]: row for row in await tx.all(_LIST_PRICES_BY_IDS, ids=ids, organization_ids=organization_ids)}


async def add_price(tx: Transaction, columns: Mapping[str, Any], **place: Any) -> None:
    """Store a new price of a product."""
    await tx.run(_ADD_PRICE, **columns, **place)


async def archive_prices(
    tx: Transaction, product_id: str, organization_id: str, kept_ids: Sequence[str], now: int
) -> None:
    """Archive the prices of a product, except these."""
    await tx.run(
        _ARCHIVE_PRICES,
        product_id=product_id,
        organization_id=organization_id,
        kept_ids=json.dumps(list(kept_ids)),
        now=now,
    )

"""SQL of benefits, and of the products that give them. Every statement names the organizations that it may touch."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, contains, with_metadata, within, within_if_asked

_COLUMNS = """
    b.id, b.created_at, b.modified_at, b.deleted_at, b.organization_id, b.type, b.description, b.visibility,
    b.properties, b.metadata, b.deletable
"""
_USER_ORDER = ":user_order:"
SORTING = {
    "created_at": "b.created_at",
    "description": "b.description",
    "type": "b.type",
    "user_order": _USER_ORDER,
    "id": "b.id",
}
# The place of a benefit among the ids that were asked for; without any, benefits follow each other as they were made.
_PLACES = (
    "COALESCE((SELECT key FROM json_each(:ids) WHERE value = b.id), b.created_at)",
    "COALESCE(array_position(ARRAY(SELECT json_array_elements_text(CAST(:ids AS JSON))), b.id), b.created_at)",
)

_REACHED = within("b.organization_id", "organization_ids")
_EXCLUDED = within("b.id", "excluded_ids")
_ASKED = both(
    _REACHED,
    "b.deleted_at IS NULL",
    within_if_asked("b.id", "ids"),
    (
        f"(:excluded_ids IS NULL OR NOT {_EXCLUDED[0]})",
        f"(CAST(:excluded_ids AS TEXT) IS NULL OR NOT {_EXCLUDED[1]})",
    ),
    within_if_asked("b.type", "types"),
    contains("b.description", "query"),
    with_metadata("b.metadata"),
)
_COUNT = Statement(*(f"SELECT count(*) FROM benefits b WHERE {asked}" for asked in _ASKED))
_FIND_TEXTS = [
    f"SELECT {_COLUMNS} FROM benefits b WHERE b.id = :id AND {reached} AND b.deleted_at IS NULL" for reached in _REACHED
]
_FIND = Statement(*_FIND_TEXTS)
# Two changes at the same moment go one after the other; SQLite has one writer anyway.
_LOCK = Statement(_FIND_TEXTS[0], postgres=f"{_FIND_TEXTS[1]} FOR NO KEY UPDATE OF b")
_LIST_KNOWN = Statement(
    *(
        f"SELECT b.id FROM benefits b WHERE {ids} AND b.organization_id = :organization_id AND b.deleted_at IS NULL"
        for ids in within("b.id", "ids")
    )
)
_ADD = Statement("""
    INSERT INTO benefits (id, organization_id, type, description, visibility, properties, metadata, created_at)
    VALUES (:id, :organization_id, :type, :description, :visibility, :properties, :metadata, :now)
""")
_UPDATE = Statement("""
    UPDATE benefits SET
        description = :description, visibility = :visibility, properties = :properties, metadata = :metadata,
        modified_at = :now
    WHERE id = :id AND organization_id = :organization_id
""")
_DELETE = Statement("""
    UPDATE benefits SET deleted_at = :now, modified_at = :now WHERE id = :id AND organization_id = :organization_id
""")

# A sale and a change of what its product gives must see each other: whichever comes second waits for the first. A row
# of `product_benefits` that is new cannot be waited for, so the product is held before they are read.
_HOLD_PRODUCT = Statement(
    "SELECT id FROM products WHERE id = :product_id AND organization_id = :organization_id",
    postgres="SELECT id FROM products WHERE id = :product_id AND organization_id = :organization_id FOR KEY SHARE",
)
_OF_PRODUCT = f"""
    SELECT {_COLUMNS} FROM product_benefits l
    JOIN benefits b ON b.id = l.benefit_id AND b.organization_id = l.organization_id
    WHERE l.product_id = :product_id AND l.organization_id = :organization_id AND b.deleted_at IS NULL
    ORDER BY l.position
"""
_HOLD_OF_PRODUCT = Statement(_OF_PRODUCT, postgres=f"{_OF_PRODUCT} FOR SHARE OF b")
_LIST_ALSO_DELETED = Statement(
    *(
        f"SELECT {_COLUMNS} FROM benefits b WHERE {asked}"
        for asked in both(within("b.id", "ids"), within("b.organization_id", "organization_ids"))
    )
)
_COUNT_PRODUCTS = Statement(
    *(
        f"""
        SELECT l.benefit_id, count(*) AS products FROM product_benefits l
        WHERE l.organization_id = :organization_id AND {ids} GROUP BY l.benefit_id
        """
        for ids in within("l.benefit_id", "ids")
    )
)
_ADD_TO_PRODUCT = Statement("""
    INSERT INTO product_benefits (product_id, benefit_id, organization_id, position)
    VALUES (:product_id, :benefit_id, :organization_id, :position)
""")
_CLEAR_PRODUCT = Statement("""
    DELETE FROM product_benefits WHERE product_id = :product_id AND organization_id = :organization_id
""")
_CLEAR_BENEFIT = Statement("""
    DELETE FROM product_benefits WHERE benefit_id = :id AND organization_id = :organization_id
""")


class BenefitFilter(Struct, frozen=True):
    """What a list is asked for. Lists are JSON texts, None where nothing was asked."""

    organization_ids: str
    ids: str | None
    excluded_ids: str | None
    types: str | None
    query: str | None
    metadata: str


@lru_cache(maxsize=256)
def _list(order: str) -> Statement:
    """The list in an order that `lists.order_by` made from SORTING."""
    return Statement(
        *(
            f"""
            SELECT {_COLUMNS} FROM benefits b WHERE {asked}
            ORDER BY {order.replace(_USER_ORDER, place)} LIMIT :limit OFFSET :offset
            """
            for asked, place in zip(_ASKED, _PLACES, strict=True)
        )
    )


async def list_benefits(
    tx: Transaction, wanted: BenefitFilter, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of benefits and how many there are in all."""
    rows = await tx.all(_list(order), **asdict(wanted), limit=limit, offset=offset)
    return rows, (await tx.one(_COUNT, **asdict(wanted)))[0]


async def find_benefit(tx: Transaction, benefit_id: str, organization_ids: str) -> Row | None:
    """A benefit of one of these organizations that is not deleted."""
    return await tx.first(_FIND, id=benefit_id, organization_ids=organization_ids)


async def lock_benefit(tx: Transaction, benefit_id: str, organization_ids: str) -> Row | None:
    """The same, held until the transaction ends."""
    return await tx.first(_LOCK, id=benefit_id, organization_ids=organization_ids)


async def list_known(tx: Transaction, ids: Sequence[str], organization_id: str) -> frozenset[str]:
    """Those of these ids that are benefits of this organization."""
    rows = await tx.all(_LIST_KNOWN, ids=json.dumps(list(ids)), organization_id=organization_id)
    return frozenset(row["id"] for row in rows)


async def add_benefit(tx: Transaction, **columns: Any) -> None:
    """Store a new benefit; the columns are those of the table, `now` for created_at."""
    await tx.run(_ADD, **columns)


async def update_benefit(tx: Transaction, **columns: Any) -> None:
    """Replace what may change of a benefit."""
    await tx.run(_UPDATE, **columns)


async def delete_benefit(tx: Transaction, benefit_id: str, organization_id: str, now: int) -> None:
    """Delete a benefit and take it from every product. Its row stays."""
    await tx.run(_DELETE, id=benefit_id, organization_id=organization_id, now=now)
    await tx.run(_CLEAR_BENEFIT, id=benefit_id, organization_id=organization_id)


async def hold_of_product(tx: Transaction, product_id: str, organization_id: str) -> list[Row]:
    """The benefits of a product in their order, kept from changing until the transaction ends."""
    if tx.engine == "postgres":
        await tx.first(_HOLD_PRODUCT, product_id=product_id, organization_id=organization_id)
    return await hold_of_sold(tx, product_id, organization_id)


async def hold_of_sold(tx: Transaction, product_id: str, organization_id: str) -> list[Row]:
    """The same for a sale that was stored in this transaction: its reference to the product holds that already."""
    return await tx.all(_HOLD_OF_PRODUCT, product_id=product_id, organization_id=organization_id)


async def list_also_deleted(tx: Transaction, ids: Iterable[str], organization_ids: str) -> list[Row]:
    """The benefits with these ids, in no order, as what was given earlier still names them."""
    return await tx.all(_LIST_ALSO_DELETED, ids=json.dumps(sorted(set(ids))), organization_ids=organization_ids)


async def count_products(tx: Transaction, benefit_ids: Iterable[str], organization_id: str) -> dict[str, int]:
    """How many products give each of these benefits; those that none gives are left out."""
    rows = await tx.all(_COUNT_PRODUCTS, ids=json.dumps(sorted(benefit_ids)), organization_id=organization_id)
    return {row["benefit_id"]: row["products"] for row in rows}


async def replace_of_product(
    tx: Transaction, product_id: str, organization_id: str, benefit_ids: Sequence[str]
) -> None:
    """Give a product these benefits, in this order, and no others."""
    place = {"product_id": product_id, "organization_id": organization_id}
    await tx.run(_CLEAR_PRODUCT, **place)
    for position, benefit_id in enumerate(benefit_ids):
        await tx.run(_ADD_TO_PRODUCT, **place, benefit_id=benefit_id, position=position)

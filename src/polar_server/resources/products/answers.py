"""Rows of products and prices as the API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from polar_server.database import Row, Transaction
from polar_server.resource_server.benefits import Benefit, benefit_of
from polar_server.resource_server.files import File, file_of
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.files import queries as files
from polar_server.resources.products.schemas import CustomPrice, FixedPrice, Price, Product
from polar_server.resources.products.whole_queries import Whole, list_whole, named_benefit

_BENEFIT_ID = 2


async def products_of(tx: Transaction, rows: Sequence[Row], organization_ids: str, issuer: str) -> list[Product]:
    """The products with what belongs to them, in one statement, and one for their images when they have any."""
    found = await list_whole(tx, [row["id"] for row in rows], organization_ids) if rows else {}
    return await products_listed(tx, [found[row["id"]] for row in rows], organization_ids, issuer)


async def products_listed(tx: Transaction, found: Sequence[Whole], organization_ids: str, issuer: str) -> list[Product]:
    """The same, of products that were read with what belongs to them."""
    medias = await _medias_of(tx, found, organization_ids, issuer)
    # What several products give is made once.
    rows = {row[_BENEFIT_ID]: row for each in found for row in each.benefits}
    benefits = {benefit_id: benefit_of(named_benefit(row)) for benefit_id, row in rows.items()}
    return [_product(each, benefits, medias) for each in found]


async def _medias_of(
    tx: Transaction, found: Sequence[Whole], organization_ids: str, issuer: str
) -> dict[str, list[File]]:
    """The images of the products that have any."""
    texts = {each.product["id"]: each.product["medias"] for each in found if each.product["medias"] != "[]"}
    if not texts:
        return {}
    wanted = {product_id: msgspec.json.decode(text) for product_id, text in texts.items()}
    ids = {file_id for medias in wanted.values() for file_id in medias}
    shown = {
        file_id: file_of(row, issuer) for file_id, row in (await files.list_medias(tx, ids, organization_ids)).items()
    }
    return {product_id: [shown[each] for each in medias if each in shown] for product_id, medias in wanted.items()}


def _product(found: Whole, benefits: Mapping[str, Benefit], medias: Mapping[str, list[File]]) -> Product:
    # By place, which is cheaper than by name.
    product_id, organization_id, name, description, visibility, interval, trial_interval, metadata = found.product[1:9]
    created_at, modified_at, interval_count, trial_interval_count, _, _, is_archived, sold = found.product[10:]
    return Product(
        id=product_id,
        created_at=moment(created_at),
        modified_at=moment_or_none(modified_at),
        organization_id=organization_id,
        name=name,
        description=description,
        visibility=visibility,
        recurring_interval=interval,
        recurring_interval_count=interval_count,
        trial_interval=trial_interval,
        trial_interval_count=trial_interval_count,
        is_recurring=interval is not None,
        is_archived=bool(is_archived),
        is_deletable=not sold,
        metadata=msgspec.json.decode(metadata),
        prices=[_price(row) for row in found.prices],
        benefits=[benefits[row[_BENEFIT_ID]] for row in found.benefits],
        medias=medias.get(product_id, []),
    )


def _price(row: Row) -> Price:
    _, product_id, price_id, amount_type, currency, tax_behavior = row[:6]
    created_at, modified_at, amount, *limits = row[10:16]
    is_archived = False
    times = (moment(created_at), moment_or_none(modified_at))
    shared: tuple[Any, ...] = (price_id, *times, "catalog", currency, tax_behavior, is_archived, product_id)
    shape, rest = (FixedPrice, [amount]) if amount_type == "fixed" else (CustomPrice, limits)
    return shape(*shared, *rest)


def bare_members(row: Row) -> dict[str, Any]:
    """The members of a BareProduct from its row."""
    return {
        "id": row["id"],
        "created_at": moment(row["created_at"]),
        "modified_at": moment_or_none(row["modified_at"]),
        "organization_id": row["organization_id"],
        "name": row["name"],
        "description": row["description"],
        "visibility": row["visibility"],
        "recurring_interval": row["recurring_interval"],
        "recurring_interval_count": row["recurring_interval_count"],
        "trial_interval": row["trial_interval"],
        "trial_interval_count": row["trial_interval_count"],
        "is_recurring": row["recurring_interval"] is not None,
        "is_archived": bool(row["is_archived"]),
    }


def price_of(row: Row) -> Price:
    """A price as the API shows it."""
    shared = {
        "id": row["id"],
        "created_at": moment(row["created_at"]),
        "modified_at": moment_or_none(row["modified_at"]),
        "source": "catalog",
        "price_currency": row["price_currency"],
        "tax_behavior": row["tax_behavior"],
        "is_archived": bool(row["is_archived"]),
        "product_id": row["product_id"],
    }
    if row["amount_type"] == "fixed":
        return FixedPrice(**shared, price_amount=row["price_amount"])
    limits = {name: row[name] for name in ("minimum_amount", "maximum_amount", "preset_amount")}
    return CustomPrice(**shared, **limits)

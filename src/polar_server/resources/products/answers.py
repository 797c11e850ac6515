"""Rows of products and prices as the API shows them."""

import json
from collections.abc import Sequence

from polar_server.database import Row, Transaction
from polar_server.resource_server.benefits import Benefit, benefit_of
from polar_server.resource_server.files import File, file_of
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.benefits import queries as benefits
from polar_server.resources.files import queries as files
from polar_server.resources.products import queries
from polar_server.resources.products.schemas import CustomPrice, FixedPrice, Price, Product


async def products_of(tx: Transaction, rows: Sequence[Row], organization_ids: str, issuer: str) -> list[Product]:
    """The products with what belongs to them, in a statement for each kind of it however many products there are."""
    ids = [row["id"] for row in rows]
    prices = await queries.list_prices(tx, ids, organization_ids)
    sold = await queries.list_sold(tx, ids, organization_ids)
    given = await _benefits_of(tx, rows, organization_ids)
    medias = await _medias_of(tx, rows, organization_ids, issuer)
    return [
        _product(row, prices[row["id"]], given.get(row["id"], []), medias[row["id"]], deletable=row["id"] not in sold)
        for row in rows
    ]


async def _benefits_of(tx: Transaction, rows: Sequence[Row], organization_ids: str) -> dict[str, list[Benefit]]:
    ids = [row["id"] for row in rows if row["any_benefits"]]
    found = await benefits.list_of_products(tx, ids, organization_ids) if ids else {}
    return {product_id: [benefit_of(row) for row in given] for product_id, given in found.items()}


async def _medias_of(tx: Transaction, rows: Sequence[Row], organization_ids: str, issuer: str) -> dict[str, list[File]]:
    wanted = {row["id"]: json.loads(row["medias"]) for row in rows}
    ids = {file_id for medias in wanted.values() for file_id in medias}
    found = await files.list_medias(tx, ids, organization_ids) if ids else {}
    shown = {file_id: file_of(row, issuer) for file_id, row in found.items()}
    return {row_id: [shown[file_id] for file_id in medias if file_id in shown] for row_id, medias in wanted.items()}


def _product(row: Row, prices: Sequence[Row], given: list[Benefit], medias: list[File], *, deletable: bool) -> Product:
    return Product(
        id=row["id"],
        created_at=moment(row["created_at"]),
        modified_at=moment_or_none(row["modified_at"]),
        organization_id=row["organization_id"],
        name=row["name"],
        description=row["description"],
        visibility=row["visibility"],
        recurring_interval=row["recurring_interval"],
        recurring_interval_count=row["recurring_interval_count"],
        trial_interval=row["trial_interval"],
        trial_interval_count=row["trial_interval_count"],
        is_recurring=row["recurring_interval"] is not None,
        is_archived=bool(row["is_archived"]),
        is_deletable=deletable,
        metadata=json.loads(row["metadata"]),
        prices=[price_of(price) for price in prices],
        benefits=given,
        medias=medias,
    )


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

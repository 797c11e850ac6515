"""Rows of products and prices as the API shows them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from polar_server.database import Row, Transaction
from polar_server.resource_server.benefits import benefit_of
from polar_server.resource_server.files import File, file_of
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.files import queries as files
from polar_server.resources.products import queries
from polar_server.resources.products.schemas import CustomPrice, FixedPrice, Price, Product

# Not strict: times are epoch seconds, and SQLite's booleans 0 and 1.
_PRICES = msgspec.json.Decoder(list[Price], strict=False)


async def products_of(tx: Transaction, rows: Sequence[Row], organization_ids: str, issuer: str) -> list[Product]:
    """The products with what belongs to them, in one statement, and one for their images when they have any."""
    contents = await queries.list_contents(tx, [row["id"] for row in rows], organization_ids) if rows else {}
    medias = await _medias_of(tx, rows, organization_ids, issuer)
    return [_product(row, contents[row["id"]], medias[row["id"]]) for row in rows]


async def products_listed(tx: Transaction, rows: Sequence[Row], organization_ids: str, issuer: str) -> list[Product]:
    """The same, of rows from `list_queries.list_products`, which bring with them what belongs to them."""
    medias = await _medias_of(tx, rows, organization_ids, issuer)
    return [_product(row, row, medias[row["id"]]) for row in rows]


async def _medias_of(tx: Transaction, rows: Sequence[Row], organization_ids: str, issuer: str) -> dict[str, list[File]]:
    wanted = {row["id"]: msgspec.json.decode(row["medias"]) for row in rows}
    ids = {file_id for medias in wanted.values() for file_id in medias}
    found = await files.list_medias(tx, ids, organization_ids) if ids else {}
    shown = {file_id: file_of(row, issuer) for file_id, row in found.items()}
    return {row_id: [shown[file_id] for file_id in medias if file_id in shown] for row_id, medias in wanted.items()}


def _product(row: Row, contents: Row, medias: list[File]) -> Product:
    return Product(
        **bare_members(row),
        is_deletable=not contents["sold"],
        metadata=msgspec.json.decode(row["metadata"]),
        prices=_PRICES.decode(contents["prices"] or "[]"),
        benefits=[benefit_of(benefit) for benefit in msgspec.json.decode(contents["benefits"] or "[]")],
        medias=medias,
    )


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

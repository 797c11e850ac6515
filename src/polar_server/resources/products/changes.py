"""Making and changing products."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import UNSET

from polar_server.database import Row, Transaction
from polar_server.resource_server.bodies import issue_of
from polar_server.resource_server.errors import Issue, RequestValidationError
from polar_server.resource_server.metadata import check_metadata
from polar_server.resources.benefit_grants import queries as grants
from polar_server.resources.benefits import queries as benefits
from polar_server.resources.files import queries as files
from polar_server.resources.products import queries
from polar_server.resources.products.rules import check_interval, check_prices, check_trial, columns_of
from polar_server.resources.products.schemas import (
    CustomPriceCreate,
    FixedPriceCreate,
    PriceCreate,
    ProductCreate,
    ProductUpdate,
)

_CHANGEABLE = ("name", "description", "visibility", "is_archived", "trial_interval", "trial_interval_count")
_NEVER_NULL = ("name", "visibility", "is_archived")


async def create_product(tx: Transaction, new: ProductCreate, organization_id: str, now: int) -> str:
    """Store a product with its prices; its id. Raises RequestValidationError."""
    recurring_count = new.recurring_interval_count or (1 if new.recurring_interval else None)
    check_interval(new.recurring_interval, recurring_count, "recurring_interval")
    check_interval(new.trial_interval, new.trial_interval_count, "trial_interval")
    check_trial(new.recurring_interval, new.trial_interval)
    check_prices(new.prices)
    product_id = str(uuid4())
    await queries.add_product(
        tx,
        id=product_id,
        organization_id=organization_id,
        name=new.name,
        description=new.description,
        visibility=new.visibility,
        recurring_interval=new.recurring_interval,
        recurring_interval_count=recurring_count,
        trial_interval=new.trial_interval,
        trial_interval_count=new.trial_interval_count,
        metadata=check_metadata(new.metadata),
        medias=await _medias(tx, new.medias or [], organization_id),
        now=now,
    )
    await _add_prices(tx, list(enumerate(new.prices)), product_id, organization_id, now)
    return product_id


async def update_product(tx: Transaction, current: Row, changes: ProductUpdate, now: int) -> None:
    """Change what was sent; what was left out stays. Raises RequestValidationError."""
    _refuse_new_interval(current, changes)
    columns = {name: current[name] for name in _CHANGEABLE} | _sent(changes)
    columns["is_archived"] = bool(columns["is_archived"])
    check_interval(columns["trial_interval"], columns["trial_interval_count"], "trial_interval")
    check_trial(current["recurring_interval"], columns["trial_interval"])
    metadata = current["metadata"] if changes.metadata is UNSET else check_metadata(changes.metadata)
    place = {"id": current["id"], "organization_id": current["organization_id"], "now": now}
    medias = current["medias"]
    if isinstance(changes.medias, list):
        medias = await _medias(tx, changes.medias, current["organization_id"])
    await queries.update_product(tx, **place, **columns, metadata=metadata, medias=medias)
    if changes.prices is not UNSET and changes.prices is not None:
        await _replace_prices(tx, current, changes.prices, now)


async def replace_benefits(tx: Transaction, current: Row, ids: Sequence[str], now: int) -> None:
    """Give the product these benefits and no others. Raises RequestValidationError for what is none of ours."""
    product_id, organization_id = current["id"], current["organization_id"]
    known = await benefits.list_known(tx, ids, organization_id) if ids else frozenset()
    for index, benefit_id in enumerate(ids):
        if benefit_id not in known:
            raise RequestValidationError(
                [Issue(("body", "benefits", index), "There is no such benefit.", input=benefit_id)]
            )
    await benefits.replace_of_product(tx, product_id, organization_id, list(dict.fromkeys(ids)))
    await grants.ask_for_product(tx, product_id, organization_id, now)
    await queries.touch_product(tx, product_id, organization_id, now)


async def _medias(tx: Transaction, ids: Sequence[str], organization_id: str) -> str:
    """The images of a product as they are stored. Raises RequestValidationError for what is none of ours."""
    known = await files.list_medias(tx, ids, json.dumps([organization_id])) if ids else {}
    for index, file_id in enumerate(ids):
        if file_id not in known:
            raise RequestValidationError([Issue(("body", "medias", index), "There is no such image.", input=file_id)])
    return json.dumps(list(dict.fromkeys(ids)))


def _sent(changes: ProductUpdate) -> dict[str, Any]:
    sent = {name: getattr(changes, name) for name in _CHANGEABLE if getattr(changes, name) is not UNSET}
    # The published clients send null for what they do not change; only a description or a trial can really be none.
    return {name: value for name, value in sent.items() if value is not None or name not in _NEVER_NULL}


def _refuse_new_interval(current: Row, changes: ProductUpdate) -> None:
    for name in ("recurring_interval", "recurring_interval_count"):
        sent = getattr(changes, name)
        if sent not in (UNSET, None, current[name]):
            raise RequestValidationError(
                [Issue(("body", name), "The interval of a product cannot change.", input=sent)]
            )


async def _replace_prices(tx: Transaction, current: Row, sent: Sequence[dict[str, Any]], now: int) -> None:
    """The new list: `{"id"}` keeps a price, anything else is a new one, and what is left out is archived."""
    product_id, organization_id = current["id"], current["organization_id"]
    present = (await queries.list_prices(tx, [product_id], json.dumps([organization_id])))[product_id]
    by_id = {row["id"]: row for row in present}
    added = [(number, _new_price(price, number)) for number, price in enumerate(sent) if "id" not in price]
    kept = [_known(price["id"], by_id, number) for number, price in enumerate(sent) if "id" in price]
    check_prices([*(_as_sent(row) for row in kept), *(price for _, price in added)])
    await queries.archive_prices(tx, product_id, organization_id, [row["id"] for row in kept], now)
    await _add_prices(tx, added, product_id, organization_id, now)


def _known(price_id: Any, by_id: dict[str, Row], number: int) -> Row:
    row = by_id.get(price_id) if isinstance(price_id, str) else None
    if row is None:
        raise RequestValidationError([Issue(("body", "prices", number, "id"), "The product has no such price.")])
    return row


def _new_price(price: dict[str, Any], number: int) -> PriceCreate:
    try:
        return msgspec.convert(price, PriceCreate)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        issue = issue_of(error)
        place = ("body", "prices", number, *issue.loc[1:])
        raise RequestValidationError([Issue(place, issue.msg, issue.type)]) from error


def _as_sent(row: Row) -> PriceCreate:
    currency, tax = row["price_currency"], row["tax_behavior"]
    if row["amount_type"] == "fixed":
        return FixedPriceCreate(row["price_amount"], currency, tax)
    return CustomPriceCreate(row["minimum_amount"], row["maximum_amount"], row["preset_amount"], currency, tax)


async def _add_prices(
    tx: Transaction, prices: Sequence[tuple[int, PriceCreate]], product_id: str, organization_id: str, now: int
) -> None:
    for position, price in prices:
        place = {"product_id": product_id, "organization_id": organization_id, "position": position, "now": now}
        await queries.add_price(tx, columns_of(price), id=str(uuid4()), **place)

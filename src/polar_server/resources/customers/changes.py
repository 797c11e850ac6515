"""Making, changing and deleting customers."""

import json
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import UNSET

from polar_server.database import Row, Transaction
from polar_server.payments import Card
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.errors import invalid
from polar_server.resource_server.events import record_event
from polar_server.resource_server.metadata import check_metadata
from polar_server.resources.customers import queries
from polar_server.resources.customers.answers import address_of
from polar_server.resources.customers.payment_method_queries import add_customer_with_card
from polar_server.resources.customers.rules import check_email, check_no_owner, check_still, check_tax_id
from polar_server.resources.customers.schemas import (
    CustomerCreate,
    CustomerState,
    CustomerUpdate,
    CustomerUpdateExternalID,
)
from polar_server.resources.customers.state import state_of

_KEPT = ("type", "email", "email_verified", "external_id", "name", "billing_address", "locale", "metadata")


async def tell_state(tx: Transaction, organization_id: str, customer_id: str, now: int) -> None:
    """Record what a customer has now. Called once at the end of whatever changed it."""
    row = await queries.find_customer_also_deleted(tx, customer_id, json.dumps([organization_id]))
    assert row is not None, "only a customer of this organization changes"
    await tell_state_of(tx, row, now)


async def tell_state_of(tx: Transaction, row: Row, now: int) -> None:
    """The same, by who has the customer's row as it is now."""
    await tell_known_state(tx, await state_of(tx, row), now)


async def tell_known_state(tx: Transaction, state: CustomerState, now: int) -> None:
    """The same, by who knows all that the customer has."""
    await record_event(tx, state.organization_id, "customer.state_changed", state, now)


async def create_customer(
    tx: Transaction, new: CustomerCreate, organization_id: str, now: int, card: Card | None = None
) -> Row:
    """Store a customer, with the card that pays for the first sale; the row.

    Raises RequestValidationError, and UniqueViolation, here or later.
    """
    check_no_owner(new.owner)
    columns: dict[str, Any] = {
        "id": str(uuid4()),
        "organization_id": organization_id,
        "type": new.type,
        "email": check_email(new.email, new.type),
        "external_id": new.external_id,
        "name": new.name,
        "billing_address": _kept(new.billing_address),
        "locale": new.locale,
        "metadata": check_metadata(new.metadata),
        "now": now,
        **check_tax_id(new.tax_id, new.billing_address),
    }
    if card is None:
        return await queries.add_customer(tx, **columns)
    return await add_customer_with_card(tx, card, **columns)


async def update_customer(tx: Transaction, current: Row, sent: CustomerUpdateExternalID, now: int) -> Row:
    """Change what was sent; what was left out stays. The row. Raises RequestValidationError, UniqueViolation."""
    columns = {name: current[name] for name in _KEPT}
    columns["email_verified"] = bool(current["email_verified"])
    if isinstance(sent, CustomerUpdate):
        columns |= _identity(current, sent)
    columns |= _email(current, sent, columns["type"])
    columns |= {name: value for name in ("name", "locale") if (value := getattr(sent, name)) is not UNSET}
    if sent.metadata is not UNSET:
        columns["metadata"] = check_metadata(sent.metadata)
    columns |= _billing(current, sent)
    place = {"id": current["id"], "organization_id": current["organization_id"]}
    return await queries.update_customer(tx, **place, now=now, **columns)


def _identity(current: Row, sent: CustomerUpdate) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if sent.external_id is not UNSET:
        check_still(current, "external_id", sent.external_id, "An external id that is set cannot change.")
        changed["external_id"] = sent.external_id
    if sent.type not in (UNSET, None):
        if current["type"] == "team":
            check_still(current, "type", sent.type, "A team cannot become an individual.")
        changed["type"] = sent.type
    return changed


def _email(current: Row, sent: CustomerUpdateExternalID, kind: str) -> dict[str, Any]:
    """A null clears the address of a team, and means nothing for an individual, who always has one."""
    if sent.email is UNSET or (sent.email is None and kind == "individual"):
        return {}
    email = check_email(sent.email, kind)
    return {"email": email, "email_verified": bool(current["email_verified"]) and email == current["email"]}


def _billing(current: Row, sent: CustomerUpdateExternalID) -> dict[str, Any]:
    """Address and tax id, which must fit each other also when only one of them is sent."""
    address = address_of(current)
    if sent.billing_address is None and address is not None:
        raise invalid("billing_address", "A billing address that is set can change, but not be removed.")
    if isinstance(sent.billing_address, Address):
        address = sent.billing_address
    number = current["tax_id"] if sent.tax_id is UNSET else sent.tax_id
    return {"billing_address": _kept(address), **check_tax_id(number, address)}


def _kept(address: Address | None) -> str | None:
    return None if address is None else msgspec.json.encode(address).decode()

"""Who buys: the customer that a checkout is for, found or made, and never somebody else's."""

import json
from typing import Any

import msgspec
from msgspec import UNSET

from polar_server.database import Row, Transaction
from polar_server.payments import Card
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.errors import invalid
from polar_server.resource_server.events import record_event
from polar_server.resources.checkouts import queries
from polar_server.resources.checkouts.creating import ACTIVE
from polar_server.resources.checkouts.refusals import AlreadyActiveSubscriptionError, TrialAlreadyRedeemed
from polar_server.resources.checkouts.terms import Terms
from polar_server.resources.customers import changes
from polar_server.resources.customers import queries as customers
from polar_server.resources.customers.answers import customer_of
from polar_server.resources.customers.schemas import CustomerCreate, CustomerUpdate
from polar_server.resources.organizations import queries as organizations
from polar_server.resources.organizations.answers import settings_of
from polar_server.resources.subscriptions import queries as subscriptions


async def find_buyer(tx: Transaction, checkout: Row, columns: dict[str, Any]) -> Row | None:
    """The customer, held until the transaction ends; None for a new one. Raises RequestValidationError."""
    organization_id = checkout["organization_id"]
    reach = json.dumps([organization_id])
    if (named := await _named(tx, checkout, columns, reach)) is not None:
        return await customers.lock_customer(tx, named, reach)
    same = await customers.lock_by_email(tx, organization_id, columns["customer_email"])
    if same is not None and checkout["external_customer_id"] is not None:
        # Whoever types another customer's address must not become that customer in the organization's own system.
        raise invalid("customer_email", "Another customer has this email address. Use a different one.")
    return same


async def _named(tx: Transaction, checkout: Row, columns: dict[str, Any], reach: str) -> str | None:
    """The customer that the organization named; one that was deleted since then is a new one."""
    if columns["customer_id"] is not None:
        found = await customers.find_customer(tx, columns["customer_id"], reach)
        return None if found is None else found["id"]
    if checkout["external_customer_id"] is None:
        return None
    same = await customers.find_customers_by_external_id(tx, checkout["external_customer_id"], reach)
    return same[0]["id"] if same else None


async def check_buyer(tx: Transaction, checkout: Row, buyer: Row | None, terms: Terms) -> None:
    """What each customer may have once. Raises AlreadyActiveSubscriptionError, TrialAlreadyRedeemed."""
    if buyer is None or not terms.is_recurring:
        return
    organization_id = checkout["organization_id"]
    organization = await organizations.find_organization(tx, organization_id, json.dumps([organization_id]))
    assert organization is not None, "a checkout has its organization"
    settings = settings_of(organization).subscription_settings
    if not settings.allow_multiple_subscriptions:
        held = await subscriptions.lock_of_customer(tx, buyer["id"], organization_id)
        if any(row["status"] in ACTIVE and row["id"] != checkout["subscription_id"] for row in held):
            raise AlreadyActiveSubscriptionError("There is an active subscription with this email address already.")
    if settings.prevent_trial_abuse and terms.trial and await queries.had_trial(tx, buyer["id"], organization_id):
        raise TrialAlreadyRedeemed("The free trial was used already with this email address.")


async def make_buyer(tx: Transaction, checkout: Row, columns: dict[str, Any], card: Card | None, now: int) -> Row:
    """Make the customer, who has this card from now on."""
    organization_id = checkout["organization_id"]
    row = await changes.create_customer(tx, _new(checkout, columns), organization_id, now, card)
    await record_event(tx, organization_id, "customer.created", customer_of(row), now)
    return row


async def keep_buyer(tx: Transaction, checkout: Row, buyer: Row, columns: dict[str, Any], now: int) -> Row:
    """Fill in what was not known of a customer; what was known stays, since anybody can type."""
    organization_id = checkout["organization_id"]
    missing = _missing(checkout, buyer, columns)
    if not missing:
        return buyer
    row = await changes.update_customer(tx, buyer, CustomerUpdate(**missing), now)
    await record_event(tx, organization_id, "customer.updated", customer_of(row), now)
    return row


def _new(checkout: Row, columns: dict[str, Any]) -> CustomerCreate:
    return CustomerCreate(
        email=columns["customer_email"],
        external_id=checkout["external_customer_id"],
        name=columns["customer_name"],
        billing_address=_address(columns),
        tax_id=columns["customer_tax_id"],
        locale=columns["locale"],
        metadata=json.loads(columns["customer_metadata"]),
    )


def _missing(checkout: Row, buyer: Row, columns: dict[str, Any]) -> dict[str, Any]:
    given = {"name": columns["customer_name"], "locale": columns["locale"]}
    given["external_id"] = checkout["external_customer_id"]
    if buyer["billing_address"] is None and (address := _address(columns)) is not None:
        given |= {"billing_address": address, "tax_id": columns["customer_tax_id"] or UNSET}
    return {
        name: value
        for name, value in given.items()
        if value is not None and (name in ("billing_address", "tax_id") or buyer[name] is None)
    }


def _address(columns: dict[str, Any]) -> Address | None:
    kept = columns["customer_billing_address"]
    return None if kept is None else msgspec.json.decode(kept, type=Address)

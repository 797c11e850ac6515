"""Making a checkout: what is for sale, to whom, and where the customer goes afterwards."""

import json
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import UNSET

from polar_server.accounts.fields import normalized_email
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.oauth import tokens
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.errors import Issue, RequestValidationError, invalid
from polar_server.resources.checkouts import queries
from polar_server.resources.checkouts.editing import changed_columns
from polar_server.resources.checkouts.schemas import CheckoutCreate
from polar_server.resources.checkouts.terms import choose_amount, choose_price
from polar_server.resources.customers import queries as customers
from polar_server.resources.organizations import queries as organizations
from polar_server.resources.organizations.answers import CURRENCY
from polar_server.resources.products import queries as products
from polar_server.resources.subscriptions import queries as subscriptions

LIFETIME = 86_400
"""Seconds that a checkout waits."""
ACTIVE = ("trialing", "active", "past_due")

_OF_CUSTOMER = {
    "customer_name": "name",
    "customer_email": "email",
    "customer_billing_name": "billing_name",
    "customer_billing_address": "billing_address",
    "customer_tax_id": "tax_id",
    "locale": "locale",
}
_USUAL: dict[str, Any] = {
    **dict.fromkeys(queries.CHANGEABLE),
    "allow_trial": True,
    "allow_discount_codes": True,
    "require_billing_address": False,
    "is_business_customer": False,
    "customer_metadata": "{}",
    "metadata": "{}",
}
_ADDED = frozenset(queries.CHANGEABLE) - {"status", "step", "order_id", "succeeded_at"}


async def create_checkout(
    tx: Transaction, server: AuthorizationServer, caller: Caller, new: CheckoutCreate, scope: str, now: int
) -> Row:
    """Store a checkout; its row. Raises RequestValidationError, and NotPermitted for the role."""
    sold = await _sold(tx, new, caller)
    organization_id = sold[0]["organization_id"]
    caller.require(organization_id, scope)
    reach = json.dumps([organization_id])
    upgraded = await _upgraded(tx, new, reach)
    named = await _named_customer(tx, new, upgraded, reach)
    first = {**_USUAL, **await _first_choice(tx, sold, new, reach), **_known(new, named)}
    first |= {"organization_id": organization_id, "product_ids": json.dumps([row["id"] for row in sold])}
    first["subscription_id"] = None if upgraded is None else upgraded["id"]
    if first["customer_email"] is not None:
        # The address on file wins: it is the customer's, and may have changed since the app learned it.
        new = msgspec.structs.replace(new, customer_email=UNSET)
    columns = await changed_columns(tx, first, new)
    return await _stored(tx, server, columns | {name: first[name] for name in _PLACE}, now)


_PLACE = ("organization_id", "product_ids", "external_customer_id")


async def _stored(tx: Transaction, server: AuthorizationServer, columns: dict[str, Any], now: int) -> Row:
    checkout_id, organization_id = str(uuid4()), columns["organization_id"]
    kept = {name: columns[name] for name in (*_ADDED, *_PLACE)}
    await queries.add_checkout(
        tx,
        id=checkout_id,
        secret_id=tokens.new_id(int(server.clock() * 1000), server.entropy(tokens.ID_BYTES)),
        key_id=server.server_keys.key_id,
        **kept,
        now=now,
        expires_at=now + LIFETIME,
    )
    row = await queries.find_checkout(tx, checkout_id, json.dumps([organization_id]))
    assert row is not None, "it was stored a moment ago"
    return row


async def _sold(tx: Transaction, new: CheckoutCreate, caller: Caller) -> list[Row]:
    """The products in their order: there, of one organization, and for sale."""
    found = await products.hold_products_by_ids(tx, new.products, caller.reach())
    sold: list[Row] = []
    for index, product_id in enumerate(dict.fromkeys(new.products)):
        row = found.get(product_id)
        if row is None or (sold and row["organization_id"] != sold[0]["organization_id"]):
            raise _wrong_product(index, "There is no such product.", product_id)
        if row["is_archived"]:
            raise _wrong_product(index, "This product is archived.", product_id)
        sold.append(row)
    return sold


def _wrong_product(index: int, msg: str, product_id: str) -> RequestValidationError:
    return RequestValidationError([Issue(("body", "products", index), msg, "value_error", product_id)])


async def _first_choice(tx: Transaction, sold: list[Row], new: CheckoutCreate, reach: str) -> dict[str, Any]:
    """The first product in the organization's currency, until something else is asked for."""
    organization = await organizations.find_organization(tx, sold[0]["organization_id"], reach)
    assert organization is not None, "a product has its organization"
    preferred = organization["default_presentment_currency"] or CURRENCY
    asked = new.currency if isinstance(new.currency, str) else None
    prices = await products.list_prices(tx, [sold[0]["id"]], reach)
    price = choose_price(prices[sold[0]["id"]], asked, preferred)
    return {
        "product_id": sold[0]["id"],
        "product_price_id": price["id"],
        "currency": price["price_currency"],
        "amount": choose_amount(price, None),
    }


def _known(new: CheckoutCreate, named: Row | None) -> dict[str, Any]:
    """What is known of the customer that the organization names."""
    if named is None:
        return {"external_customer_id": new.external_customer_id}
    known = {name: named[column] for name, column in _OF_CUSTOMER.items()}
    external_id = named["external_id"] or new.external_customer_id
    return {"customer_id": named["id"], "external_customer_id": external_id, **known}


async def _named_customer(tx: Transaction, new: CheckoutCreate, upgraded: Row | None, reach: str) -> Row | None:
    if new.customer_id is not None and new.external_customer_id is not None:
        raise invalid("external_customer_id", "Name the customer by one of its ids.")
    named = await _customer(tx, new, reach)
    if upgraded is None:
        return named
    if named is not None and named["id"] != upgraded["customer_id"]:
        raise _no_subscription(new)
    return await customers.find_customer(tx, upgraded["customer_id"], reach)


async def _customer(tx: Transaction, new: CheckoutCreate, reach: str) -> Row | None:
    if new.customer_id is not None:
        row = await customers.find_customer(tx, new.customer_id, reach)
        if row is None:
            raise invalid("customer_id", "There is no such customer.", "value_error", new.customer_id)
        return row
    if new.external_customer_id is None:
        return None
    found = await customers.find_customers_by_external_id(tx, new.external_customer_id, reach)
    return found[0] if found else await _by_email(tx, new, reach)


async def _by_email(tx: Transaction, new: CheckoutCreate, reach: str) -> Row | None:
    """The customer who bought before the organization gave external ids: it says itself that they are the same."""
    email = normalized_email(new.customer_email) if isinstance(new.customer_email, str) else None
    customer_id = None if email is None else await queries.find_customer_id(tx, json.loads(reach)[0], email)
    row = None if customer_id is None else await customers.find_customer(tx, customer_id, reach)
    if row is not None and row["external_id"] is not None:
        raise invalid("customer_email", "Another customer of this organization has this email address.")
    return row


async def _upgraded(tx: Transaction, new: CheckoutCreate, reach: str) -> Row | None:
    """The subscription whose place the new one takes: alive and free."""
    if new.subscription_id is None:
        return None
    row = await subscriptions.find_subscription(tx, new.subscription_id, reach)
    if row is None or row["status"] not in ACTIVE:
        raise _no_subscription(new)
    if row["amount"] > 0:
        raise invalid("subscription_id", "Only a free subscription is upgraded by a checkout; update it instead.")
    return row


def _no_subscription(new: CheckoutCreate) -> RequestValidationError:
    return invalid("subscription_id", "There is no such active subscription.", "value_error", new.subscription_id)

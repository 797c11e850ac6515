"""Changing an open checkout: what was sent becomes the new columns, what was left out stays."""

import json
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from polar_server.database import Row, Transaction
from polar_server.resource_server.errors import invalid
from polar_server.resource_server.metadata import check_metadata
from polar_server.resources.checkouts import rules
from polar_server.resources.checkouts.answers import address_of, product_ids_of, status_of
from polar_server.resources.checkouts.queries import CHANGEABLE
from polar_server.resources.checkouts.refusals import CheckoutLocked, ExpiredCheckoutError, NotOpenCheckout
from polar_server.resources.checkouts.terms import choose_amount, choose_price
from polar_server.resources.products import queries as products
from polar_server.resources.products.rules import check_interval

_PLAIN = ("customer_name", "customer_billing_name", "locale", "success_url", "return_url", "embed_origin")
_FLAGS = ("is_business_customer", "allow_discount_codes", "require_billing_address", "allow_trial")
_METADATA = ("metadata", "customer_metadata")
_TRIAL = ("trial_interval", "trial_interval_count")


def columns_of(row: Row) -> dict[str, Any]:
    """What may change of a checkout, as it is."""
    columns = {name: row[name] for name in CHANGEABLE}
    return columns | {name: bool(columns[name]) for name in _FLAGS}


def require_open(row: Row, now: int) -> None:
    """Raises ExpiredCheckoutError, CheckoutLocked, NotOpenCheckout."""
    match status_of(row, now):
        case "open":
            return
        case "expired":
            raise ExpiredCheckoutError("This checkout has expired. Ask for a new one.")
        case "confirmed":
            raise CheckoutLocked("A payment is under way: the bank asks its customer to confirm it.")
        case "succeeded":
            raise NotOpenCheckout("This checkout was paid already.")
    raise NotOpenCheckout("This checkout is closed.")


async def changed_columns(tx: Transaction, row: Row, sent: Struct) -> dict[str, Any]:
    """The new columns of a checkout. Raises RequestValidationError, naming the member that cannot be."""
    rules.refuse_what_is_not_here(sent)
    given = {name: value for name in sent.__struct_fields__ if (value := getattr(sent, name)) is not UNSET}
    columns = columns_of(row) | {name: given[name] for name in _PLAIN if name in given}
    columns |= {name: given[name] for name in _FLAGS if given.get(name) is not None}
    columns |= {name: check_metadata(given[name]) for name in _METADATA if given.get(name) is not None}
    columns |= _checked_texts(columns, given)
    columns |= _trial(columns, given)
    columns |= _email(row, given)
    columns |= _billing(row, given)
    return columns | await _choice(tx, row, given)


def _checked_texts(columns: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    for name in ("success_url", "return_url"):
        rules.check_url(name, columns[name])
    rules.check_origin(columns["embed_origin"])
    if "customer_ip_address" in given:
        return {"customer_ip_address": rules.check_ip_address(given["customer_ip_address"])}
    return {}


def _trial(columns: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    trial = {name: given.get(name, columns[name]) for name in _TRIAL}
    check_interval(trial["trial_interval"], trial["trial_interval_count"], "trial_interval")
    return trial


def _email(row: Row, given: dict[str, Any]) -> dict[str, Any]:
    """The address of a customer that the organization named stays: else a stranger could take over what they buy."""
    if "customer_email" not in given:
        return {}
    email = rules.check_email(given["customer_email"])
    if row["customer_id"] is None:
        return {"customer_email": email}
    if email not in (None, row["customer_email"]):
        raise invalid("customer_email", "This checkout is for one customer, whose address stays.", "value_error", email)
    return {}


def _billing(row: Row, given: dict[str, Any]) -> dict[str, Any]:
    """Address and tax id, which must fit each other also when only one of them is sent."""
    if "customer_billing_address" not in given and "customer_tax_id" not in given:
        return {}
    address = given.get("customer_billing_address", address_of(row))
    number = rules.check_tax_id(given.get("customer_tax_id", row["customer_tax_id"]), address)
    kept = None if address is None else msgspec.json.encode(address).decode()
    return {"customer_billing_address": kept, "customer_tax_id": number}


async def _choice(tx: Transaction, row: Row, given: dict[str, Any]) -> dict[str, Any]:
    """Product, price and amount."""
    product_id, price_id = given.get("product_id"), given.get("product_price_id")
    currency, amount = given.get("currency"), given.get("amount")
    if product_id is price_id is currency is amount is None:
        return {}
    if product_id not in (None, *product_ids_of(row)):
        raise invalid("product_id", "This product is not one of the checkout's.", "value_error", product_id)
    price = await _price(tx, row, product_id, price_id, currency)
    if amount is None and price["id"] == row["product_price_id"]:
        amount = row["amount"]
    return {
        "product_id": price["product_id"],
        "product_price_id": price["id"],
        "currency": price["price_currency"],
        "amount": choose_amount(price, amount),
    }


async def _price(tx: Transaction, row: Row, product_id: str | None, price_id: str | None, currency: str | None) -> Row:
    """The price asked for, by itself or by product and currency; else the present one, also when it is archived."""
    reach = json.dumps([row["organization_id"]])
    wanted = product_ids_of(row) if product_id is None else [product_id]
    prices = await products.list_prices(tx, wanted, reach)
    if price_id is not None:
        by_id = {price["id"]: price for found in prices.values() for price in found}
        if price_id not in by_id:
            raise invalid("product_price_id", "This price is not one of the checkout's.", "value_error", price_id)
        return by_id[price_id]
    if product_id in (None, row["product_id"]) and currency in (None, row["currency"]):
        return (await products.list_prices_by_ids(tx, [row["product_price_id"]], reach))[row["product_price_id"]]
    return choose_price(prices[product_id or row["product_id"]], currency, row["currency"])

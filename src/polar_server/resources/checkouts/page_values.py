"""What the pages of a checkout show, gathered from its rows."""

import json
from dataclasses import dataclass
from typing import Any

from polar_server import payments
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.countries import NAMES
from polar_server.resource_server.money import decimal, digits_of, money
from polar_server.resources.benefit_grants.granting import Sale
from polar_server.resources.benefit_grants.showing import Given, list_given
from polar_server.resources.checkouts import wording
from polar_server.resources.checkouts.answers import Catalog, address_of, catalog_of, needs_address, product_ids_of
from polar_server.resources.checkouts.terms import choose_price
from polar_server.resources.customers import payment_method_queries
from polar_server.resources.orders import queries as orders
from polar_server.resources.orders.documents import address_of_document
from polar_server.resources.organizations import queries as organizations
from polar_server.resources.organizations.answers import settings_of
from polar_server.resources.products import queries as products
from polar_server.resources.subscriptions import queries as subscriptions


@dataclass(frozen=True, slots=True)
class Seller:
    """The organization whose page it is."""

    name: str
    slug: str
    avatar_url: str | None
    is_test: bool
    embed_hosts: list[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """A product to choose, in words."""

    id: str
    name: str
    description: str | None
    image: str | None
    benefits: list[str]
    price: str


@dataclass(frozen=True, slots=True)
class Bought:
    """What was sold, in words; times are epoch seconds."""

    product: str
    image: str | None
    paid: str
    paid_at: int
    invoice_number: str
    email: str
    card: str | None
    receipt_url: str
    renews_at: int | None
    trial_ends_at: int | None
    renewal: str
    given: list[Given]


async def seller_of(tx: Transaction, row: Row) -> Seller:
    """Who sells."""
    organization_id = row["organization_id"]
    found = await organizations.find_organization(tx, organization_id, json.dumps([organization_id]))
    assert found is not None, "a checkout has its organization"
    hosts = settings_of(found).embed_hosts
    return Seller(found["name"], found["slug"], found["avatar_url"], bool(found["is_test"]), hosts)


async def values_of_form(tx: Transaction, server: AuthorizationServer, row: Row) -> dict[str, Any]:
    """The values of the page on which a customer pays."""
    reach = json.dumps([row["organization_id"]])
    catalog = await catalog_of(tx, [row], reach, server)
    terms, product = catalog.terms(row), catalog.rows[row["product_id"]]
    price = catalog.prices[row["product_price_id"]]
    is_custom = price["amount_type"] == "custom"
    return {
        "seller": await seller_of(tx, row),
        "offers": await _offers(tx, catalog, row, reach),
        "product_id": row["product_id"],
        "terms": wording.terms_words(terms, product, row["currency"]),
        "total": money(terms.due_now, row["currency"]),
        # Who decides on the amount may still decide to pay something.
        "is_card_required": terms.is_card_required or is_custom,
        "needs_address": needs_address(row),
        "is_business": bool(row["is_business_customer"]),
        "email_is_fixed": row["customer_id"] is not None and row["customer_email"] is not None,
        "limits": wording.limits_words(price) if is_custom else None,
        "currency": row["currency"].upper(),
        "whole": digits_of(row["currency"]) == 0,
        "button": wording.button_words(terms, row["currency"], is_custom=is_custom),
        "test_cards": payments.TEST_CARDS,
        "countries": NAMES,
        "return_url": row["return_url"],
        "form": typed_before(row, is_custom=is_custom),
    }


def typed_before(row: Row, *, is_custom: bool) -> dict[str, str]:
    """What the fields hold when the page is opened."""
    address = address_of(row)
    parts = {} if address is None else {name: getattr(address, name) or "" for name in address.__struct_fields__}
    return {
        "email": row["customer_email"] or "",
        "name": row["customer_name"] or "",
        "billing_name": row["customer_billing_name"] or "",
        "tax_id": row["customer_tax_id"] or "",
        "amount": decimal(row["amount"], row["currency"]) if is_custom else "",
        **parts,
    }


async def bought_of(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Bought:
    """What was sold in a checkout that succeeded."""
    organization_id = row["organization_id"]
    reach = json.dumps([organization_id])
    catalog = await catalog_of(tx, [row], reach, server)
    product = catalog.rows[row["product_id"]]
    order = await orders.find_order(tx, row["order_id"], reach)
    assert order is not None, "what was sold has its order"
    subscription = None
    if row["subscription_id"] is not None:
        subscription = await subscriptions.find_subscription(tx, row["subscription_id"], reach)
    renews = subscription is not None and subscription["ended_at"] is None and not subscription["cancel_at_period_end"]
    sale = _sale(row)
    return Bought(
        product=product["name"],
        image=_image(catalog, product["id"]),
        paid=money(order["subtotal_amount"], order["currency"]),
        paid_at=row["succeeded_at"],
        invoice_number=order["invoice_number"],
        email=row["customer_email"],
        card=await _card(tx, order),
        receipt_url=address_of_document(server, "receipt", order, now),
        renews_at=subscription["current_period_end"] if subscription is not None and renews else None,
        trial_ends_at=subscription["trial_end"] if subscription is not None and renews else None,
        renewal=wording.terms_words(catalog.terms({**dict(row), "allow_trial": False}), product, row["currency"]),
        given=await list_given(tx, server, sale),
    )


def _sale(row: Row) -> Sale:
    if row["subscription_id"] is not None:
        return Sale(row["organization_id"], row["customer_id"], subscription_id=row["subscription_id"])
    return Sale(row["organization_id"], row["customer_id"], order_id=row["order_id"])


async def _card(tx: Transaction, order: Row) -> str | None:
    if order["payment_method_id"] is None:
        return None
    card = await payment_method_queries.find_payment_method(tx, order["payment_method_id"], order["organization_id"])
    return None if card is None else f"{card['brand'].title()} ending in {card['last4']}"


async def _offers(tx: Transaction, catalog: Catalog, row: Row, reach: str) -> list[Offer]:
    """The products in their order, each at the price that it has here."""
    prices = await products.list_prices(tx, product_ids_of(row), reach)
    return [
        Offer(
            id=product_id,
            name=shown.name,
            description=shown.description,
            image=_image(catalog, product_id),
            benefits=[benefit.description for benefit in shown.benefits],
            price=wording.price_words(
                catalog.prices[row["product_price_id"]]
                if product_id == row["product_id"]
                else choose_price(prices[product_id], None, row["currency"]),
                catalog.rows[product_id],
            ),
        )
        for product_id in product_ids_of(row)
        for shown in (catalog.shown[product_id],)
    ]


def _image(catalog: Catalog, product_id: str) -> str | None:
    medias = catalog.shown[product_id].medias
    return medias[0].public_url if medias else None

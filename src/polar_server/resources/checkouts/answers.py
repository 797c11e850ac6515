"""Rows of checkouts as the API shows them, to their organization and to their customer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from polar_server import payments
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.benefits import Benefit
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.checkouts.client_secrets import secret_of
from polar_server.resources.checkouts.schemas import (
    BenefitPublic,
    BillingAddressFields,
    Checkout,
    CheckoutOrganization,
    CheckoutProduct,
    CheckoutPublic,
    CheckoutPublicConfirmed,
    FieldMode,
)
from polar_server.resources.checkouts.terms import Terms, terms_of
from polar_server.resources.organizations.answers import settings_of
from polar_server.resources.products import queries as product_queries
from polar_server.resources.products import whole_queries
from polar_server.resources.products.answers import price_of, products_listed
from polar_server.resources.products.schemas import Product
from polar_server.resources.products.whole_queries import Whole, named_benefit, named_price
from polar_server.resources.subscriptions.periods import period_end

CHECKOUT_ID = "{CHECKOUT_ID}"
"""What stands for the id in a success_url."""
PATH = "/checkout"


@dataclass(frozen=True, slots=True)
class Catalog:
    """What checkouts sell, by ids: rows as the terms need them, and shapes as they are shown."""

    found: Mapping[str, Whole]
    rows: Mapping[str, Row]
    products: Mapping[str, Product]
    shown: Mapping[str, CheckoutProduct]
    prices: Mapping[str, Row]

    def benefits(self, product_id: str) -> list[Row]:
        """What a product gives, in its order."""
        return [named_benefit(row) for row in self.found[product_id].benefits]

    def terms(self, checkout: Row) -> Terms:
        """The terms of a checkout."""
        return terms_of(checkout, self.rows[checkout["product_id"]], self.prices[checkout["product_price_id"]])


async def catalog_of(
    tx: Transaction, checkouts: Sequence[Row], organization_ids: str, server: AuthorizationServer
) -> Catalog:
    """What these checkouts sell, in a statement or two however many they are."""
    found = await whole_queries.list_sold(tx, _offered(checkouts), organization_ids)
    return await _catalog(tx, found, checkouts, organization_ids, server)


async def held_catalog_of(
    tx: Transaction, checkouts: Sequence[Row], organization_ids: str, server: AuthorizationServer
) -> Catalog:
    """The same for a sale, of products that are held: what they give stays until it is stored."""
    found = await whole_queries.hold_sold(tx, _offered(checkouts), organization_ids)
    return await _catalog(tx, found, checkouts, organization_ids, server)


def _offered(checkouts: Sequence[Row]) -> set[str]:
    return {product_id for row in checkouts for product_id in product_ids_of(row)}


async def _catalog(
    tx: Transaction,
    found: Mapping[str, Whole],
    checkouts: Sequence[Row],
    organization_ids: str,
    server: AuthorizationServer,
) -> Catalog:
    shown = await products_listed(tx, list(found.values()), organization_ids, server.issuer)
    return Catalog(
        found=found,
        rows={product_id: each.product for product_id, each in found.items()},
        products={each.id: each for each in shown},
        shown={each.id: _as_sold(each) for each in shown},
        prices=await _prices(tx, found, checkouts, organization_ids),
    )


async def _prices(
    tx: Transaction, found: Mapping[str, Whole], checkouts: Sequence[Row], organization_ids: str
) -> dict[str, Row]:
    """The chosen prices; one that was archived since is not among those of its product."""
    wanted = {row["product_price_id"] for row in checkouts}
    named = (named_price(row) for each in found.values() for row in each.prices)
    prices: dict[str, Row] = {price["id"]: price for price in named if price["id"] in wanted}
    if archived := wanted - prices.keys():
        prices |= await product_queries.list_prices_by_ids(tx, archived, organization_ids)
    return prices


async def checkouts_of(
    tx: Transaction, rows: Sequence[Row], organization_ids: str, server: AuthorizationServer, now: int
) -> list[Checkout]:
    """The checkouts as their organizations see them."""
    catalog = await catalog_of(tx, rows, organization_ids, server)
    return [checkout_of(row, catalog, server, now) for row in rows]


def checkout_of(row: Row, catalog: Catalog, server: AuthorizationServer, now: int) -> Checkout:
    """A checkout as its organization sees it."""
    return checkout_from(row, members_of(row, catalog, server, now), now)


def checkout_from(row: Row, members: dict[str, Any], now: int) -> Checkout:
    """The same from members that were gathered before."""
    return Checkout(
        **members,
        status=status_of(row, now),
        trial_interval=row["trial_interval"],
        trial_interval_count=row["trial_interval_count"],
        metadata=msgspec.json.decode(row["metadata"]),
        external_customer_id=row["external_customer_id"],
        subscription_id=row["subscription_id"],
        customer_metadata=msgspec.json.decode(row["customer_metadata"]),
    )


async def public_of(
    tx: Transaction, row: Row, organization: CheckoutOrganization, server: AuthorizationServer, now: int
) -> CheckoutPublic:
    """A checkout as its customer sees it."""
    catalog = await catalog_of(tx, [row], json.dumps([row["organization_id"]]), server)
    members = members_of(row, catalog, server, now)
    return CheckoutPublic(**members, status=status_of(row, now), organization=organization)


def confirmed_from(members: dict[str, Any], organization: CheckoutOrganization) -> CheckoutPublicConfirmed:
    """The same of a checkout that was just confirmed: it is called so whether or not it succeeded by now."""
    return CheckoutPublicConfirmed(**members, status="confirmed", organization=organization)


def status_of(row: Row, now: int) -> Any:
    """The status; one that reached its end is expired before the clock has come by."""
    return "expired" if row["status"] in ("open", "confirmed") and row["expires_at"] <= now else row["status"]


def success_url_of(row: Row, url: str) -> str:
    """Where the customer goes after paying; `url` is that of the page."""
    given: str | None = row["success_url"]
    return f"{url}/confirmation" if given is None else given.replace(CHECKOUT_ID, row["id"])


def product_ids_of(row: Row) -> list[str]:
    """The products to choose from, in their order."""
    return msgspec.json.decode(row["product_ids"])  # type: ignore[no-any-return]


def address_of(row: Row) -> Address | None:
    """The billing address."""
    kept = row["customer_billing_address"]
    return None if kept is None else msgspec.json.decode(kept, type=Address)


def needs_address(row: Row) -> bool:
    """Whether nobody can buy here without an address."""
    return bool(row["require_billing_address"] or row["is_business_customer"])


def members_of(row: Row, catalog: Catalog, server: AuthorizationServer, now: int) -> dict[str, Any]:
    """What all shapes of a checkout share."""
    ids, terms = product_ids_of(row), catalog.terms(row)
    secret = secret_of(row, server.server_keys)
    url = f"{server.issuer}{PATH}/{secret}"
    return {
        "id": row["id"],
        "created_at": moment(row["created_at"]),
        "modified_at": moment_or_none(row["modified_at"]),
        "payment_processor": payments.PROCESSOR,
        "client_secret": secret,
        "url": url,
        "expires_at": moment(row["expires_at"]),
        "success_url": success_url_of(row, url),
        "return_url": row["return_url"],
        "embed_origin": row["embed_origin"],
        "organization_id": row["organization_id"],
        "product_id": row["product_id"],
        "product_price_id": row["product_price_id"],
        "allow_discount_codes": bool(row["allow_discount_codes"]),
        "locale": row["locale"],
        "products": [catalog.shown[product_id] for product_id in ids],
        "product": catalog.shown[row["product_id"]],
        "product_price": price_of(catalog.prices[row["product_price_id"]]),
        "prices": {product_id: catalog.shown[product_id].prices for product_id in ids},
        "payment_processor_metadata": _next_action(row, url),
        **_cost(row, terms, now),
        **_customer(row),
    }


def _cost(row: Row, terms: Terms, now: int) -> dict[str, Any]:
    """What it costs. Nothing is taxed here and nothing discounted."""
    unit, count = terms.trial or (None, None)
    started_at = now if row["succeeded_at"] is None else row["succeeded_at"]
    return {
        "amount": terms.amount,
        "discount_amount": 0,
        "net_amount": terms.amount,
        "tax_amount": 0,
        "total_amount": terms.amount,
        "currency": row["currency"],
        "allow_trial": bool(row["allow_trial"]),
        "active_trial_interval": unit,
        "active_trial_interval_count": count,
        "trial_end": moment(period_end(started_at, started_at, unit, count)) if unit and count else None,
        "is_discount_applicable": False,
        "is_free_product_price": terms.is_free,
        "is_payment_required": terms.is_payment_required,
        "is_payment_setup_required": terms.is_setup_required,
        "is_payment_form_required": terms.is_card_required,
        "payment_method_type": "card" if terms.is_card_required and row["status"] == "succeeded" else None,
    }


def _customer(row: Row) -> dict[str, Any]:
    needed: FieldMode = "required" if needs_address(row) else "disabled"
    optional: FieldMode = "optional" if needs_address(row) else "disabled"
    return {
        "require_billing_address": bool(row["require_billing_address"]),
        "customer_id": row["customer_id"],
        "is_business_customer": bool(row["is_business_customer"]),
        "customer_name": row["customer_name"],
        "customer_email": row["customer_email"],
        "customer_ip_address": row["customer_ip_address"],
        "customer_billing_name": row["customer_billing_name"],
        "customer_billing_address": address_of(row),
        "customer_tax_id": row["customer_tax_id"],
        "billing_address_fields": BillingAddressFields(
            country=needed, state=optional, city=needed, postal_code=needed, line1=needed, line2=optional
        ),
    }


def _next_action(row: Row, url: str) -> dict[str, str]:
    if row["status"] != "confirmed":
        return {}
    return {"intent_status": "requires_action", "next_action_url": f"{url}/bank"}


def organization_of(found: Row) -> CheckoutOrganization:
    """Who sells, of a checkout that was found by its secret."""
    settings = settings_of(found).subscription_settings
    return CheckoutOrganization(
        id=found["organization_id"],
        created_at=moment(found["organization_created_at"]),
        modified_at=moment(found["organization_modified_at"]),
        name=found["organization_name"],
        slug=found["organization_slug"],
        avatar_url=found["organization_avatar_url"],
        proration_behavior=settings.proration_behavior,
        allow_customer_updates=settings.allow_customer_updates,
    )


_SOLD = frozenset(CheckoutProduct.__struct_fields__) - {"benefits"}


def _as_sold(product: Product) -> CheckoutProduct:
    benefits = [_benefit_of(benefit) for benefit in product.benefits if benefit.visibility == "public"]
    return CheckoutProduct(benefits=benefits, **{name: getattr(product, name) for name in _SOLD})


def _benefit_of(benefit: Benefit) -> BenefitPublic:
    kind: Any = benefit.__struct_config__.tag
    return BenefitPublic(
        id=benefit.id,
        created_at=benefit.created_at,
        modified_at=benefit.modified_at,
        type=kind,
        description=benefit.description,
        selectable=benefit.selectable,
        deletable=benefit.deletable,
        is_deleted=benefit.is_deleted,
        organization_id=benefit.organization_id,
    )

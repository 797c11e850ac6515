"""Subscriptions that are made by a program: only to what is free, since nobody is there to pay."""

import json

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.errors import RequestValidationError, invalid
from polar_server.resource_server.metadata import check_metadata
from polar_server.resources.customers import queries as customers
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.products import queries as products
from polar_server.resources.subscriptions import queries
from polar_server.resources.subscriptions.ending import subscription_settings
from polar_server.resources.subscriptions.schemas import SubscriptionCreate
from polar_server.resources.subscriptions.starting import NewSubscription, open_subscription


async def find_offer(tx: Transaction, new: SubscriptionCreate, organization_ids: str) -> tuple[Row, Row]:
    """The free product that is asked for, and its price. Raises RequestValidationError."""
    product = await products.find_product(tx, new.product_id, organization_ids)
    if product is None:
        raise invalid("product_id", "There is no such product.", given=new.product_id)
    if product["is_archived"] or product["recurring_interval"] is None:
        raise invalid("product_id", "This product is archived, or bought once.", given=new.product_id)
    prices = (await products.list_prices(tx, [product["id"]], json.dumps([product["organization_id"]])))[product["id"]]
    if any(price["price_amount"] != 0 for price in prices):
        raise invalid("product_id", "This product is not free: let the customer use a checkout.", given=new.product_id)
    return product, prices[0]


async def create_subscription(
    tx: Transaction, server: AuthorizationServer, new: SubscriptionCreate, offer: tuple[Row, Row], now: int
) -> Row:
    """Begin a subscription without an order. Raises RequestValidationError."""
    product, price = offer
    organization_id = product["organization_id"]
    metadata = check_metadata(new.metadata)
    customer_id = await _lock_customer(tx, new, json.dumps([organization_id]))
    settings = await subscription_settings(tx, organization_id)
    if not settings.allow_multiple_subscriptions and await queries.lock_of_customer(tx, customer_id, organization_id):
        raise _refused(new, "This customer has a subscription, and the organization allows no second one.")
    wanted = NewSubscription(
        organization_id, customer_id, product, price, 0, price["price_currency"], metadata=metadata
    )
    row, _ = await open_subscription(tx, server, wanted, now)
    await tell_state(tx, organization_id, customer_id, now)
    return row


async def _lock_customer(tx: Transaction, new: SubscriptionCreate, organization_ids: str) -> str:
    """The customer, held so that two requests at once do not both find it without a subscription."""
    customer_id = new.customer_id
    if (customer_id is None) is (new.external_customer_id is None):
        raise invalid("customer_id", "Name the customer, by customer_id or by external_customer_id.", "missing")
    if new.external_customer_id is not None:
        found = await customers.find_customers_by_external_id(tx, new.external_customer_id, organization_ids)
        customer_id = found[0]["id"] if found else ""
    row = await customers.lock_customer(tx, customer_id or "", organization_ids)
    if row is None:
        raise _refused(new, "There is no such customer.")
    return str(row["id"])


def _refused(new: SubscriptionCreate, sentence: str) -> RequestValidationError:
    name = "customer_id" if new.external_customer_id is None else "external_customer_id"
    return invalid(name, sentence, given=new.customer_id or new.external_customer_id)

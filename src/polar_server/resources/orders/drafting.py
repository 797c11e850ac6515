"""Orders that an organization makes by itself: drafted first, then paid with a card that the customer left."""

import json

from polar_server import payments
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.currencies import MINIMUM_AMOUNTS
from polar_server.resource_server.errors import ApiError, invalid
from polar_server.resource_server.metadata import check_metadata
from polar_server.resources.benefit_grants.granting import Sale, sync_grants
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.customers.payment_method_queries import find_default_payment_method, find_payment_method
from polar_server.resources.customers.queries import find_customer
from polar_server.resources.orders.placing import NewItem, NewOrder, charge, pay, store_order, tell_order
from polar_server.resources.orders.schemas import OrderCreate
from polar_server.resources.organizations.answers import CURRENCY
from polar_server.resources.organizations.queries import find_organization
from polar_server.resources.products.queries import find_product, list_prices


class OrderNotDraft(ApiError):
    """Only a draft can be finalized, and only once."""

    status = 412


class PaymentFailed(ApiError):
    """The customer's card was not charged; the order is still a draft."""

    status = 402


class PaymentActionRequired(ApiError):
    """The bank wants its customer to confirm the payment; the order is still a draft."""

    status = 402


async def draft_order(tx: Transaction, sent: OrderCreate, organization_id: str, now: int) -> str:
    """Store a draft; its id. Raises RequestValidationError."""
    if sent.custom_field_data:
        raise invalid("custom_field_data", "There are no custom fields here. Use metadata.")
    organization_ids = json.dumps([organization_id])
    customer = await find_customer(tx, sent.customer_id, organization_ids)
    if customer is None:
        raise invalid("customer_id", "There is no such customer.", "value_error", sent.customer_id)
    product = await _product(tx, sent.product_id, organization_ids)
    currency = sent.currency or await _currency(tx, organization_id)
    item = await _item(tx, sent, product, currency, organization_ids)
    new = NewOrder(
        organization_id=organization_id,
        customer_id=customer["id"],
        currency=currency,
        billing_reason="purchase",
        items=(item,),
        product_id=product["id"],
        billing_name=customer["billing_name"] or customer["name"],
        billing_address=customer["billing_address"],
        metadata=check_metadata(sent.metadata),
    )
    row, _ = await store_order(tx, new, now, status="draft")
    await tell_order(tx, row["id"], organization_id, ("order.created",), now)
    return str(row["id"])


async def finalize_order(
    tx: Transaction, server: AuthorizationServer, order: Row, payment_method_id: str | None, now: int
) -> None:
    """Charge the card and give what was bought. Raises OrderNotDraft, PaymentFailed, PaymentActionRequired."""
    if order["status"] != "draft":
        raise OrderNotDraft(f"The order is {order['status'].replace('_', ' ')}, and only a draft can be finalized.")
    card_id = await _card_id(tx, order, payment_method_id)
    match await charge(tx, order, card_id):
        case payments.Declined(message=message):
            raise PaymentFailed(message)
        case payments.ActionRequired():
            raise PaymentActionRequired("The bank wants the customer to confirm this payment. Send them a checkout.")
    await pay(tx, order, card_id, now)
    sale = Sale(order["organization_id"], order["customer_id"], order_id=order["id"])
    if await sync_grants(tx, server, sale, order["product_id"], now):
        await tell_state(tx, order["organization_id"], order["customer_id"], now)


async def _card_id(tx: Transaction, order: Row, asked: str | None) -> str | None:
    place = order["customer_id"], order["organization_id"]
    if asked is None:
        card = await find_default_payment_method(tx, *place)
        return None if card is None else card["id"]
    card = await find_payment_method(tx, asked, order["organization_id"])
    if card is None or card["customer_id"] != order["customer_id"]:
        raise invalid("payment_method_id", "The customer has no such payment method.", "value_error", asked)
    return asked


async def _product(tx: Transaction, product_id: str, organization_ids: str) -> Row:
    product = await find_product(tx, product_id, organization_ids)
    if product is None:
        raise invalid("product_id", "There is no such product.", "value_error", product_id)
    if product["recurring_interval"] is not None:
        raise invalid("product_id", "Only a product that is paid once can be ordered so.", "value_error", product_id)
    return product


async def _currency(tx: Transaction, organization_id: str) -> str:
    organization = await find_organization(tx, organization_id, json.dumps([organization_id]))
    assert organization is not None, "the caller reaches it"
    return organization["default_presentment_currency"] or CURRENCY


async def _item(tx: Transaction, sent: OrderCreate, product: Row, currency: str, organization_ids: str) -> NewItem:
    """What the order charges for: the product's price in this currency, unless an amount was sent."""
    least = MINIMUM_AMOUNTS.get(currency)
    if least is None:
        raise invalid("currency", "This currency is not supported.", "enum", currency)
    prices = (await list_prices(tx, [product["id"]], organization_ids))[product["id"]]
    price = next((row for row in prices if row["price_currency"] == currency), None)
    if any(row["amount_type"] != "fixed" for row in prices):
        raise invalid("product_id", "Only a product with a fixed price, or a free one, can be ordered so.")
    if sent.amount is None and price is None:
        raise invalid("currency", f"The product has no price in {currency}. Send an amount, too.", "value_error")
    if sent.amount is not None and 0 < sent.amount < least:
        raise invalid("amount", f"An amount is 0, or at least {least}.", "greater_than_equal", sent.amount)
    amount = price["price_amount"] if sent.amount is None and price is not None else sent.amount
    return NewItem(sent.description or product["name"], amount or 0, None if price is None else price["id"])

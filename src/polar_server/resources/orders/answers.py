"""Rows of orders as the API shows them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from polar_server.database import Row, Transaction
from polar_server.resource_server.addresses import Address
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.customers.answers import customer_of
from polar_server.resources.customers.queries import list_also_deleted
from polar_server.resources.orders import queries
from polar_server.resources.orders.schemas import Order, OrderItem, OrderProduct, OrderSubscription
from polar_server.resources.products.answers import bare_members
from polar_server.resources.products.queries import list_products_by_ids

_SAME = (
    "id", "amount", "currency", "recurring_interval", "recurring_interval_count", "status", "customer_id",
    "product_id", "checkout_id", "customer_cancellation_reason", "customer_cancellation_comment",
)  # fmt: skip
_TIMES = (
    "created_at", "modified_at", "current_period_start", "current_period_end", "trial_start", "trial_end",
    "canceled_at", "started_at", "ends_at", "ended_at", "past_due_at", "paused_at", "resumes_at",
)  # fmt: skip

PAID = frozenset({"paid", "partially_refunded", "refunded"})
"""What an order is after it was paid."""


class Belongings(NamedTuple):
    """The rows that an order shows within itself."""

    customer: Row
    product: Row | None
    subscription: Row | None


async def orders_of(tx: Transaction, rows: Sequence[Row], organization_ids: str) -> list[Order]:
    """The orders with what belongs to them, in a statement for each kind of it however many orders there are."""
    if not rows:
        return []
    customers = {row["id"]: row for row in await list_also_deleted(tx, _named(rows, "customer_id"), organization_ids)}
    products = await list_products_by_ids(tx, _named(rows, "product_id"), organization_ids)
    subscriptions = await queries.list_subscriptions(tx, _named(rows, "subscription_id"), organization_ids)
    items = await queries.list_items(tx, [row["id"] for row in rows], organization_ids)
    return [
        order_of(
            row,
            Belongings(
                customers[row["customer_id"]],
                products.get(row["product_id"]),
                subscriptions.get(row["subscription_id"]),
            ),
            items[row["id"]],
        )
        for row in rows
    ]


async def find_shown(tx: Transaction, order_id: str, organization_ids: str) -> Order | None:
    """An order of one of these organizations, as the API shows it."""
    row = await queries.find_order(tx, order_id, organization_ids)
    return None if row is None else (await orders_of(tx, [row], organization_ids))[0]


def address_of(row: Row) -> Address | None:
    """The billing address of an order."""
    kept = row["billing_address"]
    return None if kept is None else msgspec.json.decode(kept, type=Address)


def has_invoice(row: Row) -> bool:
    """Whether the order's invoice can be shown: it has its number, and says who is billed."""
    return None not in (row["invoice_number"], row["billing_name"], row["billing_address"])


def _named(rows: Sequence[Row], column: str) -> set[str]:
    return {row[column] for row in rows if row[column] is not None}


def order_of(row: Row, shown: Belongings, items: Sequence[Row]) -> Order:
    """An order with rows that were read before."""
    customer, product, subscription = shown
    net = row["subtotal_amount"] - row["discount_amount"]
    paid, owed = row["status"] in PAID, row["status"] in ("draft", "pending")
    return Order(
        id=row["id"],
        created_at=moment(row["created_at"]),
        modified_at=moment_or_none(row["modified_at"]),
        status=row["status"],
        paid=paid,
        subtotal_amount=row["subtotal_amount"],
        discount_amount=row["discount_amount"],
        net_amount=net,
        tax_amount=row["tax_amount"],
        total_amount=net + row["tax_amount"],
        due_amount=net + row["tax_amount"] if owed else 0,
        refunded_amount=row["refunded_amount"],
        refunded_tax_amount=row["refunded_tax_amount"],
        refundable_amount=net - row["refunded_amount"] if paid else 0,
        refundable_tax_amount=row["tax_amount"] - row["refunded_tax_amount"] if paid else 0,
        currency=row["currency"],
        billing_reason=row["billing_reason"],
        billing_name=row["billing_name"],
        billing_address=address_of(row),
        invoice_number=row["invoice_number"],
        is_invoice_generated=has_invoice(row),
        receipt_number=row["invoice_number"] if paid else None,
        customer_id=row["customer_id"],
        product_id=row["product_id"],
        subscription_id=row["subscription_id"],
        checkout_id=row["checkout_id"],
        next_payment_attempt_at=moment_or_none(row["next_payment_attempt_at"]),
        metadata=msgspec.json.decode(row["metadata"]),
        description=row["description"],
        customer=customer_of(customer),
        product=None if product is None else _product(product),
        subscription=None if subscription is None else OrderSubscription(**subscription_members(subscription)),
        items=[_item(item) for item in items],
    )


def _product(row: Row) -> OrderProduct:
    return OrderProduct(**bare_members(row), metadata=msgspec.json.decode(row["metadata"]))


def subscription_members(row: Row) -> dict[str, Any]:
    """The members of an OrderSubscription from a row of subscriptions."""
    return {
        **{name: row[name] for name in _SAME},
        **{name: moment_or_none(row[name]) for name in _TIMES},
        "cancel_at_period_end": bool(row["cancel_at_period_end"]),
        "pause_at_period_end": bool(row["pause_at_period_end"]),
        "metadata": msgspec.json.decode(row["metadata"]),
    }


def _item(row: Row) -> OrderItem:
    return OrderItem(
        id=row["id"],
        created_at=moment(row["created_at"]),
        modified_at=None,
        label=row["label"],
        amount=row["amount"],
        tax_amount=row["tax_amount"],
        proration=bool(row["proration"]),
        product_price_id=row["product_price_id"],
        start_timestamp=moment_or_none(row["starts_at"]),
        end_timestamp=moment_or_none(row["ends_at"]),
    )

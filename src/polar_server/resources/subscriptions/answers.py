"""Rows of subscriptions as the API shows them."""

from collections.abc import Iterable, Sequence

from polar_server.database import Row, Transaction
from polar_server.resource_server.times import moment
from polar_server.resources.customers.answers import customer_of
from polar_server.resources.customers.queries import list_also_deleted
from polar_server.resources.customers.schemas import Customer
from polar_server.resources.orders.answers import subscription_members
from polar_server.resources.products import queries as products
from polar_server.resources.products.answers import price_of, products_listed
from polar_server.resources.products.schemas import Price, Product
from polar_server.resources.products.whole_queries import list_sold
from polar_server.resources.subscriptions.schemas import PendingSubscriptionUpdate, Subscription


async def subscriptions_of(
    tx: Transaction, rows: Sequence[Row], organization_ids: str, issuer: str
) -> list[Subscription]:
    """The subscriptions with what belongs to them, in a statement for each kind of it however many there are."""
    if not rows:
        return []
    customers = await list_also_deleted(tx, _named(rows, "customer_id"), organization_ids)
    found = await list_sold(tx, _named(rows, "product_id"), organization_ids)
    prices = await products.list_prices_by_ids(tx, _named(rows, "product_price_id"), organization_ids)
    shown = await products_listed(tx, list(found.values()), organization_ids, issuer)
    by_id = {product.id: product for product in shown}
    persons = {row["id"]: customer_of(row) for row in customers}
    return [
        subscription_of(
            row, persons[row["customer_id"]], by_id[row["product_id"]], price_of(prices[row["product_price_id"]])
        )
        for row in rows
    ]


def _named(rows: Iterable[Row], name: str) -> set[str]:
    return {row[name] for row in rows}


def subscription_of(row: Row, customer: Customer, product: Product, price: Price) -> Subscription:
    """A subscription with what was read before."""
    return Subscription(
        **subscription_members(row),
        customer=customer,
        product=product,
        prices=[price],
        pending_update=_pending(row),
    )


def _pending(row: Row) -> PendingSubscriptionUpdate | None:
    if row["pending_id"] is None:
        return None
    return PendingSubscriptionUpdate(
        id=row["pending_id"],
        created_at=moment(row["pending_created_at"]),
        modified_at=None,
        applies_at=moment(row["current_period_end"]),
        product_id=row["pending_product_id"],
    )

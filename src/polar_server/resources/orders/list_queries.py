"""SQL of lists and exports of orders. Every statement names the organizations that it may touch."""

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import (
    both,
    with_metadata,
    within,
    within_if_asked,
)
from polar_server.resource_server.listing_queries import Listing
from polar_server.resources.customers.queries import of_external_customers
from polar_server.resources.orders.queries import COLUMNS

_NET = "o.subtotal_amount - o.discount_amount"
SORTING = {
    "created_at": "o.created_at",
    "status": "o.status",
    "invoice_number": "COALESCE(o.invoice_number, '')",
    "amount": f"{_NET} + o.tax_amount",
    "net_amount": _NET,
    "customer": "COALESCE(buyer.name, buyer.email, '')",
    "product": "COALESCE(bought.name, '')",
    # There are no discounts, so this is the same for all.
    "discount": "0 * o.created_at",
    "subscription": "COALESCE(subscribed.started_at, 0)",
    "id": "o.id",
}
_BUYER = "JOIN customers buyer ON buyer.id = o.customer_id AND buyer.organization_id = o.organization_id"
_BOUGHT = "LEFT JOIN products bought ON bought.id = o.product_id AND bought.organization_id = o.organization_id"
_SUBSCRIBED = """
    LEFT JOIN subscriptions subscribed
    ON subscribed.id = o.subscription_id AND subscribed.organization_id = o.organization_id
"""
_JOINS = {"buyer": _BUYER, "bought": _BOUGHT, "subscribed": _SUBSCRIBED}
"""What an order by these columns needs."""

_BILLED = """(CAST(:is_recurring AS BOOLEAN) IS NULL OR EXISTS (
    SELECT 1 FROM products p WHERE p.id = o.product_id AND p.organization_id = o.organization_id
    AND (p.recurring_interval IS NOT NULL) = CAST(:is_recurring AS BOOLEAN)
))"""
_SINCE = "(CAST(:created_after AS BIGINT) IS NULL OR o.created_at > :created_after)"
_UNTIL = "(CAST(:created_before AS BIGINT) IS NULL OR o.created_at < :created_before)"
_EXPORTED = both(
    within_if_asked("o.product_id", "product_ids"),
    within_if_asked("o.status", "statuses"),
    _SINCE,
    _UNTIL,
)
_ASKED = both(
    within("o.organization_id", "organization_ids"),
    _EXPORTED,
    within_if_asked("o.customer_id", "customer_ids"),
    within_if_asked("o.checkout_id", "checkout_ids"),
    within_if_asked("o.subscription_id", "subscription_ids"),
    of_external_customers("o"),
    _BILLED,
    # There are no discounts, so no order has one of those that were asked for.
    "(CAST(:discount_ids AS TEXT) IS NULL)",
    with_metadata("o.metadata"),
)
_LISTING = Listing(COLUMNS, "orders o", _ASKED, _JOINS)
_EXPORT = Statement(
    *(
        f"""
        SELECT {COLUMNS}, buyer.email, buyer.name AS customer_name, bought.name AS product
        FROM orders o {_BUYER} {_BOUGHT}
        WHERE o.organization_id = :organization_id AND {asked}
            AND (o.created_at, o.id) > (:after_created_at, :after_id)
        ORDER BY o.created_at, o.id LIMIT :limit
        """
        for asked in _EXPORTED
    )
)


class ExportFilter(Struct, frozen=True):
    """What an export is asked for. Lists are JSON texts, times epoch seconds, None where nothing was asked."""

    product_ids: str | None
    statuses: str | None
    created_after: int | None
    created_before: int | None


class OrderFilter(ExportFilter, frozen=True):
    """What a list is asked for."""

    organization_ids: str
    is_recurring: bool | None
    discount_ids: str | None
    customer_ids: str | None
    external_customer_ids: str | None
    checkout_ids: str | None
    subscription_ids: str | None
    metadata: str


async def list_orders(
    tx: Transaction, wanted: OrderFilter, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of orders and how many there are in all."""
    return await _LISTING.find(tx, asdict(wanted), order, limit, offset)


async def export_orders(
    tx: Transaction, organization_id: str, wanted: ExportFilter, after: tuple[int, str], limit: int
) -> list[Row]:
    """The organization's orders in the order they came, following (created_at, id), with names that an export shows."""
    place = {"organization_id": organization_id, "after_created_at": after[0], "after_id": after[1]}
    return await tx.all(_EXPORT, **place, **asdict(wanted), limit=limit)

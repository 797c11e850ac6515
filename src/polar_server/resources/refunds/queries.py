"""SQL of refunds. Every statement names the organizations that it may touch."""

from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within, within_if_asked
from polar_server.resource_server.listing_queries import Listing
from polar_server.resources.customers.queries import of_external_customers

_COLUMNS = """
    f.id, f.created_at, f.modified_at, f.organization_id, f.order_id, f.customer_id, f.subscription_id, f.status,
    f.reason, f.amount, f.tax_amount, f.currency, f.revoke_benefits, f.metadata
"""
SORTING = {"created_at": "f.created_at", "amount": "f.amount", "id": "f.id"}

_WITHIN = within("f.organization_id", "organization_ids")
_ASKED = both(
    _WITHIN,
    within_if_asked("f.id", "ids"),
    within_if_asked("f.order_id", "order_ids"),
    within_if_asked("f.subscription_id", "subscription_ids"),
    within_if_asked("f.customer_id", "customer_ids"),
    of_external_customers("f"),
    "(CAST(:succeeded AS BOOLEAN) IS NULL OR (f.status = 'succeeded') = CAST(:succeeded AS BOOLEAN))",
)
_LISTING = Listing(_COLUMNS, "refunds f", _ASKED)
# No money moves, so there is nothing to wait for.
_ADD = Statement("""
    INSERT INTO refunds (
        id, organization_id, order_id, customer_id, subscription_id, status, reason, amount, tax_amount, currency,
        comment, revoke_benefits, metadata, created_at
    ) VALUES (
        :id, :organization_id, :order_id, :customer_id, :subscription_id, 'succeeded', :reason, :amount, 0, :currency,
        :comment, :revoke_benefits, :metadata, :now
    )
    RETURNING id, created_at, modified_at, organization_id, order_id, customer_id, subscription_id, status, reason,
        amount, tax_amount, currency, revoke_benefits, metadata
""")


class RefundFilter(Struct, frozen=True):
    """What a list is asked for. Lists are JSON texts, None where nothing was asked."""

    organization_ids: str
    ids: str | None
    order_ids: str | None
    subscription_ids: str | None
    customer_ids: str | None
    external_customer_ids: str | None
    succeeded: bool | None


async def list_refunds(
    tx: Transaction, wanted: RefundFilter, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of refunds and how many there are in all."""
    return await _LISTING.find(tx, asdict(wanted), order, limit, offset)


async def add_refund(tx: Transaction, **columns: Any) -> Row:
    """Store a refund that succeeded; `now` is created_at. The row as it is."""
    return await tx.one(_ADD, **columns)

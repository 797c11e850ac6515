"""SQL of refunds. Every statement names the organizations that it may touch."""

from functools import lru_cache
from typing import Any

from msgspec import Struct

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within, within_if_asked

_COLUMNS = """
    f.id, f.created_at, f.modified_at, f.organization_id, f.order_id, f.customer_id, f.subscription_id, f.status,
    f.reason, f.amount, f.tax_amount, f.currency, f.revoke_benefits, f.metadata
"""
SORTING = {"created_at": "f.created_at", "amount": "f.amount", "id": "f.id"}

_WITHIN = within("f.organization_id", "organization_ids")
_OF_EXTERNAL = """EXISTS (
    SELECT 1 FROM customers c WHERE c.id = f.customer_id AND c.organization_id = f.organization_id AND {chosen}
)"""
_CHOSEN = within("c.external_id", "external_customer_ids")
_EXTERNAL = (
    f"(:external_customer_ids IS NULL OR {_OF_EXTERNAL.format(chosen=_CHOSEN[0])})",
    f"(CAST(:external_customer_ids AS TEXT) IS NULL OR {_OF_EXTERNAL.format(chosen=_CHOSEN[1])})",
)
_ASKED = both(
    _WITHIN,
    within_if_asked("f.id", "ids"),
    within_if_asked("f.order_id", "order_ids"),
    within_if_asked("f.subscription_id", "subscription_ids"),
    within_if_asked("f.customer_id", "customer_ids"),
    _EXTERNAL,
    "(CAST(:succeeded AS BOOLEAN) IS NULL OR (f.status = 'succeeded') = CAST(:succeeded AS BOOLEAN))",
)
_COUNT = Statement(*(f"SELECT count(*) FROM refunds f WHERE {asked}" for asked in _ASKED))
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

    def parameters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__struct_fields__}


@lru_cache(maxsize=16)
def _list(order: str) -> Statement:
    """The list in an order that `lists.order_by` made from SORTING."""
    return Statement(
        *(
            f"SELECT {_COLUMNS} FROM refunds f WHERE {asked} ORDER BY {order} LIMIT :limit OFFSET :offset"
            for asked in _ASKED
        )
    )


async def list_refunds(
    tx: Transaction, wanted: RefundFilter, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of refunds and how many there are in all."""
    rows = await tx.all(_list(order), **wanted.parameters(), limit=limit, offset=offset)
    return rows, (await tx.one(_COUNT, **wanted.parameters()))[0]


async def add_refund(tx: Transaction, **columns: Any) -> Row:
    """Store a refund that succeeded; `now` is created_at. The row as it is."""
    return await tx.one(_ADD, **columns)

"""SQL of metrics: rows counted by period, in one pass for each table. Every statement names its organizations.

`:periods` is a JSON list of [begins, ends): first what came before, then each period. The database puts what happened
into periods, so that an answer has a few rows for each of them however much was sold.
"""

import json
from itertools import pairwise
from typing import Any

from msgspec import Struct

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within, within_if_asked

_REACHED = (
    "SELECT value AS organization_id FROM json_each(:organization_ids)",
    "SELECT value AS organization_id FROM json_array_elements_text(CAST(:organization_ids AS JSON)) AS listed (value)",
)
_PERIODS = (
    """
    SELECT key AS number, json_extract(value, '$[0]') AS begins, json_extract(value, '$[1]') AS ends
    FROM json_each(:periods)
    """,
    """
    SELECT number - 1 AS number, CAST(value ->> 0 AS BIGINT) AS begins, CAST(value ->> 1 AS BIGINT) AS ends
    FROM json_array_elements(CAST(:periods AS JSON)) WITH ORDINALITY AS listed (value, number)
    """,
)
LISTS = [
    f"WITH reached AS ({reached}), periods AS ({periods})" for reached, periods in zip(_REACHED, _PERIODS, strict=True)
]


def _by_period(table: str, place: str, asked: tuple[str, str], kinds: str, columns: str) -> Statement:
    """Rows of a table counted by period and kind: for each organization and period a range of one of its indexes.

    CROSS JOIN holds SQLite to this order, LATERAL holds PostgreSQL.
    """
    lists, (sqlite, postgres) = LISTS, asked
    return Statement(
        f"""
        {lists[0]} SELECT p.number, {columns} FROM reached r CROSS JOIN periods p CROSS JOIN {table}
        WHERE {place} AND {sqlite} GROUP BY p.number, {kinds}
        """,
        postgres=f"""
        {lists[1]} SELECT p.number, counted.* FROM reached r CROSS JOIN periods p CROSS JOIN LATERAL (
            SELECT {columns} FROM {table} WHERE {place} AND {postgres} GROUP BY {kinds}
        ) counted
        """,
    )


BILLED = "(CAST(:is_recurring AS BOOLEAN) IS NULL OR ({recurring}) = CAST(:is_recurring AS BOOLEAN))"

_OF_ORDERS = both(
    within_if_asked("o.product_id", "product_ids"),
    within_if_asked("o.customer_id", "customer_ids"),
    BILLED.format(recurring="o.billing_reason <> 'purchase'"),
)
_COUNT_ORDERS = _by_period(
    "orders o",
    "o.organization_id = r.organization_id AND o.paid_at >= p.begins AND o.paid_at < p.ends",
    _OF_ORDERS,
    "o.billing_reason",
    """
    o.billing_reason AS kind, count(*) AS count,
    CAST(sum(CASE WHEN o.currency = :currency THEN 1 ELSE 0 END) AS BIGINT) AS priced,
    CAST(sum(CASE WHEN o.currency = :currency THEN o.subtotal_amount - o.discount_amount ELSE 0 END) AS BIGINT)
        AS amount,
    CAST(sum(
        CASE WHEN o.currency = :currency THEN o.subtotal_amount - o.discount_amount - o.refunded_amount ELSE 0 END
    ) AS BIGINT) AS net
    """,
)

_OF_CHECKOUTS = both(
    within_if_asked("c.product_id", "product_ids"),
    within_if_asked("c.customer_id", "customer_ids"),
    BILLED.format(
        recurring="""EXISTS (
            SELECT 1 FROM products q WHERE q.id = c.product_id AND q.organization_id = c.organization_id
            AND q.recurring_interval IS NOT NULL
        )"""
    ),
)
_COUNT_CHECKOUTS = _by_period(
    "checkouts c",
    "c.organization_id = r.organization_id AND c.created_at >= p.begins AND c.created_at < p.ends",
    _OF_CHECKOUTS,
    "c.organization_id",
    """
    'checkouts' AS kind, count(*) AS count,
    CAST(sum(CASE WHEN c.status = 'succeeded' THEN 1 ELSE 0 END) AS BIGINT) AS succeeded
    """,
)

_CURRENCIES = Statement(
    *(
        f"""
        SELECT DISTINCT COALESCE(d.default_presentment_currency, :usual) AS currency
        FROM organizations o LEFT JOIN organization_details d ON d.organization_id = o.id WHERE {reached}
        """
        for reached in within("o.id", "organization_ids")
    )
)
_REAL = Statement(
    *(
        f"SELECT o.id FROM organizations o WHERE {reached} AND NOT o.is_test ORDER BY o.id"
        for reached in within("o.id", "organization_ids")
    )
)


class Chosen(Struct, frozen=True):
    """The rows that count. Lists are JSON texts, None where nothing was asked."""

    organization_ids: str
    product_ids: str | None
    customer_ids: str | None
    is_recurring: bool | None

    def parameters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__struct_fields__}


async def count_orders(tx: Transaction, chosen: Chosen, currency: str, begins: list[int], since: int) -> list[Row]:
    """Paid orders by period and billing reason; those before the first period from `since` on."""
    return await tx.all(_COUNT_ORDERS, **chosen.parameters(), currency=currency, periods=periods_json(begins, since))


async def count_checkouts(tx: Transaction, chosen: Chosen, begins: list[int]) -> list[Row]:
    """Checkouts by the period in which they were opened."""
    return await tx.all(_COUNT_CHECKOUTS, **chosen.parameters(), periods=periods_json(begins, begins[0]))


async def list_currencies(tx: Transaction, organization_ids: str, usual: str) -> list[str]:
    """The currencies of these organizations; `usual` is that of one which has chosen none."""
    rows = await tx.all(_CURRENCIES, organization_ids=organization_ids, usual=usual)
    return sorted(row["currency"] for row in rows)


async def list_real(tx: Transaction, organization_ids: str) -> str | None:
    """Those of these organizations that are no test organizations, as JSON again; None where all are."""
    rows = await tx.all(_REAL, organization_ids=organization_ids)
    return json.dumps([row["id"] for row in rows]) if rows else None


def periods_json(begins: list[int], since: int) -> str:
    """The parameter `:periods`: number 0 is from `since` to the first period, which is number 1."""
    return json.dumps(list(pairwise([since, *begins])))

"""SQL of what a customer has: active subscriptions and granted benefits."""

import json
from collections.abc import Iterable

import msgspec

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import within

ACTIVE = "('trialing', 'active')"
"""The statuses in which a subscription counts as active."""


def _as_json(columns: tuple[str, ...], source: str) -> tuple[str, str]:
    """A subquery for rows as a JSON list of objects; NULL or an empty list without any."""
    names = [column.split()[-1].rpartition(".")[2] for column in columns]
    pairs, rows = ", ".join(f"'{name}', {name}" for name in names), f"(SELECT {', '.join(columns)} FROM {source})"
    return f"(SELECT json_group_array(json_object({pairs})) FROM {rows})", f"(SELECT json_agg(r) FROM {rows} r)"


_SUBSCRIPTIONS = _as_json(
    (
        *("s.id", "s.created_at", "s.modified_at", "s.metadata", "s.status", "s.amount", "s.currency"),
        *("s.recurring_interval", "s.current_period_start", "s.current_period_end", "s.trial_start", "s.trial_end"),
        *("s.cancel_at_period_end", "s.canceled_at", "s.started_at", "s.ends_at", "s.product_id"),
    ),
    f"""
    subscriptions s
    WHERE s.customer_id = :customer_id AND s.organization_id = :organization_id AND s.status IN {ACTIVE}
    ORDER BY s.started_at, s.id
    """,
)
_CUSTOMER_IDS = within("s.customer_id", "customer_ids")
# The plus keeps SQLite from reading every subscription of the organization.
_WHO_SUBSCRIBES = Statement(
    f"""
    SELECT DISTINCT s.customer_id FROM subscriptions s
    WHERE {_CUSTOMER_IDS[0]} AND +s.organization_id = :organization_id AND s.status IN {ACTIVE}
    """,
    postgres=f"""
    SELECT DISTINCT s.customer_id FROM subscriptions s
    WHERE {_CUSTOMER_IDS[1]} AND s.organization_id = :organization_id AND s.status IN {ACTIVE}
    """,
)
_GRANTS = _as_json(
    (
        *("g.id", "g.created_at", "g.modified_at", "g.granted_at", "g.benefit_id", "g.properties"),
        *("b.type AS benefit_type", "b.metadata AS benefit_metadata"),
    ),
    """
    benefit_grants g JOIN benefits b ON b.id = g.benefit_id AND b.organization_id = g.organization_id
    WHERE g.customer_id = :customer_id AND g.organization_id = :organization_id AND g.granted_at IS NOT NULL
    ORDER BY g.created_at, g.id
    """,
)
_FIND_STATE = Statement(
    *(
        f"SELECT {subscriptions} AS subscriptions, {grants} AS grants"
        for subscriptions, grants in zip(_SUBSCRIPTIONS, _GRANTS, strict=True)
    )
)


async def find_state(tx: Transaction, customer_id: str, organization_id: str) -> tuple[list[Row], list[Row]]:
    """The subscriptions of a customer that run, in the order they started; its benefits, as often as they were sold."""
    row = await tx.one(_FIND_STATE, customer_id=customer_id, organization_id=organization_id)
    return msgspec.json.decode(row["subscriptions"] or "[]"), msgspec.json.decode(row["grants"] or "[]")


async def list_who_subscribe(tx: Transaction, customer_ids: Iterable[str], organization_id: str) -> set[str]:
    """Which of these customers have a subscription that runs."""
    wanted = json.dumps(sorted(customer_ids))
    rows = await tx.all(_WHO_SUBSCRIBES, customer_ids=wanted, organization_id=organization_id)
    return {row["customer_id"] for row in rows}

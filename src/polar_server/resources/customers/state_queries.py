"""SQL of what a customer has: active subscriptions and granted benefits."""

import json
from collections.abc import Iterable

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import within

ACTIVE = "('trialing', 'active')"
"""The statuses in which a subscription counts as active."""

_SUBSCRIPTIONS = Statement(f"""
    SELECT
        s.id, s.created_at, s.modified_at, s.metadata, s.status, s.amount, s.currency, s.recurring_interval,
        s.current_period_start, s.current_period_end, s.trial_start, s.trial_end, s.cancel_at_period_end,
        s.canceled_at, s.started_at, s.ends_at, s.product_id
    FROM subscriptions s
    WHERE s.customer_id = :customer_id AND s.organization_id = :organization_id AND s.status IN {ACTIVE}
    ORDER BY s.started_at, s.id
""")
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
_GRANTS = Statement("""
    SELECT
        g.id, g.created_at, g.modified_at, g.granted_at, g.benefit_id, g.properties, b.type AS benefit_type,
        b.metadata AS benefit_metadata
    FROM benefit_grants g JOIN benefits b ON b.id = g.benefit_id AND b.organization_id = g.organization_id
    WHERE g.customer_id = :customer_id AND g.organization_id = :organization_id AND g.granted_at IS NOT NULL
    ORDER BY g.created_at, g.id
""")


async def list_active_subscriptions(tx: Transaction, customer_id: str, organization_id: str) -> list[Row]:
    """The subscriptions of a customer that run, in the order they started."""
    return await tx.all(_SUBSCRIPTIONS, customer_id=customer_id, organization_id=organization_id)


async def list_live_grants(tx: Transaction, customer_id: str, organization_id: str) -> list[Row]:
    """The benefits that a customer has, each as often as it was sold."""
    return await tx.all(_GRANTS, customer_id=customer_id, organization_id=organization_id)


async def list_who_subscribe(tx: Transaction, customer_ids: Iterable[str], organization_id: str) -> set[str]:
    """Which of these customers have a subscription that runs."""
    wanted = json.dumps(sorted(customer_ids))
    rows = await tx.all(_WHO_SUBSCRIBES, customer_ids=wanted, organization_id=organization_id)
    return {row["customer_id"] for row in rows}

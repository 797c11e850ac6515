"""SQL of metrics about subscriptions: what changed in each period, from which follows how many there are.

A subscription knows how it is now, and when it became so. What it was before a change of its price, or before it was
paused and resumed, is not known any more.
"""

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within_if_asked
from polar_server.resources.metrics.queries import BILLED, LISTS, Chosen, periods_json

# What a subscription brings in a month, in whole minor units, half of one rounded up: 12 months, 52 weeks or 365 days
# make a year.
_PARTS = "CASE s.recurring_interval WHEN 'week' THEN 52 WHEN 'day' THEN 365 WHEN 'month' THEN 12 ELSE 1 END"
_MONTHLY = f"(2 * s.amount * {_PARTS} + 12 * s.recurring_interval_count) / (24 * s.recurring_interval_count)"
_OF_SUBSCRIPTIONS = both(
    within_if_asked("s.product_id", "product_ids"),
    within_if_asked("s.customer_id", "customer_ids"),
    BILLED.format(recurring="TRUE"),
)
_SOLD = (
    "subscriptions s",
    "LATERAL (SELECT * FROM subscriptions s WHERE s.organization_id = r.organization_id OFFSET 0) s",
)
_CHOSEN = [
    f"""
    {lists}, chosen AS (
        SELECT s.customer_id, s.started_at, s.canceled_at, s.ended_at, s.customer_cancellation_reason, s.trial_start,
            s.trial_end, CASE WHEN s.currency = :currency THEN 1 ELSE 0 END AS priced,
            CASE WHEN s.currency = :currency THEN {_MONTHLY} ELSE 0 END AS amount,
            COALESCE(s.ended_at, CASE WHEN s.status = 'paused' THEN s.paused_at END) AS stopped_at
        FROM reached r CROSS JOIN {sold}
        WHERE s.organization_id = r.organization_id AND s.started_at < :until AND {asked}
    )
    """
    for lists, sold, asked in zip(LISTS, _SOLD, _OF_SUBSCRIPTIONS, strict=True)
]
# Stretches of time in which something is so: active; in its trial; active, but canceled; in its trial, and canceled.
_SPANS = [
    f"""
    {chosen}, known AS (
        SELECT c.*, CASE WHEN c.trial_start > c.started_at THEN c.trial_start ELSE c.started_at END AS tried_at,
            CASE WHEN c.stopped_at < c.trial_end THEN c.stopped_at ELSE c.trial_end END AS tried_until
        FROM chosen c
    ), spans AS (
        SELECT 'active' AS kind, customer_id, started_at AS begins, stopped_at AS ends, priced, amount FROM known
        UNION ALL
        SELECT 'trial', customer_id, tried_at, tried_until, priced, amount FROM known
        WHERE tried_at < tried_until
        UNION ALL
        SELECT 'leaving', customer_id, canceled_at, stopped_at, priced, amount FROM known
        WHERE canceled_at IS NOT NULL AND (stopped_at IS NULL OR canceled_at < stopped_at)
        UNION ALL
        SELECT 'trial_leaving', customer_id, CASE WHEN canceled_at > tried_at THEN canceled_at ELSE tried_at END,
            tried_until, priced, amount FROM known
        WHERE canceled_at < tried_until AND tried_at < tried_until
    )
    """
    for chosen in _CHOSEN
]
_REASONS = """
    'customer_service', 'low_quality', 'missing_features', 'switched_service', 'too_complex', 'too_expensive', 'unused'
"""
# The boundaries are sorted among the changes, and each change takes the number of the last one before it: a running
# maximum, where a join would compare every change with every period. A customer with several subscriptions is one; it
# comes when the number of those that it pays for rises from none.
_COUNT_SUBSCRIPTIONS = Statement(
    *(
        f"""
        {spans}, changes AS (
            SELECT kind, customer_id, begins AS happens, 1 AS count, priced, amount FROM spans
            UNION ALL
            SELECT kind, customer_id, ends, -1, -priced, -amount FROM spans WHERE ends IS NOT NULL
            UNION ALL
            SELECT 'ended', NULL, ended_at, 1, 0, 0 FROM chosen WHERE ended_at IS NOT NULL
            UNION ALL
            SELECT CASE WHEN customer_cancellation_reason IN ({_REASONS})
                THEN 'canceled_' || customer_cancellation_reason ELSE 'canceled_other' END,
                NULL, canceled_at, 1, 0, 0 FROM chosen WHERE canceled_at IS NOT NULL
        ), placed AS MATERIALIZED (
            SELECT kind, customer_id, count, priced, amount,
                max(boundary) OVER (ORDER BY happens, is_change) AS number
            FROM (
                SELECT kind, customer_id, happens, 1 AS is_change, NULL AS boundary, count, priced, amount
                FROM changes WHERE happens < :until
                UNION ALL
                SELECT NULL, NULL, begins, 0, number, 0, 0, 0 FROM periods
            ) AS sorted
        ), steps AS (
            SELECT customer_id, number, sum(CASE kind WHEN 'active' THEN priced ELSE -priced END) AS change
            FROM placed WHERE kind IN ('active', 'trial') GROUP BY customer_id, number
        ), running AS (
            SELECT number, change, sum(change) OVER (PARTITION BY customer_id ORDER BY number) AS paid FROM steps
        )
        SELECT number, kind, CAST(sum(CASE WHEN count > 0 THEN 1 ELSE 0 END) AS BIGINT) AS begun,
            CAST(sum(count) AS BIGINT) AS count, CAST(sum(amount) AS BIGINT) AS amount
        FROM placed WHERE kind IS NOT NULL GROUP BY number, kind
        UNION ALL
        SELECT number, 'customers', 0, CAST(sum(
            CASE WHEN paid > 0 THEN 1 ELSE 0 END - CASE WHEN paid - change > 0 THEN 1 ELSE 0 END
        ) AS BIGINT), 0
        FROM running GROUP BY number
        """
        for spans in _SPANS
    )
)


async def count_subscriptions(tx: Transaction, chosen: Chosen, currency: str, begins: list[int], now: int) -> list[Row]:
    """What changed about subscriptions, by period and kind, until now; and how many customers came and went."""
    return await tx.all(
        _COUNT_SUBSCRIPTIONS,
        **chosen.parameters(),
        currency=currency,
        periods=periods_json(begins, 0),
        until=min(begins[-1], now + 1),
    )

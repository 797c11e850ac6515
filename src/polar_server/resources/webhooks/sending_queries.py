"""SQL of the delivery worker. It serves every organization; a lane serves one endpoint and names its organization."""

import json
from collections.abc import Sequence
from typing import Any

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within

# From events to queues

_LIST_LISTENERS = Statement(
    *(
        f"""
        SELECT w.id, w.organization_id, w.events FROM webhook_endpoints w
        JOIN organizations o ON o.id = w.organization_id AND o.deleted_at IS NULL
        WHERE {organizations} AND w.enabled = TRUE ORDER BY w.id
        """
        for organizations in within("w.organization_id", "organization_ids")
    )
)
_ENQUEUE = Statement("""
    INSERT INTO webhook_events (
        id, organization_id, endpoint_id, event_id, status, position, due_at, held_until, created_at
    ) VALUES (:id, :organization_id, :endpoint_id, :event_id, 'pending', :event_id, :now, :held_until, :created_at)
    ON CONFLICT (endpoint_id, event_id) DO NOTHING
""")
_WAKEN = both(within("id", "endpoint_ids"), within("organization_id", "organization_ids"))
_WAKE = Statement(
    *(f"UPDATE webhook_endpoints SET next_due_at = :now WHERE {waken} AND enabled = TRUE" for waken in _WAKEN)
)

# Claims

_DUE = "next_due_at <= :now AND enabled = TRUE AND (leased_until IS NULL OR leased_until <= :now)"
IS_DUE = Statement(f"SELECT 1 FROM webhook_endpoints WHERE {_DUE} LIMIT 1")
# Counting from the lanes that its organization has already, an endpoint beyond the share waits for one of them to end:
# otherwise the slow receivers of one organization could hold up all others.
_CHOSEN = f"""
    SELECT id FROM (
        SELECT w.id, w.next_due_at, COALESCE(held.lanes, 0)
            + row_number() OVER (PARTITION BY w.organization_id ORDER BY w.next_due_at, w.id) AS lane
        FROM webhook_endpoints w LEFT JOIN (
            SELECT organization_id, count(*) AS lanes FROM webhook_endpoints
            WHERE leased_until > :now GROUP BY organization_id
        ) held ON held.organization_id = w.organization_id
        WHERE {_DUE}
    ) due WHERE lane <= :share ORDER BY next_due_at, id LIMIT :limit
"""
_CLAIMED = "UPDATE webhook_endpoints SET lease = :lease, leased_until = :until WHERE id IN"
# On SQLite there is one writer; on PostgreSQL workers pass each other by.
CLAIM = Statement(
    f"{_CLAIMED} ({_CHOSEN}) RETURNING id, organization_id",
    postgres=f"""
        {_CLAIMED} (
            SELECT id FROM webhook_endpoints WHERE id IN ({_CHOSEN}) AND {_DUE} FOR UPDATE SKIP LOCKED
        ) RETURNING id, organization_id
    """,
)
_KEEP_LEASE = Statement("""
    UPDATE webhook_endpoints SET leased_until = :until
    WHERE id = :endpoint_id AND organization_id = :organization_id AND lease = :lease AND enabled = TRUE
""")
_RELEASE = Statement("""
    UPDATE webhook_endpoints SET lease = NULL, leased_until = NULL, next_due_at = :next_due_at
    WHERE id = :endpoint_id AND organization_id = :organization_id AND lease = :lease
""")

# What a lane sends next

_QUEUE = """
    FROM webhook_events m
    JOIN webhook_endpoints w ON w.id = m.endpoint_id AND w.organization_id = m.organization_id
    JOIN events e ON e.id = m.event_id AND e.organization_id = m.organization_id
    WHERE m.endpoint_id = :endpoint_id AND m.organization_id = :organization_id AND m.status = 'pending'
"""
_MESSAGE = """
    m.id, m.endpoint_id, m.organization_id, m.attempts, m.due_at, m.is_test, e.type, e.payload,
    w.url, w.format, w.api_version, w.secret
"""
_FIND_FIRST = Statement(f"SELECT {_MESSAGE} {_QUEUE} ORDER BY m.position LIMIT 1")
_FIND_OVERTAKING = Statement(f"""
    SELECT {_MESSAGE} {_QUEUE} AND m.due_at <= :now AND m.held_until <= :now ORDER BY m.due_at, m.position LIMIT 1
""")
_WAITING = """
    FROM webhook_events
    WHERE endpoint_id = :endpoint_id AND organization_id = :organization_id AND status = 'pending'
"""
# Those that are due and held until later, and those that are due later; the first of all may go when it is due.
_NEXT_TIMES = Statement(f"""
    SELECT
        (SELECT held_until {_WAITING} AND due_at <= :now ORDER BY due_at, position LIMIT 1) AS held_until,
        (SELECT due_at {_WAITING} AND due_at > :now ORDER BY due_at, position LIMIT 1) AS due_at
""")

# What came of an attempt

_ADD_DELIVERY = Statement("""
    INSERT INTO webhook_deliveries (
        id, organization_id, endpoint_id, webhook_event_id, succeeded, http_code, response, created_at
    ) VALUES (:id, :organization_id, :endpoint_id, :webhook_event_id, :succeeded, :http_code, :response, :now)
""")
_SETTLE = Statement("""
    UPDATE webhook_events SET status = :status, attempts = attempts + 1, last_http_code = :http_code, due_at = :due_at,
        modified_at = :now
    WHERE id = :webhook_event_id AND organization_id = :organization_id
""")
_COUNT_SUCCESS = Statement("""
    UPDATE webhook_endpoints SET failed_in_a_row = 0
    WHERE id = :endpoint_id AND organization_id = :organization_id AND failed_in_a_row > 0
""")
_COUNT_FAILURE = Statement("""
    UPDATE webhook_endpoints SET failed_in_a_row = failed_in_a_row + 1
    WHERE id = :endpoint_id AND organization_id = :organization_id RETURNING failed_in_a_row
""")
_DISABLE = Statement("""
    UPDATE webhook_endpoints
    SET enabled = FALSE, next_due_at = NULL, lease = NULL, leased_until = NULL, modified_at = :now
    WHERE id = :endpoint_id AND organization_id = :organization_id
""")

# Upkeep

_LIST_SECRETS = Statement("""
    SELECT id, organization_id, secret FROM webhook_endpoints
    WHERE secret NOT LIKE CAST(:current AS TEXT) || ':%' ORDER BY id LIMIT :limit
""")
_RESEAL = Statement("""
    UPDATE webhook_endpoints SET secret = :new WHERE id = :id AND organization_id = :organization_id AND secret = :old
""")


async def list_listeners(tx: Transaction, organization_ids: Sequence[str]) -> list[Row]:
    """The endpoints of these organizations that get events."""
    return await tx.all(_LIST_LISTENERS, organization_ids=json.dumps(list(organization_ids)))


async def enqueue(tx: Transaction, **columns: Any) -> None:
    """Put an event at the end of an endpoint's queue, once."""
    await tx.run(_ENQUEUE, **columns)


async def wake(tx: Transaction, endpoints: Sequence[tuple[str, str]], now: int) -> None:
    """There is something to send to these endpoints, each with its organization."""
    endpoint_ids, organization_ids = ([pair[place] for pair in endpoints] for place in (0, 1))
    lists = {"endpoint_ids": json.dumps(endpoint_ids), "organization_ids": json.dumps(organization_ids)}
    await tx.run(_WAKE, **lists, now=now)


async def keep_lease(tx: Transaction, place: dict[str, str], until: int) -> bool:
    """Hold the endpoint longer; False when it is another worker's by now, disabled or deleted."""
    return await tx.run(_KEEP_LEASE, **place, until=until) == 1


async def release(tx: Transaction, place: dict[str, str], next_due_at: int | None) -> None:
    """Leave the endpoint to whoever comes when something is due."""
    await tx.run(_RELEASE, **place, next_due_at=next_due_at)


async def find_next(tx: Transaction, endpoint_id: str, organization_id: str, now: int) -> Row | None:
    """The first of the queue when it is due; else one that waited long enough for those before it."""
    place = {"endpoint_id": endpoint_id, "organization_id": organization_id}
    first = await tx.first(_FIND_FIRST, **place)
    if first is None or first["due_at"] <= now:
        return first
    return await tx.first(_FIND_OVERTAKING, **place, now=now)


async def find_next_time(tx: Transaction, endpoint_id: str, organization_id: str, now: int) -> int | None:
    """When there will be something to send; None while the queue is empty."""
    row = await tx.one(_NEXT_TIMES, endpoint_id=endpoint_id, organization_id=organization_id, now=now)
    return min((time for time in row if time is not None), default=None)


async def add_delivery(tx: Transaction, **columns: Any) -> None:
    """Keep an attempt."""
    await tx.run(_ADD_DELIVERY, **columns)


async def settle(tx: Transaction, **columns: Any) -> None:
    """What became of an event by an attempt."""
    await tx.run(_SETTLE, **columns)


async def count_success(tx: Transaction, endpoint_id: str, organization_id: str) -> None:
    """The endpoint works."""
    await tx.run(_COUNT_SUCCESS, endpoint_id=endpoint_id, organization_id=organization_id)


async def count_failure(tx: Transaction, endpoint_id: str, organization_id: str) -> int:
    """How many events in a row have failed now."""
    row = await tx.one(_COUNT_FAILURE, endpoint_id=endpoint_id, organization_id=organization_id)
    return int(row["failed_in_a_row"])


async def disable(tx: Transaction, endpoint_id: str, organization_id: str, now: int) -> None:
    """Send nothing more to an endpoint."""
    await tx.run(_DISABLE, endpoint_id=endpoint_id, organization_id=organization_id, now=now)


async def list_outdated_secrets(tx: Transaction, current_key_id: str, limit: int) -> list[Row]:
    """Endpoints whose secret is sealed under another server key than the current one."""
    return await tx.all(_LIST_SECRETS, current=current_key_id, limit=limit)


async def reseal(tx: Transaction, row: Row, new: str) -> None:
    """Replace a sealed secret by the same one under another key, unless it was changed meanwhile."""
    await tx.run(_RESEAL, id=row["id"], organization_id=row["organization_id"], old=row["secret"], new=new)

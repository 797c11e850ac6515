"""SQL of the outbox of events."""

import json
from collections.abc import Iterable

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import within

_ADD = Statement("""
    INSERT INTO events (id, organization_id, type, payload, created_at)
    VALUES (:id, :organization_id, :type, :payload, :now)
""")
# One dispatcher at a time, or a later event could overtake an earlier one. On SQLite every writer waits for the others.
_TAKE_TURN = Statement("SELECT TRUE AS mine", postgres="SELECT pg_try_advisory_xact_lock(7061726) AS mine")
_WAITS = Statement("SELECT 1 FROM events WHERE dispatched_at IS NULL LIMIT 1")
_LIST_WAITING = Statement("""
    SELECT id, organization_id, type, created_at FROM events WHERE dispatched_at IS NULL ORDER BY id LIMIT :limit
""")
_IDS = within("id", "ids")
_MARK_DISPATCHED = Statement(*(f"UPDATE events SET dispatched_at = :now WHERE {ids}" for ids in _IDS))
_DROP = Statement(*(f"DELETE FROM events WHERE {ids}" for ids in _IDS))
_ARCHIVE = Statement("""
    UPDATE events SET payload = NULL WHERE id IN (
        SELECT id FROM events
        WHERE payload IS NOT NULL AND created_at < :before AND dispatched_at IS NOT NULL
        ORDER BY created_at LIMIT :limit
    )
""")
# What was on its way to endpoints goes with its event, and so do its deliveries.
_REMOVE = Statement("""
    DELETE FROM events WHERE id IN (
        SELECT id FROM events WHERE payload IS NULL AND created_at < :before ORDER BY created_at LIMIT :limit
    )
""")


async def add_event(
    tx: Transaction, event_id: str, organization_id: str, event_type: str, payload: str, now: int
) -> None:
    """Store an event that nobody has sent yet."""
    await tx.later(_ADD, id=event_id, organization_id=organization_id, type=event_type, payload=payload, now=now)


async def waits(tx: Transaction) -> bool:
    """Whether an event waits to be dispatched."""
    return await tx.first(_WAITS) is not None


async def take_turn(tx: Transaction) -> bool:
    """Whether this transaction may dispatch; no other one may until it ends."""
    return bool((await tx.one(_TAKE_TURN))["mine"])


async def list_waiting(tx: Transaction, limit: int) -> list[Row]:
    """The oldest events that wait to be dispatched."""
    return await tx.all(_LIST_WAITING, limit=limit)


async def mark_dispatched(tx: Transaction, event_ids: Iterable[str], now: int) -> None:
    """Events that somebody gets."""
    await tx.run(_MARK_DISPATCHED, ids=json.dumps(list(event_ids)), now=now)


async def drop_events(tx: Transaction, event_ids: Iterable[str]) -> None:
    """Events that nobody listens to."""
    await tx.run(_DROP, ids=json.dumps(list(event_ids)))


async def archive_events(tx: Transaction, before: int, limit: int) -> int:
    """Forget the payloads of events from before a time, oldest first; how many."""
    return await tx.run(_ARCHIVE, before=before, limit=limit)


async def remove_events(tx: Transaction, before: int, limit: int) -> int:
    """Remove archived events from before a time, with all that was delivered of them, oldest first; how many."""
    return await tx.run(_REMOVE, before=before, limit=limit)

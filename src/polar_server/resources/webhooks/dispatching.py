"""From the outbox to the queues: each event goes to the endpoints of its organization that asked for its type."""

import json
from collections import defaultdict
from collections.abc import Sequence

from polar_server.database import Database, Row, Transaction
from polar_server.database.ordered_ids import ordered_id
from polar_server.resource_server import event_queries
from polar_server.resources.webhooks import sending_queries
from polar_server.resources.webhooks.schedule import HELD

BATCH = 100
"""Events in one transaction."""


async def dispatch(database: Database, now: int) -> int:
    """Queue the events that wait; how many there were. Less than BATCH means that none is left."""
    async with database.write() as tx:
        if not await event_queries.take_turn(tx):
            return 0
        events = await event_queries.list_waiting(tx, BATCH)
        if events:
            await _enqueue(tx, events, now)
    return len(events)


async def _enqueue(tx: Transaction, events: Sequence[Row], now: int) -> None:
    listeners = await _listeners(tx, events)
    woken: set[tuple[str, str]] = set()
    heard: list[str] = []
    for event in events:
        endpoint_ids = listeners[event["organization_id"], event["type"]]
        if endpoint_ids:
            heard.append(event["id"])
        for endpoint_id in endpoint_ids:
            await _add(tx, event, endpoint_id, now)
            woken.add((endpoint_id, event["organization_id"]))
    if woken:
        await sending_queries.wake(tx, sorted(woken), now)
    if heard:
        await event_queries.mark_dispatched(tx, heard, now)
    if unheard := {event["id"] for event in events} - set(heard):
        await event_queries.drop_events(tx, unheard)


async def _listeners(tx: Transaction, events: Sequence[Row]) -> dict[tuple[str, str], list[str]]:
    """(organization, type) -> endpoints."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    organization_ids = sorted({event["organization_id"] for event in events})
    for row in await sending_queries.list_listeners(tx, organization_ids):
        for event_type in json.loads(row["events"]):
            found[row["organization_id"], event_type].append(row["id"])
    return found


async def _add(tx: Transaction, event: Row, endpoint_id: str, now: int) -> None:
    await sending_queries.enqueue(
        tx,
        id=ordered_id(),
        organization_id=event["organization_id"],
        endpoint_id=endpoint_id,
        event_id=event["id"],
        now=now,
        held_until=now + HELD,
        created_at=event["created_at"],
    )

"""What a worker does once an hour: old payloads are archived, older events removed; secrets follow the server key."""

from collections.abc import Awaitable, Callable

from polar_server.database import Database, Transaction
from polar_server.oauth.server_keys import SealBroken, ServerKeys
from polar_server.resource_server import event_queries
from polar_server.resources.webhooks import sending_queries
from polar_server.resources.webhooks.signatures import open_secret, seal_secret

UPKEEP_EVERY = 3600
"""Seconds."""
ARCHIVED_AFTER = 90 * 86_400
"""Seconds after which a payload is forgotten and its event cannot be sent again."""
REMOVED_AFTER = 180 * 86_400
"""Seconds after which an event is removed, with its deliveries."""
BATCH = 500
"""Events in one statement, so that nobody waits for long."""

Step = Callable[[Transaction, int, int], Awaitable[int]]
"""Does something to events from before a time, to so many at most; to how many."""


async def keep_up(database: Database, server_keys: ServerKeys, now: int) -> None:
    """Archive, remove and reseal, in small batches."""
    await _in_batches(database, event_queries.archive_events, now - ARCHIVED_AFTER)
    await _in_batches(database, event_queries.remove_events, now - REMOVED_AFTER)
    await _reseal(database, server_keys)


async def _in_batches(database: Database, step: Step, before: int) -> None:
    done = BATCH
    while done == BATCH:
        async with database.statement() as tx:
            done = await step(tx, before, BATCH)


async def _reseal(database: Database, server_keys: ServerKeys) -> None:
    """Seal under the newest server key what an older one sealed, so that the older can be taken away."""
    async with database.read() as tx:
        rows = await sending_queries.list_outdated_secrets(tx, server_keys.key_id, BATCH)
    for row in rows:
        try:
            secret = open_secret(server_keys, row["id"], row["secret"])
        except SealBroken:
            continue
        async with database.statement() as tx:
            await sending_queries.reseal(tx, row, seal_secret(server_keys, row["id"], secret))

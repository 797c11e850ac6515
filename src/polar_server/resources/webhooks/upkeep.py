"""What a worker does once an hour: old payloads are archived, and secrets follow the server key."""

from polar_server.database import Database
from polar_server.oauth.server_keys import SealBroken, ServerKeys
from polar_server.resource_server import event_queries
from polar_server.resources.webhooks import sending_queries
from polar_server.resources.webhooks.signatures import open_secret, seal_secret

UPKEEP_EVERY = 3600
"""Seconds."""
ARCHIVED_AFTER = 90 * 86_400
"""Seconds after which a payload is forgotten and its event cannot be sent again."""
BATCH = 500


async def keep_up(database: Database, server_keys: ServerKeys, now: int) -> None:
    """Archive and reseal, in small batches."""
    archived = BATCH
    while archived == BATCH:
        async with database.statement() as tx:
            archived = await event_queries.archive_events(tx, now - ARCHIVED_AFTER, BATCH)
    await _reseal(database, server_keys)


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

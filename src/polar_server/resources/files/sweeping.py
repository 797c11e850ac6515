"""Uploads that nobody finished, and deleted files whose bytes are still there."""

import structlog

from polar_server.database import Database
from polar_server.resources.files import queries
from polar_server.storage import Storage, StorageFailed

ABANDONED_AFTER = 86_400
"""Seconds that an upload waits to be finished; its addresses work for an hour."""
BATCH = 100

log = structlog.get_logger()


async def sweep(database: Database, storage: Storage, now: int) -> dict[str, int]:
    """Remove the bytes and rows of abandoned uploads and of deleted files; how many."""
    removed = 0
    while True:
        async with database.write() as tx:
            await queries.abandon_uploads(tx, now - ABANDONED_AFTER, now, BATCH)
            rows = await queries.list_hidden(tx, BATCH)
        for row in rows:
            try:
                await storage.remove(row["id"], row["upload_id"])
            except StorageFailed as error:
                log.warning("storage_failed", reason=str(error))
                return {"files": removed}
            async with database.write() as tx:
                await queries.drop_file(tx, row["id"], row["organization_id"])
            removed += 1
        if len(rows) < BATCH:
            return {"files": removed}

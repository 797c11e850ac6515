"""Entries that are kept no longer, removed in small batches."""

from polar_server.audit import queries
from polar_server.database import Database

DAY = 86_400
BATCH = 500


async def sweep(database: Database, retention: int, now: int) -> dict[str, int]:
    """Remove the entries that are older than the retention, in days; how many."""
    total = 0
    while True:
        async with database.statement() as tx:
            removed = await queries.sweep_entries(tx, now - retention * DAY, BATCH)
        total += removed
        if removed < BATCH:
            return {"audit_entries": total}

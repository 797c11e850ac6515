"""Rows that nothing asks for any more, removed in small batches."""

from polar_server.accounts import queries
from polar_server.database import Database

KEPT = 30 * 86_400
"""Seconds that a row stays after its end, to answer what happened."""
BATCH = 500


async def sweep(database: Database, now: int) -> dict[str, int]:
    """Remove sessions, links, invitations, counters and spent challenges that ended long ago; how many of each."""
    removed = dict.fromkeys(queries.SWEEPS, 0)
    for table, statement in queries.SWEEPS.items():
        while True:
            async with database.statement() as transaction:
                count = await transaction.run(statement, before=now - KEPT, limit=BATCH)
            removed[table] += count
            if count < BATCH:
                break
    return removed

"""The sweeper: expired codes and tokens go, in small batches that never make a request wait."""

from collections.abc import Awaitable, Callable

from polar_server.authorization_server import sweep_queries as queries
from polar_server.database import Database, Transaction
from polar_server.oauth import tokens
from polar_server.settings import Settings

BATCH = 500
KEPT = 30 * 86_400
"""Seconds for which a used refresh token is kept, so that its replay is recognised and ends the grant.

An organization token that ended stays in its list for as long."""


async def sweep(database: Database, settings: Settings, now: int) -> dict[str, int]:
    """Remove what expired; how many rows of each table. `now` is in seconds.

    A used code is kept as long as an access token that came from it may live, so that a
    late replay still finds something to end.
    """
    longest = max(settings.access_token_lifetime, settings.authorization_code_lifetime)
    unusable, forgotten = _id_at(now - 2 * longest), _id_at(now - KEPT)
    return {
        "authorization_codes": await _in_batches(database, lambda tx: queries.sweep_codes(tx, unusable, now, BATCH)),
        "access_tokens": await _in_batches(database, lambda tx: queries.sweep_access_tokens(tx, unusable, now, BATCH)),
        "organization_tokens": await _in_batches(
            database, lambda tx: queries.sweep_organization_tokens(tx, now - KEPT, BATCH)
        ),
        "refresh_tokens": await _in_windows(
            database,
            forgotten,
            queries.refresh_token_window,
            lambda tx, after, upto: queries.sweep_refresh_tokens(tx, after, upto, now - KEPT),
        ),
        "grants": await _in_windows(database, unusable, queries.grant_window, queries.sweep_grants),
    }


async def _in_batches(database: Database, remove: Callable[[Transaction], Awaitable[int]]) -> int:
    total = 0
    while True:
        async with database.statement() as tx:
            removed = await remove(tx)
        total += removed
        if removed < BATCH:
            return total


async def _in_windows(
    database: Database,
    older_than: str,
    find_end: Callable[[Transaction, str, str, int], Awaitable[str | None]],
    remove: Callable[[Transaction, str, str], Awaitable[int]],
) -> int:
    total, after = 0, ""
    while True:
        async with database.read() as tx:
            upto = await find_end(tx, after, older_than, BATCH)
        async with database.statement() as tx:
            total += await remove(tx, after, upto or older_than)
        if upto is None:
            return total
        after = upto


def _id_at(moment: int) -> str:
    """The smallest id of a moment in seconds."""
    return tokens.new_id(moment * 1000, b"\0\0\0")

"""What the clock does to subscriptions: each period is renewed once and in order, in a transaction of its own."""

import structlog

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction, Unavailable
from polar_server.resources.subscriptions import due_queries, queries
from polar_server.resources.subscriptions.collecting import try_again
from polar_server.resources.subscriptions.ending import revoke, take_back
from polar_server.resources.subscriptions.pausing import pause, resume_by_itself
from polar_server.resources.subscriptions.turning import end_with_period, renew

BATCH = 100
"""How many subscriptions are looked at in a row."""

PUT_OFF = 600
"""Seconds that one which fails is left alone, so that it does not keep the others waiting."""

log = structlog.get_logger()


async def renew_subscriptions(server: AuthorizationServer, now: int) -> int:
    """Do the next thing to each of the subscriptions that are due; how many that were.

    A worker that was away comes back to the same subscription until nothing of it is due: one period at a time.
    """
    async with server.database.read() as tx:
        due = await due_queries.list_due(tx, now, BATCH)
    done = 0
    for row in due:
        done += await _guarded(server, row["id"], row["organization_id"], now)
    return done


async def _guarded(server: AuthorizationServer, subscription_id: str, organization_id: str, now: int) -> bool:
    try:
        return await advance(server, subscription_id, organization_id, now)
    except Unavailable:
        raise
    except Exception:
        log.exception("subscription_not_renewed", subscription=subscription_id)
    async with server.database.write() as tx:
        await due_queries.put_off(tx, subscription_id, organization_id, now, now + PUT_OFF)
    return True


async def advance(server: AuthorizationServer, subscription_id: str, organization_id: str, now: int) -> bool:
    """Do the next thing to one subscription; False when nothing of it is due, or somebody else does it."""
    async with server.database.write() as tx:
        row = await due_queries.claim_due(tx, subscription_id, organization_id, now)
        if row is None:
            return False
        await _do_next(tx, server, row, now)
        return True


async def _do_next(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> None:
    """The one thing that is due next of a locked subscription."""
    if row["ended_at"] is not None:
        await take_back(tx, server, row, now)
    elif row["customer_deleted_at"] is not None:
        await revoke(tx, server, row, now)
    elif row["status"] == "paused":
        await resume_by_itself(tx, server, row, now)
    elif row["cancel_at_period_end"] and row["current_period_end"] <= now:
        await end_with_period(tx, server, row, now)
    elif row["status"] == "past_due":
        await try_again(tx, server, row, now)
    elif row["current_period_end"] > now:
        await queries.save_subscription(tx, row, now, due_at=row["current_period_end"])
    elif row["pause_at_period_end"]:
        await pause(tx, server, row, now)
    else:
        await renew(tx, server, row, now)

"""Checkouts that nobody paid within a day."""

import json

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.resource_server.events import record_event
from polar_server.resources.checkouts import queries
from polar_server.resources.checkouts.answers import checkouts_of

AT_ONCE = 20
"""How many are ended before the others get a turn."""


async def expire_checkouts(server: AuthorizationServer, now: int) -> int:
    """End checkouts that have reached their end, each in a transaction of its own; how many."""
    async with server.database.read() as tx:
        if not await queries.is_any_over(tx, now):
            return 0
    done = 0
    while done < AT_ONCE and await _expire_one(server, now):
        done += 1
    return done


async def _expire_one(server: AuthorizationServer, now: int) -> bool:
    async with server.database.write() as tx:
        claimed = await queries.claim_over(tx, now)
        if claimed is None:
            return False
        checkout_id, organization_id = claimed["id"], claimed["organization_id"]
        reach = json.dumps([organization_id])
        await queries.expire_checkout(tx, checkout_id, organization_id, now)
        row = await queries.find_checkout(tx, checkout_id, reach)
        assert row is not None, "it is held"
        shown = (await checkouts_of(tx, [row], reach, server, now))[0]
        await record_event(tx, organization_id, "checkout.expired", shown, now)
    return True

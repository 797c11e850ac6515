"""Bringing in line what was sold earlier: a product gives other benefits, or a benefit was changed or deleted.

Whoever makes the change asks for a review in its transaction. A worker then goes through the sales, each in a short
transaction of its own, so that neither the change nor a checkout waits for all of them.
"""

import json
from uuid import uuid4

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resources.benefit_grants import queries
from polar_server.resources.benefit_grants import review_queries as reviews
from polar_server.resources.benefit_grants.granting import Sale, refresh, revoke, sync_grants
from polar_server.resources.benefits import queries as benefits
from polar_server.resources.customers.changes import tell_state

BATCH = 50
"""How many sales are brought in line before a worker notes how far it came."""
LEASE = 60
"""Seconds for such a batch, after which another worker may take it."""


async def review_grants(server: AuthorizationServer, now: int) -> int:
    """Go on with the oldest review; how many sales or grants were looked at, 1 for a review that came to its end."""
    async with server.database.read() as tx:
        if not await reviews.is_due(tx, now):
            return 0
    lease = str(uuid4())
    async with server.database.write() as tx:
        review = await reviews.claim(tx, lease, now, now + LEASE)
    return 0 if review is None else await _go_on(server, review, lease, now)


async def _go_on(server: AuthorizationServer, review: Row, lease: str, now: int) -> int:
    async with server.database.read() as tx:
        found = await (reviews.list_grants if review["product_id"] is None else reviews.list_sales)(tx, review, BATCH)
    for each in found:
        async with server.database.write() as tx:
            await _bring_in_line(tx, server, review, each, now)
    async with server.database.write() as tx:
        if len(found) == BATCH:
            await reviews.advance(tx, review, lease, found[-1]["id"])
        else:
            await reviews.finish(tx, review, lease)
    return len(found) or 1


async def _bring_in_line(tx: Transaction, server: AuthorizationServer, review: Row, each: Row, now: int) -> None:
    organization_id, customer_id = review["organization_id"], each["customer_id"]
    is_there = await reviews.lock_customer(tx, customer_id, organization_id)
    if review["product_id"] is None:
        changed = await _follow_benefit(tx, each["id"], organization_id, now)
    else:
        changed = is_there and await _follow_product(tx, server, review, each, now)
    if changed:
        await tell_state(tx, organization_id, customer_id, now)


async def _follow_product(tx: Transaction, server: AuthorizationServer, review: Row, each: Row, now: int) -> bool:
    if not await reviews.lock_sale(tx, review, each):
        return False
    sale = Sale(
        review["organization_id"],
        each["customer_id"],
        subscription_id=each["id"] if each["is_subscription"] else None,
        order_id=None if each["is_subscription"] else each["id"],
    )
    return await sync_grants(tx, server, sale, review["product_id"], now)


async def _follow_benefit(tx: Transaction, grant_id: str, organization_id: str, now: int) -> bool:
    grant = await queries.lock_live(tx, grant_id, organization_id)
    if grant is None:
        return False
    # Read after the grant is held, so that of two reviews the later one has the last word.
    [benefit] = await benefits.list_also_deleted(tx, [grant["benefit_id"]], json.dumps([organization_id]))
    if benefit["deleted_at"] is not None:
        return await revoke(tx, grant, now)
    return await refresh(tx, grant, benefit, now)

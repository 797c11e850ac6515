"""What can be done with subscriptions. Each is one transaction: the change, its events, its entry of the audit log."""

import json

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import Target, record_act, sent_names
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resources.subscriptions import changes, creating, queries
from polar_server.resources.subscriptions.answers import subscriptions_of
from polar_server.resources.subscriptions.export import WRITE
from polar_server.resources.subscriptions.schemas import Subscription, SubscriptionCreate, SubscriptionUpdate


async def create_subscription(server: AuthorizationServer, caller: Caller, sent: SubscriptionCreate) -> Subscription:
    """Subscribe a customer to a free product. Raises RequestValidationError, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        offer = await creating.find_offer(tx, sent, caller.reach())
        caller.require(offer[0]["organization_id"], WRITE)
        row = await creating.create_subscription(tx, server, sent, offer, now)
        return await _told(tx, server, caller, "subscription.created", row, now)


async def update_subscription(
    server: AuthorizationServer, caller: Caller, subscription_id: str, sent: SubscriptionUpdate
) -> Subscription:
    """Make one change. Raises ResourceNotFound, NotPermitted, and as `changes.update_subscription` does."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, subscription_id, caller)
        row = await changes.update_subscription(tx, server, current, sent, now)
        act = "subscription.revoked" if sent.revoke is True else "subscription.updated"
        return await _told(tx, server, caller, act, row, now, changed=sent_names(sent))


async def revoke_subscription(server: AuthorizationServer, caller: Caller, subscription_id: str) -> Subscription:
    """End a subscription and its benefits. Raises ResourceNotFound, NotPermitted, AlreadyCanceledSubscription."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await _locked(tx, subscription_id, caller)
        row = await changes.revoke_subscription(tx, server, current, SubscriptionUpdate(), now)
        return await _told(tx, server, caller, "subscription.revoked", row, now)


async def shown(tx: Transaction, row: Row, issuer: str) -> Subscription:
    """The subscription as the API shows it."""
    return (await subscriptions_of(tx, [row], json.dumps([row["organization_id"]]), issuer))[0]


async def _told(
    tx: Transaction,
    server: AuthorizationServer,
    caller: Caller,
    act: str,
    row: Row,
    now: int,
    **detail: list[str],
) -> Subscription:
    """The subscription after an act, which is recorded; whatever changed it has told the events."""
    subscription = await shown(tx, row, server.issuer)
    target = Target(subscription.id, subscription.product.name)
    facts = {"customer_id": subscription.customer_id, **detail}
    await record_act(tx, caller, act, row["organization_id"], target, now, **facts)
    return subscription


async def _locked(tx: Transaction, subscription_id: str, caller: Caller) -> Row:
    """The subscription, for a change that the person's role must allow."""
    row = await queries.lock_subscription(tx, subscription_id, caller.reach())
    if row is None:
        raise ResourceNotFound
    caller.require(row["organization_id"], WRITE)
    return row

"""How a subscription ends: at once or with its period, and its benefits then or some days later."""

import json
from typing import Any

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.events import EventType
from polar_server.resources.benefit_grants.granting import sync_grants
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.orders.placing import void_order
from polar_server.resources.organizations.answers import settings_of
from polar_server.resources.organizations.queries import find_organization
from polar_server.resources.organizations.settings import SubscriptionSettings
from polar_server.resources.subscriptions import billing_queries, queries
from polar_server.resources.subscriptions.telling import sale_of, tell

_DAY = 86400
_NOTHING_WAITS: dict[str, Any] = {
    "pause_at_period_end": False,
    "resumes_at": None,
    "pending_id": None,
    "pending_product_id": None,
    "pending_price_id": None,
    "pending_created_at": None,
}


async def subscription_settings(tx: Transaction, organization_id: str) -> SubscriptionSettings:
    """What the organization chose for its subscriptions."""
    row = await find_organization(tx, organization_id, json.dumps([organization_id]))
    assert row is not None, "a subscription belongs to an organization"
    return settings_of(row).subscription_settings


async def revoke(tx: Transaction, server: AuthorizationServer, row: Row, now: int, **changes: Any) -> Row:
    """End a locked subscription with its benefits at once; also one whose benefits were to last some days more."""
    if row["ended_at"] is not None:
        return await take_back(tx, server, row, now)
    ended = await _end(tx, server, row, now, ended_at=now, revoked_at=now, **changes)
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return ended


async def lapse(tx: Transaction, server: AuthorizationServer, row: Row, ended_at: int, now: int) -> Row:
    """End a locked subscription as of a moment; its benefits stay for the days that the organization gives."""
    settings = await subscription_settings(tx, row["organization_id"])
    revoked_at = ended_at + settings.benefit_revocation_grace_period * _DAY
    ended = await _end(tx, server, row, now, ended_at=ended_at, revoked_at=revoked_at)
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return ended


async def take_back(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> Row:
    """Take back the benefits of a locked subscription that has ended."""
    row = await queries.save_subscription(tx, row, now, due_at=None)
    await _revoke_grants(tx, server, row, now)
    await tell(tx, server, row, now, "subscription.revoked")
    await tell_state(tx, row["organization_id"], row["customer_id"], now)
    return row


async def end_subscriptions_of(tx: Transaction, server: AuthorizationServer, customer: Row, now: int) -> None:
    """End all subscriptions of a customer, whose row is held, with their benefits at once."""
    for row in await queries.lock_of_customer(tx, customer["id"], customer["organization_id"]):
        await _end(tx, server, row, now, ended_at=now, revoked_at=now)


async def void_unpaid(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> None:
    """Give up what a locked subscription owes."""
    for order in await billing_queries.list_unpaid(tx, row["id"], row["organization_id"]):
        await void_order(tx, server, order["id"], row["organization_id"], now)


async def _end(
    tx: Transaction, server: AuthorizationServer, row: Row, now: int, *, ended_at: int, revoked_at: int, **changes: Any
) -> Row:
    columns = {**_NOTHING_WAITS, "status": "canceled", "ended_at": ended_at, "ends_at": ended_at, **changes}
    columns["canceled_at"] = row["canceled_at"] or now
    columns["due_at"] = revoked_at if revoked_at > now else None
    ended = await queries.save_subscription(tx, row, now, **columns)
    await void_unpaid(tx, server, row, now)
    events: list[EventType] = [] if row["cancel_at_period_end"] else ["subscription.canceled"]
    events.append("subscription.updated")
    if columns["due_at"] is None:
        await _revoke_grants(tx, server, ended, now)
        events.append("subscription.revoked")
    await tell(tx, server, ended, now, *events)
    return ended


async def _revoke_grants(tx: Transaction, server: AuthorizationServer, row: Row, now: int) -> None:
    await sync_grants(tx, server, sale_of(row), None, now)

"""Events: what a resource tells others about a change, stored together with it (a transactional outbox).

An event is sent if and only if its change was committed. Whoever sends events listens here for new ones.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import msgspec

from polar_server.database import Transaction
from polar_server.database.ordered_ids import ordered_id
from polar_server.resource_server import event_queries
from polar_server.resource_server.times import moment

EventType = Literal[
    "checkout.created", "checkout.updated", "checkout.expired",
    "customer.created", "customer.updated", "customer.deleted", "customer.state_changed",
    "customer_seat.assigned", "customer_seat.claimed", "customer_seat.revoked",
    "member.created", "member.updated", "member.deleted",
    "order.created", "order.updated", "order.paid", "order.refunded",
    "subscription.created", "subscription.updated", "subscription.active", "subscription.canceled",
    "subscription.uncanceled", "subscription.cycled", "subscription.revoked", "subscription.past_due",
    "subscription.paused", "subscription.resumed", "subscription.migrated",
    "refund.created", "refund.updated",
    "product.created", "product.updated",
    "discount.created", "discount.updated", "discount.deleted",
    "benefit.created", "benefit.updated",
    "benefit_grant.created", "benefit_grant.cycled", "benefit_grant.updated", "benefit_grant.revoked",
    "organization.updated",
]  # fmt: skip
"""Every type that an endpoint may ask for. Those that no resource raises yet never come."""

Listener = Callable[[], None]

_listeners: list[Listener] = []


async def record_event(tx: Transaction, organization_id: str, event_type: EventType, data: Any, now: int) -> None:
    """Store an event in the transaction of its change. `data` is what the API answers about the thing."""
    payload = msgspec.json.encode({"type": event_type, "timestamp": moment(now), "data": data}).decode()
    await event_queries.add_event(tx, ordered_id(), organization_id, event_type, payload, now)
    announce()


async def record_events(
    tx: Transaction, organization_id: str, event_types: Sequence[EventType], data: Any, now: int
) -> None:
    """Store several events of the same thing."""
    encoded = msgspec.Raw(msgspec.json.encode(data))
    for event_type in event_types:
        await record_event(tx, organization_id, event_type, encoded, now)


def announce() -> None:
    """Tell the listeners of this process that there will be something to send."""
    for listener in _listeners:
        listener()


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call the listener whenever this process records an event, which is a moment before its commit."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def payload_for(payload: str, api_version: str) -> str:
    """The bytes that a receiver gets: the stored ones, and the version that it chose."""
    return f'{payload[:-1]},"api_version":"{api_version}"}}'

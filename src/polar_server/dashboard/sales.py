"""What was sold to whom, as several areas list it."""

import json
from collections.abc import Iterable
from typing import Any

from polar_server.dashboard.places import Place
from polar_server.database import Transaction
from polar_server.resource_server.metadata import NOT_ASKED
from polar_server.resources.customers import queries as customers
from polar_server.resources.customers.queries import CustomerFilter
from polar_server.resources.orders import list_queries as order_queries
from polar_server.resources.orders.answers import orders_of
from polar_server.resources.orders.list_queries import OrderFilter
from polar_server.resources.orders.schemas import Order
from polar_server.resources.subscriptions import queries as subscription_queries
from polar_server.resources.subscriptions.answers import subscriptions_of
from polar_server.resources.subscriptions.queries import SubscriptionFilter
from polar_server.resources.subscriptions.schemas import Subscription

_MOST_FOUND = 100


def listed(values: Iterable[str]) -> str:
    """A filter that several values fit."""
    return json.dumps(sorted(values))


async def find_customers(tx: Transaction, reach: str, query: str) -> str | None:
    """The customers who are looked for, as a filter; None where nobody is."""
    if not query:
        return None
    wanted = CustomerFilter(organization_ids=reach, email=None, query=query, active=None, metadata=NOT_ASKED)
    rows, _ = await customers.list_customers(tx, wanted, "c.created_at DESC, c.id", _MOST_FOUND, 0)
    return listed(row["id"] for row in rows)


async def list_orders(
    tx: Transaction, place: Place, order: str, limit: int, offset: int = 0, **asked: Any
) -> tuple[list[Order], int]:
    """A page of the organization's orders, and how many there are. `asked` are members of OrderFilter."""
    reach = place.caller.reach()
    anything: dict[str, Any] = dict.fromkeys(OrderFilter.__struct_fields__)
    wanted = OrderFilter(**{**anything, "organization_ids": reach, "metadata": NOT_ASKED, **asked})
    rows, total = await order_queries.list_orders(tx, wanted, order, limit, offset)
    return await orders_of(tx, rows, reach), total


async def list_subscriptions(
    tx: Transaction, place: Place, order: str, limit: int, offset: int = 0, **asked: Any
) -> tuple[list[Subscription], int]:
    """A page of the organization's subscriptions, and how many there are. `asked` are members of SubscriptionFilter."""
    reach = place.caller.reach()
    anything: dict[str, Any] = dict.fromkeys(SubscriptionFilter.__struct_fields__)
    wanted = SubscriptionFilter(**{**anything, "organization_ids": reach, "metadata": NOT_ASKED, **asked})
    rows, total = await subscription_queries.list_subscriptions(tx, wanted, order, limit, offset)
    return await subscriptions_of(tx, rows, reach, place.server.issuer), total

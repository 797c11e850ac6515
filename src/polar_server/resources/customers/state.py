"""What a customer has at this moment."""

from collections.abc import Iterable
from typing import Any

import msgspec

from polar_server.database import Row, Transaction
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.customers import state_queries
from polar_server.resources.customers.answers import members_of
from polar_server.resources.customers.schemas import CustomerState, CustomerStateBenefitGrant, CustomerStateSubscription

_SAME = ("status", "amount", "currency", "recurring_interval", "product_id")
_TIMES = (
    "current_period_start",
    "current_period_end",
    "trial_start",
    "trial_end",
    "canceled_at",
    "started_at",
    "ends_at",
)


async def state_of(tx: Transaction, row: Row) -> CustomerState:
    """A customer with its active subscriptions and granted benefits."""
    place = (row["id"], row["organization_id"])
    subscriptions = await state_queries.list_active_subscriptions(tx, *place)
    return state_from(row, subscriptions, await state_queries.list_live_grants(tx, *place))


def state_from(row: Row, subscriptions: Iterable[Row], grants: Iterable[Row]) -> CustomerState:
    """The same from rows as `state_queries` reads them."""
    return CustomerState(
        **members_of(row),
        active_subscriptions=[_subscription(each) for each in subscriptions],
        granted_benefits=[_grant(each) for each in grants],
    )


def _dates(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "created_at": moment(row["created_at"]),
        "modified_at": moment_or_none(row["modified_at"]),
    }


def _subscription(row: Row) -> CustomerStateSubscription:
    shared: dict[str, Any] = {name: row[name] for name in _SAME}
    times: dict[str, Any] = {name: moment_or_none(row[name]) for name in _TIMES}
    return CustomerStateSubscription(
        **_dates(row),
        **shared,
        **times,
        cancel_at_period_end=bool(row["cancel_at_period_end"]),
        metadata=msgspec.json.decode(row["metadata"]),
    )


def _grant(row: Row) -> CustomerStateBenefitGrant:
    return CustomerStateBenefitGrant(
        **_dates(row),
        granted_at=moment(row["granted_at"]),
        benefit_id=row["benefit_id"],
        benefit_type=row["benefit_type"],
        benefit_metadata=msgspec.json.decode(row["benefit_metadata"]),
        properties=msgspec.json.decode(row["properties"]),
    )

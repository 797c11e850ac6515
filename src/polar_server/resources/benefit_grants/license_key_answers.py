"""Rows of license keys and activations as the API shows them."""

import json
from collections.abc import Sequence
from typing import Any

from polar_server.database import Row, Transaction
from polar_server.oauth.server_keys import ServerKeys
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.benefit_grants.license_key_schemas import (
    LicenseKeyActivationBase,
    LicenseKeyOrder,
    LicenseKeySubscription,
)
from polar_server.resources.benefit_grants.license_keys import key_text
from polar_server.resources.customers import queries as customers
from polar_server.resources.customers.answers import customer_of

_SAME = (
    "id",
    "organization_id",
    "customer_id",
    "benefit_id",
    "display_key",
    "status",
    "limit_activations",
    "usage",
    "limit_usage",
    "validations",
    "subscription_id",
    "order_id",
)


async def keys_of(
    tx: Transaction, server_keys: ServerKeys, rows: Sequence[Row], organization_ids: str
) -> list[dict[str, Any]]:
    """The members of license keys with their customers."""
    found = await customers.list_also_deleted(tx, {row["customer_id"] for row in rows}, organization_ids)
    people = {row["id"]: row for row in found}
    return [_members(row, people[row["customer_id"]], key_text(server_keys, row)) for row in rows]


def activation_of(row: Row) -> LicenseKeyActivationBase:
    """An activation."""
    return LicenseKeyActivationBase(**activation_members(row))


def activation_members(row: Row) -> dict[str, Any]:
    """The members of an activation from its row."""
    return {
        "id": row["id"],
        "license_key_id": row["license_key_id"],
        "label": row["label"],
        "meta": json.loads(row["meta"]),
        "created_at": moment(row["created_at"]),
        "modified_at": moment_or_none(row["modified_at"]),
    }


def _members(row: Row, customer: Row, text: str) -> dict[str, Any]:
    return {
        **{name: row[name] for name in _SAME},
        "created_at": moment(row["created_at"]),
        "modified_at": moment_or_none(row["modified_at"]),
        "last_validated_at": moment_or_none(row["last_validated_at"]),
        "expires_at": moment_or_none(row["expires_at"]),
        "key": text,
        "customer": customer_of(customer),
        "subscription": _subscription(row),
        "order": _order(row),
    }


def _subscription(row: Row) -> LicenseKeySubscription | None:
    if row["subscription_status"] is None:
        return None
    return LicenseKeySubscription(
        id=row["subscription_id"],
        status=row["subscription_status"],
        current_period_start=moment(row["current_period_start"]),
        current_period_end=moment(row["current_period_end"]),
        cancel_at_period_end=bool(row["cancel_at_period_end"]),
        ends_at=moment_or_none(row["ends_at"]),
    )


def _order(row: Row) -> LicenseKeyOrder | None:
    if row["order_status"] is None:
        return None
    return LicenseKeyOrder(row["order_id"], moment(row["ordered_at"]), row["order_status"], row["paid_at"] is not None)

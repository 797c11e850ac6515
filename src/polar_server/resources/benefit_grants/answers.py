"""Rows of benefit grants as the API shows them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from polar_server.database import Row, Transaction
from polar_server.resource_server.benefits import benefit_of
from polar_server.resource_server.times import moment, moment_or_none
from polar_server.resources.benefit_grants.schemas import BenefitGrant
from polar_server.resources.benefits import queries as benefits
from polar_server.resources.customers import queries as customers
from polar_server.resources.customers.answers import customer_of


async def grants_of(tx: Transaction, rows: Sequence[Row], organization_ids: str) -> list[BenefitGrant]:
    """The grants with their customers and benefits, in a statement for each kind however many grants there are."""
    if not rows:
        return []
    found = await customers.list_also_deleted(tx, {row["customer_id"] for row in rows}, organization_ids)
    given = await benefits.list_also_deleted(tx, {row["benefit_id"] for row in rows}, organization_ids)
    people, things = {row["id"]: row for row in found}, {row["id"]: row for row in given}
    return [BenefitGrant(**members_of(row, people[row["customer_id"]], things[row["benefit_id"]])) for row in rows]


def members_of(row: Row, customer: Row, benefit: Row) -> dict[str, Any]:
    """The members of a grant from its row, and from those of its customer and benefit."""
    return {
        "id": row["id"],
        "created_at": moment(row["created_at"]),
        "modified_at": moment_or_none(row["modified_at"]),
        "granted_at": moment_or_none(row["granted_at"]),
        "is_granted": row["granted_at"] is not None,
        "revoked_at": moment_or_none(row["revoked_at"]),
        "is_revoked": row["revoked_at"] is not None,
        "subscription_id": row["subscription_id"],
        "order_id": row["order_id"],
        "customer_id": row["customer_id"],
        "benefit_id": row["benefit_id"],
        "customer": customer_of(customer),
        "benefit": benefit_of(benefit),
        "properties": msgspec.json.decode(row["properties"]),
    }

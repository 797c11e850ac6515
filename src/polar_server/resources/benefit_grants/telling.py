"""Events of benefit grants."""

import json
from typing import Any, Literal

from polar_server.database import Row, Transaction
from polar_server.resource_server.events import record_event
from polar_server.resources.benefit_grants.answers import members_of
from polar_server.resources.benefit_grants.schemas import BenefitGrantWebhook
from polar_server.resources.benefits import queries as benefits
from polar_server.resources.customers import queries as customers

GrantEvent = Literal["benefit_grant.created", "benefit_grant.cycled", "benefit_grant.updated", "benefit_grant.revoked"]


async def tell(
    tx: Transaction, event: GrantEvent, row: Row, now: int, *, previous: dict[str, Any] | None = None
) -> None:
    """Record what happened to a grant. `previous` are its properties before the change."""
    customer = await find_customer(tx, row["customer_id"], row["organization_id"])
    [benefit] = await benefits.list_also_deleted(tx, [row["benefit_id"]], json.dumps([row["organization_id"]]))
    await tell_known(tx, event, row, customer, benefit, now, previous=previous)


async def tell_known(
    tx: Transaction,
    event: GrantEvent,
    row: Row,
    customer: Row,
    benefit: Row,
    now: int,
    *,
    previous: dict[str, Any] | None = None,
) -> None:
    """The same, by who has read the rows of customer and benefit anyway."""
    told = BenefitGrantWebhook(**members_of(row, customer, benefit), previous_properties=previous)
    await record_event(tx, row["organization_id"], event, told, now)


async def find_customer(tx: Transaction, customer_id: str, organization_id: str) -> Row:
    """The customer of a grant, also when it is deleted."""
    customer = await customers.find_customer_also_deleted(tx, customer_id, json.dumps([organization_id]))
    assert customer is not None, "a grant has its customer"
    return customer

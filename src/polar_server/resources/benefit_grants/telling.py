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
    organization_id = row["organization_id"]
    reach = json.dumps([organization_id])
    customer = await customers.find_customer_also_deleted(tx, row["customer_id"], reach)
    [benefit] = await benefits.list_also_deleted(tx, [row["benefit_id"]], reach)
    assert customer is not None, "a grant has its customer"
    told = BenefitGrantWebhook(**members_of(row, customer, benefit), previous_properties=previous)
    await record_event(tx, organization_id, event, told, now)

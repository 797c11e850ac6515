"""The shapes of benefit grants."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from polar_server.resource_server.benefits import Benefit
from polar_server.resources.customers.schemas import Customer

GrantProperties = Annotated[
    dict[str, Any],
    Meta(
        description="What the customer got: `files` of downloadables by their ids, `license_key_id` and `display_key` "
        "of a license key; nothing for other types."
    ),
]


class BenefitGrantError(Struct):
    """Why a benefit could not be granted."""

    message: str
    type: str
    timestamp: str


class BenefitGrant(Struct, kw_only=True):
    """A benefit that a customer has, or had, from a subscription or an order."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    granted_at: datetime | None
    is_granted: bool
    revoked_at: datetime | None
    is_revoked: bool
    subscription_id: str | None
    order_id: str | None
    customer_id: str
    benefit_id: str
    customer: Customer
    benefit: Benefit
    properties: GrantProperties
    error: BenefitGrantError | None = None
    member_id: str | None = None
    member: dict[str, Any] | None = None


class BenefitGrantWebhook(BenefitGrant, kw_only=True):
    """A grant as its events tell it."""

    previous_properties: GrantProperties | None = None

"""The shapes of refunds: what is sent and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from polar_server.resource_server.metadata import Metadata

Reason = Literal["duplicate", "fraudulent", "customer_request", "service_disruption", "satisfaction_guarantee", "other"]
RefundStatus = Literal["pending", "succeeded", "failed", "canceled"]


class RefundCreate(Struct):
    """Money to give back for a paid order, in one refund or in several."""

    order_id: str
    reason: Reason
    amount: Annotated[int, Meta(ge=1, le=2**53, description="In minor units, at most the order's refundable_amount.")]
    comment: Annotated[str, Meta(max_length=10_000, description="A note of your own. It is not shown.")] | None = None
    revoke_benefits: Annotated[
        bool,
        Meta(description="Also take what the order gave. Only for what was bought once: a subscription is revoked."),
    ] = False
    metadata: Metadata = {}


class Refund(Struct):
    """A refund."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    status: RefundStatus
    reason: Reason
    amount: int
    tax_amount: int
    currency: str
    organization_id: str
    order_id: str
    subscription_id: str | None
    customer_id: str
    revoke_benefits: bool
    metadata: dict[str, Any]
    dispute: None = None

"""Refunds."""

from typing import Any, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.asking import Listing, Metadata
from polar_client.shapes import Thing

RefundReason: TypeAlias = Literal[
    "duplicate", "fraudulent", "customer_request", "service_disruption", "satisfaction_guarantee", "other"
]


class RefundFilters(Listing, total=False):
    """Which refunds."""

    id: Maybe[Many | None]
    order_id: Maybe[Many | None]
    subscription_id: Maybe[Many | None]
    customer_id: Maybe[Many | None]
    external_customer_id: Maybe[Many | None]
    succeeded: Maybe[bool | None]


class RefundCreate(TypedDict, total=False):
    """Money to give back, in minor units, at most the order's `refundable_amount`. The comment is not shown."""

    order_id: Required[str]
    reason: Required[RefundReason]
    amount: Required[int]
    comment: Maybe[str | None]
    revoke_benefits: Maybe[bool]
    metadata: Maybe[Metadata]


class Refund(Thing, kw_only=True):
    """A refund."""

    status: str
    reason: str
    amount: int
    tax_amount: int
    currency: str
    organization_id: str
    order_id: str
    subscription_id: str | None = None
    customer_id: str
    revoke_benefits: bool = False
    metadata: dict[str, Any] = {}


class Refunds(Resource[Way]):
    """`/v1/refunds`."""

    @operation
    def list(self, **filters: Unpack[RefundFilters]) -> Call[Page[Refund]]:
        """The refunds of the token's organizations."""
        return Call("GET", "/v1/refunds", Page[Refund], query=filters)

    iter_all = every(list)

    @operation
    def create(self, **body: Unpack[RefundCreate]) -> Call[Refund]:
        """Give money back."""
        return Call("POST", "/v1/refunds", Refund, body=sent(body))

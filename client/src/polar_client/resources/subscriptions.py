"""Subscriptions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.asking import AskedMetadata, Listing, Metadata
from polar_client.resources.customers import Customer
from polar_client.resources.products import Price, Product
from polar_client.shapes import Thing

SubscriptionStatus: TypeAlias = Literal["trialing", "active", "past_due", "canceled", "unpaid", "paused"]
CancellationReason: TypeAlias = Literal[
    "customer_service",
    "low_quality",
    "missing_features",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
    "other",
]
ProrationBehavior: TypeAlias = Literal["invoice", "prorate", "next_period", "reset"]

_ONE = "/v1/subscriptions/{subscription_id}"


class SubscriptionExport(TypedDict, total=False):
    """Which subscriptions go into a file, with which columns."""

    organization_id: Maybe[Many | None]
    product_id: Maybe[Many | None]
    status: Maybe[SubscriptionStatus | Sequence[SubscriptionStatus] | None]
    cancel_at_period_end: Maybe[bool | None]
    started_after: Maybe[datetime | None]
    started_before: Maybe[datetime | None]
    timezone: Maybe[str | None]
    columns: Maybe[Many | None]


class SubscriptionFilters(Listing, total=False):
    """Which subscriptions."""

    product_id: Maybe[Many | None]
    customer_id: Maybe[Many | None]
    external_customer_id: Maybe[Many | None]
    active: Maybe[bool | None]
    status: Maybe[SubscriptionStatus | Sequence[SubscriptionStatus] | None]
    cancel_at_period_end: Maybe[bool | None]
    customer_cancellation_reason: Maybe[CancellationReason | Sequence[CancellationReason] | None]
    canceled_at_after: Maybe[datetime | None]
    canceled_at_before: Maybe[datetime | None]
    started_after: Maybe[datetime | None]
    started_before: Maybe[datetime | None]
    metadata: Maybe[AskedMetadata]


class SubscriptionCreate(TypedDict, total=False):
    """A subscription to a free product, for a customer named by one of its two ids."""

    product_id: Required[str]
    customer_id: Maybe[str | None]
    external_customer_id: Maybe[str | None]
    metadata: Maybe[Metadata]


class SubscriptionUpdate(TypedDict, total=False):
    """A change: one of these sets, which cannot be mixed.

    `product_id`, `proration_behavior`, `trial_end` (a time, or "now"), `metadata`: another product, another end of
    the trial. `current_billing_period_end`: renew at another time. `cancel_at_period_end` or `revoke`, with reason and
    comment: end it then, or now. `pause_at_period_end` with `resumes_at`, `resume`: rest, and go on.
    `pending_update` None: give up what waits for the next period.
    """

    product_id: Maybe[str]
    proration_behavior: Maybe[ProrationBehavior | None]
    trial_end: Maybe[datetime | str | None]
    metadata: Maybe[Metadata]
    current_billing_period_end: Maybe[datetime]
    cancel_at_period_end: Maybe[bool]
    revoke: Maybe[Literal[True]]
    customer_cancellation_reason: Maybe[CancellationReason | None]
    customer_cancellation_comment: Maybe[str | None]
    pause_at_period_end: Maybe[bool]
    resumes_at: Maybe[datetime | None]
    resume: Maybe[Literal[True]]
    pending_update: Maybe[None]


class PendingUpdate(Thing, kw_only=True):
    """A change that waits for the next period."""

    applies_at: datetime
    product_id: str | None = None


class SubscriptionOfOrder(Thing, kw_only=True):
    """A subscription, without the things that belong to it. `amount` is what a period costs, in minor units."""

    amount: int
    currency: str
    recurring_interval: str
    recurring_interval_count: int = 1
    status: str
    current_period_start: datetime
    current_period_end: datetime
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool
    canceled_at: datetime | None = None
    started_at: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    past_due_at: datetime | None = None
    pause_at_period_end: bool = False
    paused_at: datetime | None = None
    resumes_at: datetime | None = None
    customer_id: str
    product_id: str
    checkout_id: str | None = None
    customer_cancellation_reason: str | None = None
    customer_cancellation_comment: str | None = None
    metadata: dict[str, Any] = {}


class Subscription(SubscriptionOfOrder, kw_only=True):
    """A subscription with its customer, product and prices."""

    customer: Customer
    product: Product
    prices: list[Price] = []
    pending_update: PendingUpdate | None = None


class Subscriptions(Resource[Way]):
    """`/v1/subscriptions`. Paid ones begin with a checkout."""

    @operation
    def list(self, **filters: Unpack[SubscriptionFilters]) -> Call[Page[Subscription]]:
        """The subscriptions of the token's organizations."""
        return Call("GET", "/v1/subscriptions", Page[Subscription], query=filters)

    iter_all = every(list)

    @operation
    def export(self, **filters: Unpack[SubscriptionExport]) -> Call[str]:
        """Subscriptions as CSV."""
        return Call("GET", "/v1/subscriptions/export", str, query=filters)

    @operation
    def create(self, **body: Unpack[SubscriptionCreate]) -> Call[Subscription]:
        """Give a subscription to a free product."""
        return Call("POST", "/v1/subscriptions", Subscription, body=sent(body))

    @operation
    def get(self, subscription_id: str) -> Call[Subscription]:
        """One subscription."""
        return Call("GET", _ONE, Subscription, (subscription_id,))

    @operation
    def update(self, subscription_id: str, **body: Unpack[SubscriptionUpdate]) -> Call[Subscription]:
        """Change what is named."""
        return Call("PATCH", _ONE, Subscription, (subscription_id,), body=sent(body))

    @operation
    def revoke(self, subscription_id: str) -> Call[Subscription]:
        """End a subscription at once."""
        return Call("DELETE", _ONE, Subscription, (subscription_id,), is_repeatable=False)

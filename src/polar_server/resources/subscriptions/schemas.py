"""The shapes of subscriptions: what is sent and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from polar_server.resource_server.metadata import Metadata
from polar_server.resources.customers.schemas import Customer
from polar_server.resources.orders.schemas import CancellationReason, OrderSubscription
from polar_server.resources.products.schemas import Price, Product

SubscriptionStatus = Literal[
    "incomplete", "incomplete_expired", "trialing", "active", "past_due", "canceled", "unpaid", "paused"
]
ProrationBehavior = Literal["invoice", "prorate", "next_period", "reset"]

Comment = Annotated[str, Meta(max_length=10_000, description="In the customer's own words.")]
Moment = Annotated[datetime, Meta(tz=True)]
TrialEnd = Annotated[str, Meta(max_length=64, description="A time with an offset, or `now`.", examples=["now"])]


class SubscriptionCreate(Struct):
    """A subscription to a free product, for a customer named by `customer_id` or by `external_customer_id`."""

    product_id: Annotated[str, Meta(description="A recurring product that is free.")]
    customer_id: str | None = None
    external_customer_id: str | None = None
    metadata: Metadata = {}


class SubscriptionUpdate(Struct):
    """A change: one of these sets of members, which are told apart by their names. What is left out stays.

    `product_id`, `proration_behavior`, `trial_end`, `metadata`: another product, another end of the trial.
    `current_billing_period_end`: renew at another time. `cancel_at_period_end` or `revoke`, with the customer's reason
    and comment: end it then, or now. `pause_at_period_end` with `resumes_at`, `resume`: rest and go on.
    `pending_update`: null gives up a change that waits for the next period.
    """

    product_id: str | UnsetType | None = UNSET
    proration_behavior: ProrationBehavior | UnsetType | None = UNSET
    discount_id: str | UnsetType | None = UNSET
    trial_end: TrialEnd | UnsetType | None = UNSET
    metadata: Metadata | UnsetType | None = UNSET
    seats: int | UnsetType | None = UNSET
    units: int | UnsetType | None = UNSET
    current_billing_period_end: Moment | UnsetType = UNSET
    cancel_at_period_end: bool | UnsetType = UNSET
    customer_cancellation_reason: CancellationReason | UnsetType | None = UNSET
    customer_cancellation_comment: Comment | UnsetType | None = UNSET
    revoke: bool | UnsetType = UNSET
    pause_at_period_end: bool | UnsetType = UNSET
    resumes_at: Moment | UnsetType | None = UNSET
    resume: bool | UnsetType = UNSET
    pending_update: UnsetType | None = UNSET


class PendingSubscriptionUpdate(Struct):
    """A change that waits for the next period."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    applies_at: datetime
    product_id: str | None
    seats: int | None = None
    units: int | None = None


class Subscription(OrderSubscription, kw_only=True):
    """A subscription. `amount` is what a period costs, in minor units; there are no discounts, seats or meters here."""

    customer: Customer
    product: Product
    prices: list[Price]
    pending_update: PendingSubscriptionUpdate | None
    discount: None = None
    meters: list[dict[str, Any]] = field(default_factory=list)
    custom_field_data: dict[str, Any] = field(default_factory=dict)

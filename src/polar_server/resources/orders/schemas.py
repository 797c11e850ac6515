"""The shapes of orders: what is sent and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from polar_server.resource_server.addresses import Address
from polar_server.resource_server.metadata import Metadata
from polar_server.resources.customers.schemas import Customer, Name
from polar_server.resources.products.schemas import Amount, BareProduct, Currency, Interval

OrderStatus = Literal["draft", "pending", "paid", "refunded", "partially_refunded", "void"]
BillingReason = Literal["purchase", "subscription_create", "subscription_cycle", "subscription_update"]
SubscriptionStatus = Literal["trialing", "active", "past_due", "canceled", "unpaid", "paused"]

CancellationReason = Literal[
    "customer_service",
    "low_quality",
    "missing_features",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
    "other",
]


class OrderCreate(Struct):
    """A draft of an order for something that is bought once; it is paid by finalizing it."""

    customer_id: str
    product_id: str
    organization_id: str | UnsetType | None = UNSET
    currency: Annotated[Currency, Meta(description="Without it, that of the product's first price.")] | None = None
    amount: Annotated[Amount, Meta(description="Without it, what the product costs.")] | None = None
    description: Annotated[str, Meta(max_length=500, description="Without it, the product's name.")] | None = None
    metadata: Metadata = {}
    custom_field_data: dict[str, Any] = {}


class OrderFinalize(Struct):
    """The card to charge; without it, the customer's default one."""

    payment_method_id: str | None = None


class OrderUpdate(Struct):
    """What to change on the invoice. Null changes nothing; country and state stay as they were paid with."""

    billing_name: Annotated[Name, Meta(min_length=1)] | UnsetType | None = UNSET
    billing_address: Address | UnsetType | None = UNSET


class OrderProduct(BareProduct, kw_only=True):
    """The product of an order, without what belongs to it."""

    metadata: dict[str, Any]


class OrderSubscription(Struct, kw_only=True):
    """The subscription of an order as it is now."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    amount: int
    currency: str
    recurring_interval: Interval
    recurring_interval_count: int
    status: SubscriptionStatus
    current_period_start: datetime
    current_period_end: datetime
    trial_start: datetime | None
    trial_end: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    started_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    past_due_at: datetime | None
    pause_at_period_end: bool
    paused_at: datetime | None
    resumes_at: datetime | None
    customer_id: str
    product_id: str
    checkout_id: str | None
    customer_cancellation_reason: CancellationReason | None
    customer_cancellation_comment: str | None
    metadata: dict[str, Any]
    current_meter_period_start: datetime | None = None
    current_meter_period_end: datetime | None = None
    discount_id: str | None = None
    seats: int | None = None
    units: int | None = None


class OrderItem(Struct):
    """One line of an order."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    label: str
    amount: int
    tax_amount: int
    proration: bool
    product_price_id: str | None
    start_timestamp: datetime | None
    end_timestamp: datetime | None


class Order(Struct):
    """An order. net = subtotal - discount, total = net + tax; `refundable_amount` is of the net amount."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    status: OrderStatus
    paid: bool
    subtotal_amount: int
    discount_amount: int
    net_amount: int
    tax_amount: int
    total_amount: int
    due_amount: int
    refunded_amount: int
    refunded_tax_amount: int
    refundable_amount: int
    refundable_tax_amount: int
    currency: str
    billing_reason: BillingReason
    billing_name: str | None
    billing_address: Address | None
    invoice_number: str | None
    is_invoice_generated: bool
    customer_id: str
    product_id: str | None
    subscription_id: str | None
    checkout_id: str | None
    next_payment_attempt_at: datetime | None
    metadata: dict[str, Any]
    description: str
    customer: Customer
    product: OrderProduct | None
    subscription: OrderSubscription | None
    items: list[OrderItem]
    receipt_number: str | None
    applied_balance_amount: int = 0
    platform_fee_amount: int = 0
    platform_fee_currency: str | None = None
    discount_id: str | None = None
    discount: None = None
    seats: int | None = None
    units: int | None = None
    custom_field_data: dict[str, Any] = {}


class OrderInvoice(Struct):
    """The address of the invoice, for an hour."""

    url: str


class OrderReceipt(Struct):
    """The address of the receipt, for an hour."""

    url: str

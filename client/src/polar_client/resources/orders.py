"""Orders: what was sold, with invoices and receipts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.addresses import Address, AddressBody
from polar_client.resources.asking import AskedMetadata, Listing, Metadata
from polar_client.resources.customers import Customer
from polar_client.resources.subscriptions import SubscriptionOfOrder
from polar_client.shapes import Shape, Thing

OrderStatus: TypeAlias = Literal["draft", "pending", "paid", "refunded", "partially_refunded", "void"]
BillingType: TypeAlias = Literal["one_time", "recurring"]

_ONE = "/v1/orders/{order_id}"


class OrderExport(TypedDict, total=False):
    """Which orders go into a file, with which columns."""

    organization_id: Maybe[Many | None]
    product_id: Maybe[Many | None]
    status: Maybe[OrderStatus | Sequence[OrderStatus] | None]
    created_after: Maybe[datetime | None]
    created_before: Maybe[datetime | None]
    timezone: Maybe[str | None]
    columns: Maybe[Many | None]


class OrderFilters(Listing, total=False):
    """Which orders."""

    product_id: Maybe[Many | None]
    product_billing_type: Maybe[BillingType | Sequence[BillingType] | None]
    customer_id: Maybe[Many | None]
    external_customer_id: Maybe[Many | None]
    checkout_id: Maybe[Many | None]
    subscription_id: Maybe[Many | None]
    status: Maybe[OrderStatus | Sequence[OrderStatus] | None]
    created_after: Maybe[datetime | None]
    created_before: Maybe[datetime | None]
    metadata: Maybe[AskedMetadata]


class OrderCreate(TypedDict, total=False):
    """A draft for something that is bought once. `amount` in minor units; without it, what the product costs."""

    customer_id: Required[str]
    product_id: Required[str]
    organization_id: Maybe[str | None]
    currency: Maybe[str | None]
    amount: Maybe[int | None]
    description: Maybe[str | None]
    metadata: Maybe[Metadata]


class OrderUpdate(TypedDict, total=False):
    """What to change on the invoice."""

    billing_name: Maybe[str]
    billing_address: Maybe[AddressBody]


class OrderProduct(Thing, kw_only=True):
    """The product of an order, without what belongs to it."""

    organization_id: str
    name: str
    description: str | None = None
    visibility: str = "public"
    recurring_interval: str | None = None
    recurring_interval_count: int | None = None
    trial_interval: str | None = None
    trial_interval_count: int | None = None
    is_recurring: bool
    is_archived: bool
    metadata: dict[str, Any] = {}


class OrderItem(Thing, kw_only=True):
    """One line of an order."""

    label: str
    amount: int
    tax_amount: int
    proration: bool = False
    product_price_id: str | None = None
    start_timestamp: datetime | None = None
    end_timestamp: datetime | None = None


class Order(Thing, kw_only=True):
    """An order, in minor units. net = subtotal - discount, total = net + tax; `refundable_amount` is of the net."""

    status: str
    paid: bool
    subtotal_amount: int
    discount_amount: int
    net_amount: int
    tax_amount: int
    total_amount: int
    due_amount: int = 0
    refunded_amount: int = 0
    refunded_tax_amount: int = 0
    refundable_amount: int = 0
    refundable_tax_amount: int = 0
    currency: str
    billing_reason: str
    billing_name: str | None = None
    billing_address: Address | None = None
    invoice_number: str | None = None
    receipt_number: str | None = None
    is_invoice_generated: bool = False
    customer_id: str
    product_id: str | None = None
    subscription_id: str | None = None
    checkout_id: str | None = None
    next_payment_attempt_at: datetime | None = None
    metadata: dict[str, Any] = {}
    description: str
    customer: Customer
    product: OrderProduct | None = None
    subscription: SubscriptionOfOrder | None = None
    items: list[OrderItem] = []


class Document(Shape, kw_only=True):
    """The address of an invoice or a receipt, for an hour."""

    hidden: ClassVar[frozenset[str]] = frozenset({"url"})

    url: str


class Orders(Resource[Way]):
    """`/v1/orders`."""

    @operation
    def list(self, **filters: Unpack[OrderFilters]) -> Call[Page[Order]]:
        """The orders of the token's organizations."""
        return Call("GET", "/v1/orders", Page[Order], query=filters)

    iter_all = every(list)

    @operation
    def export(self, **filters: Unpack[OrderExport]) -> Call[str]:
        """Orders as CSV."""
        return Call("GET", "/v1/orders/export", str, query=filters)

    @operation
    def create(self, **body: Unpack[OrderCreate]) -> Call[Order]:
        """A draft, which `finalize` charges."""
        return Call("POST", "/v1/orders", Order, body=sent(body))

    @operation
    def get(self, order_id: str) -> Call[Order]:
        """One order."""
        return Call("GET", _ONE, Order, (order_id,))

    @operation
    def update(self, order_id: str, **body: Unpack[OrderUpdate]) -> Call[Order]:
        """Change what stands on the invoice."""
        return Call("PATCH", _ONE, Order, (order_id,), body=sent(body))

    @operation
    def finalize(self, order_id: str, *, payment_method_id: str | None = None) -> Call[Order]:
        """Charge a draft to this card, or to the customer's default one."""
        body = {"payment_method_id": payment_method_id}
        return Call("POST", _ONE + "/finalize", Order, (order_id,), body=body)

    @operation
    def get_invoice(self, order_id: str) -> Call[Document]:
        """Where the invoice is."""
        return Call("GET", _ONE + "/invoice", Document, (order_id,))

    @operation
    def create_invoice(self, order_id: str) -> Call[None]:
        """Make the invoice. It stays as it is then."""
        return Call("POST", _ONE + "/invoice", None, (order_id,))

    @operation
    def get_receipt(self, order_id: str) -> Call[Document]:
        """Where the receipt is."""
        return Call("GET", _ONE + "/receipt", Document, (order_id,))

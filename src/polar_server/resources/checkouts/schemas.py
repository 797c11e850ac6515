"""The shapes of checkouts: what is sent and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from polar_server.resource_server.addresses import Address
from polar_server.resource_server.files import File
from polar_server.resource_server.metadata import Metadata
from polar_server.resources.customers.schemas import ExternalId, Locale, Name, TaxId
from polar_server.resources.products.schemas import Amount, BareProduct, Currency, Interval, Price, TrialCount

Status = Literal["open", "expired", "confirmed", "succeeded", "failed"]
FieldMode = Literal["required", "optional", "disabled"]

Products = Annotated[
    list[str], Meta(min_length=1, max_length=50, description="To choose from, in this order; the first is chosen.")
]
AskedAmount = Annotated[
    Amount, Meta(description="Where the customer decides what to pay, in minor units; else it is ignored.")
]
SuccessUrl = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2083,
        description="Where the customer goes after paying; `{CHECKOUT_ID}` becomes the id. https, or http on loopback.",
        examples=["https://shop.example/thanks?checkout={CHECKOUT_ID}"],
    ),
]
ReturnUrl = Annotated[
    str, Meta(min_length=1, max_length=2083, description="Where a customer who does not want to pay goes back to.")
]
EmbedOrigin = Annotated[
    str, Meta(max_length=255, description="The origin that frames the page, if the organization's embed_hosts have it.")
]
Email = Annotated[str, Meta(max_length=320)]
IpAddress = Annotated[str, Meta(max_length=45)]


class _NotHere(Struct, kw_only=True):
    """What other servers know and this one has not: null and defaults pass, anything else is refused in words."""

    discount_id: Any = None
    discount_code: Any = None
    seats: Any = None
    min_seats: Any = None
    max_seats: Any = None
    units: Any = None
    min_units: Any = None
    max_units: Any = None
    prices: Any = None
    custom_field_data: Any = None


class _Typed(_NotHere, kw_only=True):
    """What the customer may change as well as the organization. What is left out stays."""

    product_id: str | UnsetType | None = UNSET
    product_price_id: str | UnsetType | None = UNSET
    amount: AskedAmount | UnsetType | None = UNSET
    is_business_customer: bool | UnsetType | None = UNSET
    customer_name: Name | UnsetType | None = UNSET
    customer_email: Email | UnsetType | None = UNSET
    customer_billing_name: Name | UnsetType | None = UNSET
    customer_billing_address: Address | UnsetType | None = UNSET
    customer_tax_id: TaxId | UnsetType | None = UNSET
    locale: Locale | UnsetType | None = UNSET


class _Kept(_Typed, kw_only=True):
    """What the organization alone decides."""

    currency: Currency | UnsetType | None = UNSET
    allow_discount_codes: bool | UnsetType | None = UNSET
    require_billing_address: bool | UnsetType | None = UNSET
    allow_trial: bool | UnsetType | None = UNSET
    trial_interval: Interval | UnsetType | None = UNSET
    trial_interval_count: TrialCount | UnsetType | None = UNSET
    customer_ip_address: IpAddress | UnsetType | None = UNSET
    customer_metadata: Metadata | UnsetType | None = UNSET
    success_url: SuccessUrl | UnsetType | None = UNSET
    return_url: ReturnUrl | UnsetType | None = UNSET
    embed_origin: EmbedOrigin | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET


class CheckoutCreate(_Kept, kw_only=True):
    """A new checkout. Whose it is follows from its products."""

    products: Products
    customer_id: str | None = None
    external_customer_id: ExternalId | None = None
    subscription_id: Annotated[
        str | None, Meta(description="A free subscription of the customer that the paid one takes the place of.")
    ] = None


class CheckoutUpdate(_Kept, kw_only=True):
    """What the organization changes of an open checkout; what is left out stays."""


class CheckoutUpdatePublic(_Typed, kw_only=True):
    """What the customer changes; what is left out stays. A trial can be given up, for one who has had it."""

    allow_trial: Literal[False] | UnsetType | None = UNSET
    payment_method_type: Annotated[str, Meta(max_length=64)] | None = None


class CheckoutConfirm(CheckoutUpdatePublic, kw_only=True):
    """Buy, with what is still missing. The token of a card where there is something to pay, now or after a trial."""

    confirmation_token_id: Annotated[str, Meta(max_length=200)] | None = None


class BenefitPublic(Struct):
    """A benefit as customers see it before they have it."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    type: Literal["custom", "downloadables", "license_keys", "feature_flag"]
    description: str
    selectable: bool
    deletable: bool
    is_deleted: bool
    organization_id: str


class CheckoutProduct(BareProduct, kw_only=True):
    """A product as it is sold here: without what its organization keeps beside it."""

    prices: list[Price]
    benefits: list[BenefitPublic]
    medias: list[File]


class BillingAddressFields(Struct):
    """What the form asks of a billing address."""

    country: FieldMode
    state: FieldMode
    city: FieldMode
    postal_code: FieldMode
    line1: FieldMode
    line2: FieldMode


class CheckoutOrganization(Struct):
    """Who sells."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    name: str
    slug: str
    avatar_url: str | None
    proration_behavior: Literal["invoice", "prorate", "next_period"]
    allow_customer_updates: bool


class _Shown(Struct, kw_only=True):
    id: str
    created_at: datetime
    modified_at: datetime | None
    payment_processor: Literal["stripe"]
    client_secret: str
    url: str
    expires_at: datetime
    success_url: str
    return_url: str | None
    embed_origin: str | None
    amount: int
    discount_amount: int
    net_amount: int
    tax_amount: int
    total_amount: int
    currency: str
    allow_trial: bool
    active_trial_interval: Interval | None
    active_trial_interval_count: int | None
    trial_end: datetime | None
    organization_id: str
    product_id: str
    product_price_id: str
    allow_discount_codes: bool
    require_billing_address: bool
    is_discount_applicable: bool
    is_free_product_price: bool
    is_payment_required: bool
    is_payment_setup_required: bool
    is_payment_form_required: bool
    customer_id: str | None
    is_business_customer: bool
    customer_name: str | None
    customer_email: str | None
    customer_ip_address: str | None
    customer_billing_name: str | None
    customer_billing_address: Address | None
    customer_tax_id: str | None
    locale: str | None
    payment_method_type: Literal["card"] | None
    payment_processor_metadata: dict[str, str]
    billing_address_fields: BillingAddressFields
    products: list[CheckoutProduct]
    product: CheckoutProduct
    product_price: Price
    prices: dict[str, list[Price]]
    tax_behavior: Literal["inclusive", "exclusive"] | None = None
    discount_id: str | None = None
    discount: dict[str, Any] | None = None
    custom_field_data: dict[str, Any] = {}
    attached_custom_fields: list[dict[str, Any]] = []
    seats: int | None = None
    min_seats: int | None = None
    max_seats: int | None = None
    units: int | None = None
    min_units: int | None = None
    max_units: int | None = None


class Checkout(_Shown, kw_only=True):
    """A checkout as its organization sees it."""

    status: Status
    trial_interval: Interval | None
    trial_interval_count: int | None
    metadata: dict[str, Any]
    external_customer_id: str | None
    subscription_id: str | None
    customer_metadata: dict[str, Any]


class CheckoutPublic(_Shown, kw_only=True):
    """A checkout as its customer sees it."""

    status: Status
    organization: CheckoutOrganization


class CheckoutPublicConfirmed(_Shown, kw_only=True):
    """A checkout that was just confirmed. Ask for it again to see whether it succeeded.

    When the bank wants its customer first, `payment_processor_metadata` has `intent_status` requires_action and the
    address of the page where that happens as `next_action_url`.
    """

    status: Literal["confirmed"]
    organization: CheckoutOrganization
    customer_session_token: str | None = None

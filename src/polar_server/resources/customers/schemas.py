"""The shapes of customers: what is sent and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from polar_server.resource_server.addresses import Address
from polar_server.resource_server.metadata import Metadata

CustomerType = Literal["individual", "team"]

Name = Annotated[str, Meta(max_length=256)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=256, description="The customer's id in your system.")]
TaxId = Annotated[str, Meta(max_length=64, description="Checked against the country of the billing address.")]
Locale = Annotated[
    str, Meta(max_length=35, pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", description="A language tag, BCP 47.")
]


class CustomerCreate(Struct):
    """A new customer. An individual has an email address; a team may have one."""

    type: CustomerType = "individual"
    email: str | None = None
    external_id: ExternalId | None = None
    name: Name | None = None
    billing_address: Address | None = None
    tax_id: TaxId | None = None
    locale: Locale | None = None
    metadata: Metadata = {}
    organization_id: str | UnsetType | None = UNSET
    owner: dict[str, Any] | None = None


class CustomerUpdateExternalID(Struct):
    """What to change of a customer that is named by its external id; what is left out stays."""

    email: str | UnsetType | None = UNSET
    name: Name | UnsetType | None = UNSET
    billing_address: Address | UnsetType | None = UNSET
    tax_id: TaxId | UnsetType | None = UNSET
    locale: Locale | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET


class CustomerUpdate(CustomerUpdateExternalID):
    """What to change of a customer. `external_id` can be set once; an individual can become a team, and stays one."""

    external_id: ExternalId | UnsetType | None = UNSET
    type: CustomerType | UnsetType | None = UNSET


class Customer(Struct):
    """A customer. `tax_id` is the number and its format."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    organization_id: str
    type: CustomerType
    email: str | None
    email_verified: bool
    external_id: str | None
    name: str | None
    billing_name: str | None
    billing_address: Address | None
    tax_id: tuple[str, str] | None
    locale: str | None
    metadata: dict[str, Any]
    deleted_at: datetime | None
    default_payment_method_id: str | None = None
    first_user_event_at: datetime | None = None
    avatar_url: str | None = None


class CustomerStateSubscription(Struct, kw_only=True):
    """A subscription that runs."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    status: Literal["active", "trialing"]
    amount: int
    currency: str
    recurring_interval: Literal["day", "week", "month", "year"]
    current_period_start: datetime
    current_period_end: datetime
    trial_start: datetime | None
    trial_end: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    started_at: datetime | None
    ends_at: datetime | None
    product_id: str
    metadata: dict[str, Any]
    custom_field_data: dict[str, Any] = {}
    discount_id: str | None = None
    seats: int | None = None
    units: int | None = None
    meters: list[dict[str, Any]] = []


class CustomerStateBenefitGrant(Struct, kw_only=True):
    """A benefit that the customer has."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    granted_at: datetime
    benefit_id: str
    benefit_type: Literal["custom", "downloadables", "license_keys", "feature_flag"]
    benefit_metadata: dict[str, Any]
    properties: dict[str, Any]


class CustomerState(Customer, kw_only=True):
    """A customer with what it has at this moment."""

    active_subscriptions: list[CustomerStateSubscription] = []
    granted_benefits: list[CustomerStateBenefitGrant] = []
    active_meters: list[dict[str, Any]] = []


class PaymentMethodCardMetadata(Struct):
    """What its holder recognizes a card by."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    wallet: str | None = None


class PaymentMethod(Struct, kw_only=True):
    """A card of a customer."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    processor: str
    customer_id: str
    type: Literal["card"] = "card"
    method_metadata: PaymentMethodCardMetadata
    is_default: bool

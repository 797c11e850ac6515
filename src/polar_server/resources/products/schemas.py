"""The shapes of products: what is sent and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from polar_server.resource_server.benefits import Benefit
from polar_server.resource_server.files import File
from polar_server.resource_server.metadata import Metadata

Interval = Literal["day", "week", "month", "year"]
Visibility = Literal["draft", "private", "public"]
TaxBehavior = Literal["location", "inclusive", "exclusive"]

Name = Annotated[str, Meta(min_length=3, max_length=64, description="The name of the product.")]
Description = Annotated[str, Meta(max_length=10_000)]
Currency = Annotated[str, Meta(pattern="^[a-z]{3}$", description="ISO 4217, in lower case.")]
Amount = Annotated[int, Meta(ge=0, le=99_999_999, description="In minor units of the currency.")]
IntervalCount = Annotated[int, Meta(ge=1, le=999)]
TrialCount = Annotated[int, Meta(ge=1, le=1000)]


class FixedPriceCreate(Struct, tag_field="amount_type", tag="fixed", forbid_unknown_fields=False):
    """The same amount for everybody; 0 is free."""

    price_amount: Amount
    price_currency: Currency = "usd"
    tax_behavior: TaxBehavior | None = None


class CustomPriceCreate(Struct, tag_field="amount_type", tag="custom"):
    """The customer decides, within limits."""

    minimum_amount: Amount = 50
    maximum_amount: Amount | None = None
    preset_amount: Amount | None = None
    price_currency: Currency = "usd"
    tax_behavior: TaxBehavior | None = None


class FreePriceCreate(Struct, tag_field="amount_type", tag="free"):
    """No payment. It is kept as a fixed price of 0."""

    price_currency: Currency = "usd"
    tax_behavior: TaxBehavior | None = None


PriceCreate = FixedPriceCreate | CustomPriceCreate | FreePriceCreate


class ProductCreate(Struct):
    """A new product. Without `recurring_interval` it is bought once."""

    name: Name
    prices: Annotated[list[PriceCreate], Meta(min_length=1, max_length=50)]
    organization_id: str | UnsetType | None = UNSET
    description: Description | None = None
    visibility: Visibility = "public"
    recurring_interval: Interval | None = None
    recurring_interval_count: IntervalCount | None = None
    trial_interval: Interval | None = None
    trial_interval_count: TrialCount | None = None
    medias: Annotated[list[str], Meta(max_length=20)] | None = None
    metadata: Metadata = {}


class ProductUpdate(Struct):
    """What to change; what is left out stays. `prices` is the whole new list: `{"id"}` keeps one, others are new."""

    name: Name | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET
    visibility: Visibility | UnsetType | None = UNSET
    is_archived: bool | UnsetType | None = UNSET
    recurring_interval: Interval | UnsetType | None = UNSET
    recurring_interval_count: IntervalCount | UnsetType | None = UNSET
    trial_interval: Interval | UnsetType | None = UNSET
    trial_interval_count: TrialCount | UnsetType | None = UNSET
    prices: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=50)] | UnsetType | None = UNSET
    medias: Annotated[list[str], Meta(max_length=20)] | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET


class ProductBenefits(Struct):
    """All benefits of a product, in their order."""

    benefits: Annotated[list[str], Meta(max_length=100, examples=[["3befcb56-d67f-498e-add3-9b47c6bf39ae"]])]


class FixedPrice(Struct, tag_field="amount_type", tag="fixed"):
    """A fixed price."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    source: Literal["catalog", "ad_hoc"]
    price_currency: str
    tax_behavior: TaxBehavior | None
    is_archived: bool
    product_id: str
    price_amount: int


class CustomPrice(Struct, tag_field="amount_type", tag="custom"):
    """A price that the customer decides."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    source: Literal["catalog", "ad_hoc"]
    price_currency: str
    tax_behavior: TaxBehavior | None
    is_archived: bool
    product_id: str
    minimum_amount: int
    maximum_amount: int | None
    preset_amount: int | None


Price = FixedPrice | CustomPrice


class BareProduct(Struct, kw_only=True):
    """A product without what hangs from it."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    organization_id: str
    name: str
    description: str | None
    visibility: Visibility
    recurring_interval: Interval | None
    recurring_interval_count: int | None
    trial_interval: Interval | None
    trial_interval_count: int | None
    is_recurring: bool
    is_archived: bool
    meter_interval: Interval | None = None
    meter_interval_count: int | None = None


class Product(BareProduct, kw_only=True):
    """A product with its prices that are not archived."""

    is_deletable: bool
    metadata: dict[str, Any]
    prices: list[Price]
    benefits: list[Benefit] = []
    medias: list[File] = []
    attached_custom_fields: list[dict[str, Any]] = []

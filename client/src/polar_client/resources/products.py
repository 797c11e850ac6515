"""Products and their prices."""

from collections.abc import Sequence
from typing import Any, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.asking import AskedMetadata, Interval, Listing, Metadata, TaxBehavior, Visibility
from polar_client.resources.benefits import Benefit
from polar_client.resources.files import File
from polar_client.shapes import Thing

_ONE = "/v1/products/{product_id}"


class ProductFilters(Listing, total=False):
    """Which products. `query` is a part of the name."""

    id: Maybe[Many | None]
    query: Maybe[str | None]
    is_archived: Maybe[bool | None]
    is_recurring: Maybe[bool | None]
    benefit_id: Maybe[Many | None]
    visibility: Maybe[Visibility | Sequence[Visibility] | None]
    metadata: Maybe[AskedMetadata]


class FixedPriceBody(TypedDict, total=False):
    """The same amount for everybody, in minor units of the currency."""

    amount_type: Required[Literal["fixed"]]
    price_amount: Required[int]
    price_currency: str
    tax_behavior: TaxBehavior | None


class CustomPriceBody(TypedDict, total=False):
    """The customer decides, within limits."""

    amount_type: Required[Literal["custom"]]
    minimum_amount: int
    maximum_amount: int | None
    preset_amount: int | None
    price_currency: str
    tax_behavior: TaxBehavior | None


class FreePriceBody(TypedDict, total=False):
    """No payment."""

    amount_type: Required[Literal["free"]]
    price_currency: str
    tax_behavior: TaxBehavior | None


class KeptPriceBody(TypedDict):
    """A price that the product has and keeps."""

    id: str


PriceBody: TypeAlias = FixedPriceBody | CustomPriceBody | FreePriceBody


class ProductCreate(TypedDict, total=False):
    """A new product. Without `recurring_interval` it is bought once."""

    name: Required[str]
    prices: Required[Sequence[PriceBody]]
    organization_id: Maybe[str | None]
    description: Maybe[str | None]
    visibility: Maybe[Visibility]
    recurring_interval: Maybe[Interval | None]
    recurring_interval_count: Maybe[int | None]
    trial_interval: Maybe[Interval | None]
    trial_interval_count: Maybe[int | None]
    medias: Maybe[Sequence[str] | None]
    metadata: Maybe[Metadata]


class ProductUpdate(TypedDict, total=False):
    """What to change. `prices` is the whole new list: `{"id": ...}` keeps one, others are new."""

    name: Maybe[str]
    description: Maybe[str | None]
    visibility: Maybe[Visibility]
    is_archived: Maybe[bool]
    recurring_interval: Maybe[Interval | None]
    recurring_interval_count: Maybe[int | None]
    trial_interval: Maybe[Interval | None]
    trial_interval_count: Maybe[int | None]
    prices: Maybe[Sequence[PriceBody | KeptPriceBody]]
    medias: Maybe[Sequence[str] | None]
    metadata: Maybe[Metadata]


class Price(Thing, kw_only=True):
    """A price. `amount_type` is fixed (with `price_amount`) or custom (with the three others)."""

    amount_type: str
    source: str = "catalog"
    price_currency: str
    tax_behavior: str | None = None
    is_archived: bool = False
    product_id: str
    price_amount: int | None = None
    minimum_amount: int | None = None
    maximum_amount: int | None = None
    preset_amount: int | None = None


class Product(Thing, kw_only=True):
    """A product with its prices that are not archived."""

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
    is_deletable: bool = False
    metadata: dict[str, Any] = {}
    prices: list[Price] = []
    benefits: list[Benefit] = []
    medias: list[File] = []


class Products(Resource[Way]):
    """`/v1/products`."""

    @operation
    def list(self, **filters: Unpack[ProductFilters]) -> Call[Page[Product]]:
        """The products of the token's organizations."""
        return Call("GET", "/v1/products", Page[Product], query=filters)

    iter_all = every(list)

    @operation
    def create(self, **body: Unpack[ProductCreate]) -> Call[Product]:
        """A new product."""
        return Call("POST", "/v1/products", Product, body=sent(body))

    @operation
    def get(self, product_id: str) -> Call[Product]:
        """One product."""
        return Call("GET", _ONE, Product, (product_id,))

    @operation
    def update(self, product_id: str, **body: Unpack[ProductUpdate]) -> Call[Product]:
        """Change what is named."""
        return Call("PATCH", _ONE, Product, (product_id,), body=sent(body))

    @operation
    def delete(self, product_id: str) -> Call[None]:
        """Delete a product that was never sold."""
        return Call("DELETE", _ONE, None, (product_id,))

    @operation
    def update_benefits(self, product_id: str, benefits: Sequence[str]) -> Call[Product]:
        """Give a product exactly these benefits, in this order."""
        body = {"benefits": benefits}
        return Call("POST", _ONE + "/benefits", Product, (product_id,), body=body, is_repeatable=True)

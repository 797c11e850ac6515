"""Checkouts, as their organization uses them and as their customer does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.addresses import Address, AddressBody
from polar_client.resources.asking import Interval, Listing, Metadata
from polar_client.resources.files import File
from polar_client.resources.products import Price
from polar_client.shapes import Thing

CheckoutStatus: TypeAlias = Literal["open", "expired", "confirmed", "succeeded", "failed"]

_ONE = "/v1/checkouts/{checkout_id}"
_CLIENT = "/v1/checkouts/client/{client_secret}"


class CheckoutFilters(Listing, total=False):
    """Which checkouts. `query` is a part of the customer's name or address."""

    product_id: Maybe[Many | None]
    customer_id: Maybe[Many | None]
    external_customer_id: Maybe[Many | None]
    status: Maybe[CheckoutStatus | Sequence[CheckoutStatus] | None]
    query: Maybe[str | None]


class CheckoutChanges(TypedDict, total=False):
    """What the customer may change as well as the organization. `amount` counts where the customer decides it."""

    product_id: Maybe[str]
    product_price_id: Maybe[str]
    amount: Maybe[int | None]
    is_business_customer: Maybe[bool]
    customer_name: Maybe[str | None]
    customer_email: Maybe[str | None]
    customer_billing_name: Maybe[str | None]
    customer_billing_address: Maybe[AddressBody | None]
    customer_tax_id: Maybe[str | None]
    locale: Maybe[str | None]


class CheckoutUpdate(CheckoutChanges, total=False):
    """What the organization changes of an open checkout."""

    currency: Maybe[str | None]
    allow_discount_codes: Maybe[bool]
    require_billing_address: Maybe[bool]
    allow_trial: Maybe[bool]
    trial_interval: Maybe[Interval | None]
    trial_interval_count: Maybe[int | None]
    customer_ip_address: Maybe[str | None]
    customer_metadata: Maybe[Metadata]
    success_url: Maybe[str | None]
    return_url: Maybe[str | None]
    embed_origin: Maybe[str | None]
    metadata: Maybe[Metadata]


class CheckoutCreate(CheckoutUpdate, total=False):
    """A new checkout, for products to choose from. In `success_url`, `{CHECKOUT_ID}` becomes the id."""

    products: Required[Sequence[str]]
    customer_id: Maybe[str | None]
    external_customer_id: Maybe[str | None]
    subscription_id: Maybe[str | None]


class CheckoutClientUpdate(CheckoutChanges, total=False):
    """What the customer changes. A trial can be given up."""

    allow_trial: Maybe[Literal[False]]


class CheckoutConfirm(CheckoutClientUpdate, total=False):
    """Buy, with what is still missing, and the token of a card where something is to be paid."""

    confirmation_token_id: Maybe[str | None]


class BenefitPublic(Thing, kw_only=True):
    """A benefit as customers see it before they have it."""

    type: str
    description: str
    selectable: bool = True
    deletable: bool = True
    is_deleted: bool = False
    organization_id: str


class CheckoutProduct(Thing, kw_only=True):
    """A product as it is sold here."""

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
    prices: list[Price] = []
    benefits: list[BenefitPublic] = []
    medias: list[File] = []


class CheckoutOrganization(Thing, kw_only=True):
    """Who sells."""

    name: str
    slug: str
    avatar_url: str | None = None
    proration_behavior: str = "prorate"
    allow_customer_updates: bool = True


class CheckoutClient(Thing, kw_only=True):
    """A checkout as its customer sees it. `client_secret` opens it, and so does `url`: give them to nobody else."""

    # The last two hold addresses of this server with the secret in them.
    hidden: ClassVar[frozenset[str]] = frozenset(
        {"client_secret", "url", "customer_session_token", "success_url", "payment_processor_metadata"}
    )

    status: str
    client_secret: str
    url: str
    expires_at: datetime
    success_url: str
    return_url: str | None = None
    embed_origin: str | None = None
    amount: int
    discount_amount: int = 0
    net_amount: int
    tax_amount: int = 0
    total_amount: int
    currency: str
    allow_trial: bool = True
    active_trial_interval: str | None = None
    active_trial_interval_count: int | None = None
    trial_end: datetime | None = None
    organization_id: str
    product_id: str
    product_price_id: str
    allow_discount_codes: bool = True
    require_billing_address: bool = False
    is_free_product_price: bool = False
    is_payment_required: bool
    is_payment_setup_required: bool = False
    is_payment_form_required: bool
    customer_id: str | None = None
    is_business_customer: bool = False
    customer_name: str | None = None
    customer_email: str | None = None
    customer_ip_address: str | None = None
    customer_billing_name: str | None = None
    customer_billing_address: Address | None = None
    customer_tax_id: str | None = None
    locale: str | None = None
    payment_method_type: str | None = None
    payment_processor: str
    payment_processor_metadata: dict[str, Any] = {}
    billing_address_fields: dict[str, str] = {}
    products: list[CheckoutProduct]
    product: CheckoutProduct
    product_price: Price
    prices: dict[str, list[Price]] = {}
    tax_behavior: str | None = None
    organization: CheckoutOrganization | None = None
    customer_session_token: str | None = None


class Checkout(CheckoutClient, kw_only=True):
    """A checkout as its organization sees it."""

    trial_interval: str | None = None
    trial_interval_count: int | None = None
    metadata: dict[str, Any] = {}
    external_customer_id: str | None = None
    subscription_id: str | None = None
    customer_metadata: dict[str, Any] = {}


class Checkouts(Resource[Way]):
    """`/v1/checkouts`. What begins with `client` is called with the checkout's secret, without a token."""

    @operation
    def list(self, **filters: Unpack[CheckoutFilters]) -> Call[Page[Checkout]]:
        """The checkouts of the token's organizations."""
        return Call("GET", "/v1/checkouts", Page[Checkout], query=filters)

    iter_all = every(list)

    @operation
    def create(self, **body: Unpack[CheckoutCreate]) -> Call[Checkout]:
        """A new checkout. Send the customer to its `url`."""
        return Call("POST", "/v1/checkouts", Checkout, body=sent(body))

    @operation
    def get(self, checkout_id: str) -> Call[Checkout]:
        """One checkout."""
        return Call("GET", _ONE, Checkout, (checkout_id,))

    @operation
    def update(self, checkout_id: str, **body: Unpack[CheckoutUpdate]) -> Call[Checkout]:
        """Change what is named, while it is open."""
        return Call("PATCH", _ONE, Checkout, (checkout_id,), body=sent(body))

    @operation
    def client_get(self, client_secret: str) -> Call[CheckoutClient]:
        """The checkout, for its customer."""
        return Call("GET", _CLIENT, CheckoutClient, (client_secret,), is_open=True)

    @operation
    def client_update(self, client_secret: str, **body: Unpack[CheckoutClientUpdate]) -> Call[CheckoutClient]:
        """Change what is named, as its customer."""
        return Call("PATCH", _CLIENT, CheckoutClient, (client_secret,), body=sent(body), is_open=True)

    @operation
    def client_confirm(self, client_secret: str, **body: Unpack[CheckoutConfirm]) -> Call[CheckoutClient]:
        """Buy. Ask for the checkout again to see whether it succeeded."""
        return Call("POST", _CLIENT + "/confirm", CheckoutClient, (client_secret,), body=sent(body), is_open=True)

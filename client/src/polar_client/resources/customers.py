"""Customers, what they have, and their cards."""

from datetime import datetime
from typing import Any, Literal, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.addresses import Address, AddressBody
from polar_client.resources.asking import AskedMetadata, Listing, Metadata, Paging
from polar_client.shapes import Shape, Thing

CustomerType: TypeAlias = Literal["individual", "team"]

_ONE = "/v1/customers/{customer_id}"
_EXTERNAL = "/v1/customers/external/{external_id}"


class CustomerFilters(Listing, total=False):
    """Which customers. `query` is a part of the name or the address; `active`: with a running subscription."""

    email: Maybe[str | None]
    query: Maybe[str | None]
    active: Maybe[bool | None]
    metadata: Maybe[AskedMetadata]


class CustomerUpdateExternal(TypedDict, total=False):
    """What to change of a customer that is named by its external id; None empties."""

    email: Maybe[str | None]
    name: Maybe[str | None]
    billing_address: Maybe[AddressBody | None]
    tax_id: Maybe[str | None]
    locale: Maybe[str | None]
    metadata: Maybe[Metadata]


class CustomerUpdate(CustomerUpdateExternal, total=False):
    """What to change. `external_id` can be set once; an individual can become a team, and stays one."""

    external_id: Maybe[str | None]
    type: Maybe[CustomerType]


class CustomerCreate(CustomerUpdate, total=False):
    """A new customer. An individual needs an email address."""

    organization_id: Maybe[str | None]


class Customer(Thing, kw_only=True):
    """A customer. `tax_id` is the number and its format."""

    organization_id: str
    type: str = "individual"
    email: str | None = None
    email_verified: bool = False
    external_id: str | None = None
    name: str | None = None
    billing_name: str | None = None
    billing_address: Address | None = None
    tax_id: tuple[str, str] | None = None
    locale: str | None = None
    metadata: dict[str, Any] = {}
    deleted_at: datetime | None = None
    default_payment_method_id: str | None = None
    avatar_url: str | None = None


class CustomerStateSubscription(Thing, kw_only=True):
    """A subscription that runs."""

    status: str
    amount: int
    currency: str
    recurring_interval: str
    current_period_start: datetime
    current_period_end: datetime
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool
    canceled_at: datetime | None = None
    started_at: datetime | None = None
    ends_at: datetime | None = None
    product_id: str
    metadata: dict[str, Any] = {}


class CustomerStateBenefitGrant(Thing, kw_only=True):
    """A benefit that the customer has."""

    granted_at: datetime
    benefit_id: str
    benefit_type: str
    benefit_metadata: dict[str, Any] = {}
    properties: dict[str, Any] = {}


class CustomerState(Customer, kw_only=True):
    """A customer with what it has at this moment."""

    active_subscriptions: list[CustomerStateSubscription] = []
    granted_benefits: list[CustomerStateBenefitGrant] = []


class Card(Shape, kw_only=True):
    """What its holder recognizes a card by."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    wallet: str | None = None


class PaymentMethod(Thing, kw_only=True):
    """A card of a customer."""

    processor: str
    customer_id: str
    type: str = "card"
    method_metadata: Card
    is_default: bool = False


class Customers(Resource[Way]):
    """`/v1/customers`. Each customer is found by its id, and by its id in your system (`external`)."""

    @operation
    def list(self, **filters: Unpack[CustomerFilters]) -> Call[Page[Customer]]:
        """The customers of the token's organizations."""
        return Call("GET", "/v1/customers", Page[Customer], query=filters)

    iter_all = every(list)

    @operation
    def export(self, *, organization_id: str | None = None) -> Call[str]:
        """All customers as CSV."""
        return Call("GET", "/v1/customers/export", str, query={"organization_id": organization_id})

    @operation
    def create(self, **body: Unpack[CustomerCreate]) -> Call[Customer]:
        """A new customer."""
        return Call("POST", "/v1/customers", Customer, body=sent(body))

    @operation
    def get(self, customer_id: str) -> Call[Customer]:
        """One customer."""
        return Call("GET", _ONE, Customer, (customer_id,))

    @operation
    def get_external(self, external_id: str) -> Call[Customer]:
        """One customer, by its id in your system."""
        return Call("GET", _EXTERNAL, Customer, (external_id,))

    @operation
    def update(self, customer_id: str, **body: Unpack[CustomerUpdate]) -> Call[Customer]:
        """Change what is named."""
        return Call("PATCH", _ONE, Customer, (customer_id,), body=sent(body))

    @operation
    def update_external(self, external_id: str, **body: Unpack[CustomerUpdateExternal]) -> Call[Customer]:
        """Change what is named."""
        return Call("PATCH", _EXTERNAL, Customer, (external_id,), body=sent(body))

    @operation
    def delete(self, customer_id: str, *, anonymize: bool = False) -> Call[None]:
        """Delete a customer: its subscriptions end and its benefits are revoked."""
        return Call("DELETE", _ONE, None, (customer_id,), query={"anonymize": anonymize})

    @operation
    def delete_external(self, external_id: str, *, anonymize: bool = False) -> Call[None]:
        """The same, by its id in your system."""
        return Call("DELETE", _EXTERNAL, None, (external_id,), query={"anonymize": anonymize})

    @operation
    def get_state(self, customer_id: str) -> Call[CustomerState]:
        """A customer with running subscriptions and benefits."""
        return Call("GET", _ONE + "/state", CustomerState, (customer_id,))

    @operation
    def get_external_state(self, external_id: str) -> Call[CustomerState]:
        """The same, by its id in your system."""
        return Call("GET", _EXTERNAL + "/state", CustomerState, (external_id,))

    @operation
    def list_payment_methods(self, customer_id: str, **paging: Unpack[Paging]) -> Call[Page[PaymentMethod]]:
        """The cards of a customer."""
        return Call("GET", _ONE + "/payment-methods", Page[PaymentMethod], (customer_id,), query=paging)

    iter_payment_methods = every(list_payment_methods)

    @operation
    def list_external_payment_methods(self, external_id: str, **paging: Unpack[Paging]) -> Call[Page[PaymentMethod]]:
        """The same, by its id in your system."""
        return Call("GET", _EXTERNAL + "/payment-methods", Page[PaymentMethod], (external_id,), query=paging)

    iter_external_payment_methods = every(list_external_payment_methods)

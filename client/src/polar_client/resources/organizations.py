"""Organizations."""

from collections.abc import Sequence
from typing import Any, Required, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.asking import Paging, TaxBehavior
from polar_client.shapes import Shape, Thing


class OrganizationFilters(Paging, total=False):
    """Which organizations."""

    slug: Maybe[str | None]
    sorting: Maybe[Many | None]


class SocialLinkBody(TypedDict):
    """A profile elsewhere: `platform` is x, github, ..., or other."""

    platform: str
    url: str


class OrganizationDetails(TypedDict, total=False):
    """None empties what may be empty. Settings are replaced as a whole."""

    avatar_url: Maybe[str | None]
    email: Maybe[str | None]
    website: Maybe[str | None]
    country: Maybe[str | None]
    socials: Maybe[Sequence[SocialLinkBody]]
    embed_hosts: Maybe[Sequence[str]]
    feature_settings: Maybe[dict[str, Any]]
    subscription_settings: Maybe[dict[str, Any]]
    customer_email_settings: Maybe[dict[str, bool]]
    customer_portal_settings: Maybe[dict[str, Any]]
    default_presentment_currency: Maybe[str]
    default_tax_behavior: Maybe[TaxBehavior]


class OrganizationUpdate(OrganizationDetails, total=False):
    """What to change."""

    name: Maybe[str]


class OrganizationCreate(OrganizationDetails, total=False):
    """A new organization; the person behind the token becomes its owner."""

    name: Required[str]
    slug: Required[str]


class SocialLink(Shape, kw_only=True):
    """A profile elsewhere."""

    platform: str
    url: str


class SubscriptionSettings(Shape, kw_only=True):
    """How subscriptions change. The grace period is in days."""

    allow_multiple_subscriptions: bool
    proration_behavior: str
    benefit_revocation_grace_period: int
    prevent_trial_abuse: bool
    allow_customer_updates: bool


class Organization(Thing, kw_only=True):
    """An organization."""

    name: str
    slug: str
    avatar_url: str | None = None
    is_test: bool = False
    email: str | None = None
    website: str | None = None
    country: str | None = None
    socials: list[SocialLink] = []
    default_presentment_currency: str
    default_tax_behavior: str
    proration_behavior: str
    allow_customer_updates: bool
    feature_settings: dict[str, Any]
    subscription_settings: SubscriptionSettings
    customer_email_settings: dict[str, bool]
    customer_portal_settings: dict[str, Any]
    embed_hosts: list[str] = []
    embed_hosts_enforced: bool = True
    status: str = "active"
    capabilities: dict[str, bool] = {}


class Organizations(Resource[Way]):
    """`/v1/organizations`."""

    @operation
    def list(self, **filters: Unpack[OrganizationFilters]) -> Call[Page[Organization]]:
        """The organizations that the token reaches."""
        return Call("GET", "/v1/organizations", Page[Organization], query=filters)

    iter_all = every(list)

    @operation
    def get(self, organization_id: str) -> Call[Organization]:
        """One organization."""
        return Call("GET", "/v1/organizations/{organization_id}", Organization, (organization_id,))

    @operation
    def create(self, **body: Unpack[OrganizationCreate]) -> Call[Organization]:
        """A new organization."""
        return Call("POST", "/v1/organizations", Organization, body=sent(body))

    @operation
    def update(self, organization_id: str, **body: Unpack[OrganizationUpdate]) -> Call[Organization]:
        """Change what is named."""
        path = "/v1/organizations/{organization_id}"
        return Call("PATCH", path, Organization, (organization_id,), body=sent(body))

"""The shapes of organizations: what is sent and what is answered."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from polar_server.resource_server.addresses import Country
from polar_server.resources.organizations.settings import (
    CustomerEmailSettings,
    CustomerPortalSettings,
    EmbedHosts,
    FeatureSettings,
    SocialLink,
    Socials,
    SubscriptionSettings,
    WebAddress,
)

TaxBehavior = Literal["location", "inclusive", "exclusive"]
Currency = Annotated[str, Meta(pattern="^[a-z]{3}$", description="ISO 4217, in lower case.")]


class DisputeSettings(Struct):
    """Disputes that are given up without a question. There are no disputes here, so there is no amount either."""

    auto_accept_below_amount: int | None = None


class OrganizationUpdate(Struct):
    """What to change; what is left out stays.

    A null empties what can be empty (email, website, avatar_url, country) and means nothing for the rest.
    """

    name: str | UnsetType | None = UNSET
    avatar_url: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    website: WebAddress | UnsetType | None = UNSET
    country: Country | UnsetType | None = UNSET
    socials: Socials | UnsetType | None = UNSET
    embed_hosts: EmbedHosts | UnsetType | None = UNSET
    feature_settings: FeatureSettings | UnsetType | None = UNSET
    subscription_settings: SubscriptionSettings | UnsetType | None = UNSET
    customer_email_settings: CustomerEmailSettings | UnsetType | None = UNSET
    customer_portal_settings: CustomerPortalSettings | UnsetType | None = UNSET
    dispute_settings: DisputeSettings | UnsetType | None = UNSET
    default_presentment_currency: Currency | UnsetType | None = UNSET
    default_tax_behavior: TaxBehavior | UnsetType | None = UNSET
    sso_enforced: bool | UnsetType | None = UNSET


class OrganizationCreate(OrganizationUpdate, kw_only=True):
    """A new organization; the person behind the token becomes its owner."""

    name: str
    slug: str


class AllFeatureSettings(FeatureSettings):
    """What an organization switches for itself, and what this server does not have."""

    issue_funding_enabled: bool = False
    wallets_enabled: bool = False
    reset_proration_behavior_enabled: bool = False
    off_session_charges_enabled: bool = False
    meter_cycling_enabled: bool = False
    slack_benefit_enabled: bool = False
    preview_access_enabled: bool = False
    disputes_enabled: bool = False
    sso_enabled: bool = False
    dispute_auto_accept_enabled: bool = False
    compass_enabled: bool = False
    merchant_migration_enabled: bool = False
    frame_ancestors_enforced: bool = False


class Capabilities(Struct):
    """What the organization can do. Nobody reviews it here, and nothing is paid out."""

    checkout_payments: bool = True
    subscription_renewals: bool = True
    payouts: bool = False
    refunds: bool = True
    api_access: bool = True
    dashboard_access: bool = True


class Organization(Struct, kw_only=True):
    """An organization."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    name: str
    slug: str
    avatar_url: str | None
    is_test: bool
    email: str | None
    website: str | None
    country: Country | None
    socials: list[SocialLink]
    default_presentment_currency: str
    default_tax_behavior: TaxBehavior
    proration_behavior: Literal["invoice", "prorate", "next_period"]
    allow_customer_updates: bool
    feature_settings: AllFeatureSettings
    subscription_settings: SubscriptionSettings
    customer_email_settings: CustomerEmailSettings
    customer_portal_settings: CustomerPortalSettings
    embed_hosts: list[str]
    embed_hosts_enforced: bool = True
    status: Literal["active"] = "active"
    details_submitted_at: datetime | None = None
    onboarding_resubmission_requested_at: datetime | None = None
    sso_enforced: bool = False
    dispute_settings: DisputeSettings = field(default_factory=DisputeSettings)
    account_id: str | None = None
    payout_account_id: str | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)

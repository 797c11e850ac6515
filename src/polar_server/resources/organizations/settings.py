"""An organization's settings, as they are sent, kept and shown: one JSON text, defaults where nothing was chosen."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Platform = Literal[
    "x", "github", "facebook", "instagram", "youtube", "tiktok", "linkedin", "threads", "discord", "other"
]
WebAddress = Annotated[str, Meta(max_length=2083, pattern=r"^https?://[!-~]+$")]
EmbedHost = Annotated[
    str,
    Meta(
        max_length=255,
        pattern=r"^(?:(?:\*\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?|[a-z][a-z0-9+.-]*://[A-Za-z0-9-]+)$",
        description="A host with an optional port, `*.` in front for its subdomains; or the origin of an app.",
    ),
]
EmbedHosts = Annotated[list[EmbedHost], Meta(max_length=50)]


class SocialLink(Struct):
    """A profile elsewhere."""

    platform: Platform
    url: WebAddress


Socials = Annotated[list[SocialLink], Meta(max_length=20)]


class FeatureSettings(Struct):
    """What an organization switches for itself."""

    seat_based_pricing_enabled: bool = False
    member_model_enabled: bool = False
    checkout_localization_enabled: bool = False
    overview_metrics: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=50)] | None = None


class SubscriptionSettings(Struct):
    """How subscriptions change."""

    allow_multiple_subscriptions: bool
    proration_behavior: Literal["invoice", "prorate", "next_period"]
    benefit_revocation_grace_period: Annotated[int, Meta(ge=0, le=365, description="In days.")]
    prevent_trial_abuse: bool
    allow_customer_updates: bool


class CustomerEmailSettings(Struct):
    """Which mails customers get."""

    order_confirmation: bool
    payment_method_expiration_reminder: bool
    subscription_cancellation: bool
    subscription_confirmation: bool
    subscription_cycled: bool
    subscription_cycled_after_trial: bool
    subscription_past_due: bool
    subscription_paused: bool
    subscription_resumed: bool
    subscription_renewal_reminder: bool
    subscription_revoked: bool
    subscription_trial_conversion_reminder: bool
    subscription_uncanceled: bool
    subscription_updated: bool


class PortalUsage(Struct):
    """What the customer portal tells of usage."""

    show: bool


class PortalSubscription(Struct):
    """What customers may do with a subscription in the portal."""

    update_seats: bool
    update_plan: bool
    update_units: bool = False
    pause: bool = False


class PortalCustomer(Struct):
    """What customers may do with themselves in the portal."""

    allow_email_change: bool = False


class CustomerPortalSettings(Struct):
    """The customer portal."""

    usage: PortalUsage
    subscription: PortalSubscription
    customer: PortalCustomer = field(default_factory=PortalCustomer)


def _usual_subscriptions() -> SubscriptionSettings:
    return SubscriptionSettings(
        allow_multiple_subscriptions=False,
        proration_behavior="prorate",
        benefit_revocation_grace_period=0,
        prevent_trial_abuse=False,
        allow_customer_updates=True,
    )


def _every_mail() -> CustomerEmailSettings:
    return CustomerEmailSettings(**dict.fromkeys(CustomerEmailSettings.__struct_fields__, True))


def _usual_portal() -> CustomerPortalSettings:
    return CustomerPortalSettings(PortalUsage(show=True), PortalSubscription(update_seats=True, update_plan=True))


class OrganizationSettings(Struct):
    """All that is kept as one text."""

    socials: Socials = []
    embed_hosts: EmbedHosts = []
    feature_settings: FeatureSettings = field(default_factory=FeatureSettings)
    subscription_settings: SubscriptionSettings = field(default_factory=_usual_subscriptions)
    customer_email_settings: CustomerEmailSettings = field(default_factory=_every_mail)
    customer_portal_settings: CustomerPortalSettings = field(default_factory=_usual_portal)

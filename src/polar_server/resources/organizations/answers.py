"""Rows of organizations as the API shows them."""

import msgspec

from polar_server.database import Row
from polar_server.resource_server.times import moment
from polar_server.resources.organizations.schemas import AllFeatureSettings, Organization, TaxBehavior
from polar_server.resources.organizations.settings import OrganizationSettings

CURRENCY = "usd"
TAX_BEHAVIOR: TaxBehavior = "location"
"""What holds for an organization that has chosen nothing."""


def settings_of(row: Row) -> OrganizationSettings:
    """The settings, with defaults where none were chosen."""
    return msgspec.json.decode(row["settings"] or b"{}", type=OrganizationSettings)


def organization_of(row: Row) -> Organization:
    """An organization."""
    settings = settings_of(row)
    subscriptions = settings.subscription_settings
    return Organization(
        id=row["id"],
        created_at=moment(row["created_at"]),
        modified_at=moment(row["modified_at"]),
        name=row["name"],
        slug=row["slug"],
        avatar_url=row["avatar_url"],
        is_test=bool(row["is_test"]),
        email=row["email"],
        website=row["website"],
        country=row["country"],
        socials=settings.socials,
        default_presentment_currency=row["default_presentment_currency"] or CURRENCY,
        default_tax_behavior=row["default_tax_behavior"] or TAX_BEHAVIOR,
        proration_behavior=subscriptions.proration_behavior,
        allow_customer_updates=subscriptions.allow_customer_updates,
        feature_settings=AllFeatureSettings(**msgspec.structs.asdict(settings.feature_settings)),
        subscription_settings=subscriptions,
        customer_email_settings=settings.customer_email_settings,
        customer_portal_settings=settings.customer_portal_settings,
        embed_hosts=settings.embed_hosts,
    )

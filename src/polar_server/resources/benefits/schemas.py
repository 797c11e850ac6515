"""The shapes of benefits that are sent, and of the files of one."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from polar_server.resource_server.benefits import (
    CustomProperties,
    DownloadablesProperties,
    FeatureFlagProperties,
    LicenseKeysProperties,
    Visibility,
)
from polar_server.resource_server.files import File
from polar_server.resource_server.metadata import Metadata

NOT_OFFERED = ("discord", "github_repository", "meter_credit", "slack_shared_channel")
"""Types that the published clients know and this server does not have."""

BenefitType = Literal[
    "custom", "downloadables", "license_keys", "feature_flag",
    "discord", "github_repository", "meter_credit", "slack_shared_channel",
]  # fmt: skip

Description = Annotated[
    str, Meta(min_length=3, max_length=42, description="What customers read.", examples=["A letter each month"])
]


class _New(Struct, kw_only=True):
    description: Description
    organization_id: str | UnsetType | None = UNSET
    visibility: Visibility | None = None
    metadata: Metadata = {}


class BenefitCustomCreate(_New, tag_field="type", tag="custom"):
    """A new custom benefit."""

    properties: CustomProperties


class BenefitDownloadablesCreate(_New, tag_field="type", tag="downloadables"):
    """New files to download. What `archived` says of other files than these is left out."""

    properties: DownloadablesProperties


class BenefitLicenseKeysCreate(_New, tag_field="type", tag="license_keys"):
    """New license keys."""

    properties: LicenseKeysProperties


class BenefitFeatureFlagCreate(_New, tag_field="type", tag="feature_flag"):
    """A new feature flag; it is private unless something else is said."""

    properties: FeatureFlagProperties


BenefitCreate = BenefitCustomCreate | BenefitDownloadablesCreate | BenefitLicenseKeysCreate | BenefitFeatureFlagCreate


class _Changes(Struct, kw_only=True):
    # The published clients send null for what they do not change, and none of these can be empty.
    description: Description | None = None
    visibility: Visibility | None = None
    metadata: Metadata | UnsetType = UNSET


class BenefitCustomUpdate(_Changes, tag_field="type", tag="custom"):
    """What to change of a custom benefit."""

    properties: CustomProperties | None = None


class BenefitDownloadablesUpdate(_Changes, tag_field="type", tag="downloadables"):
    """What to change of files to download; `properties` are the new ones as a whole."""

    properties: DownloadablesProperties | None = None


class BenefitLicenseKeysUpdate(_Changes, tag_field="type", tag="license_keys"):
    """What to change of license keys; `properties` are the new ones as a whole."""

    properties: LicenseKeysProperties | None = None


class BenefitFeatureFlagUpdate(_Changes, tag_field="type", tag="feature_flag"):
    """What to change of a feature flag."""

    properties: FeatureFlagProperties | None = None


BenefitUpdate = BenefitCustomUpdate | BenefitDownloadablesUpdate | BenefitLicenseKeysUpdate | BenefitFeatureFlagUpdate


class BenefitDownloadableFile(File):
    """A file of a benefit, and how often customers fetched it."""

    downloaders: int = 0
    downloads: int = 0

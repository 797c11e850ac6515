"""Benefits as the API shows them, by themselves and within products."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from polar_server.database import Row
from polar_server.resource_server.times import moment, moment_or_none

Visibility = Literal["draft", "private", "public"]

Note = Annotated[
    str, Meta(max_length=10_000, description="Shown to the customers who have the benefit, and to nobody else.")
]
FileIds = Annotated[
    list[str], Meta(min_length=1, max_length=100, description="Files of the service `downloadable`, in their order.")
]
Archived = Annotated[
    dict[str, bool], Meta(description="The files that new customers do not get any more, by their ids.")
]
Prefix = Annotated[str, Meta(min_length=1, max_length=64, description="What every key begins with.")]
# So many years from now are still a date.
Lifetime = Annotated[int, Meta(ge=1, le=5000, description="How long a key is valid, in units of `timeframe`.")]
Limit = Annotated[int, Meta(ge=1, le=2_147_483_647)]


class CustomProperties(Struct):
    """Whatever a note can say."""

    note: Note | None = None


class DownloadablesProperties(Struct):
    """Files to download."""

    files: FileIds
    archived: Archived = {}


class LicenseKeyExpiration(Struct):
    """How long a key is valid."""

    ttl: Lifetime
    timeframe: Literal["year", "month", "day"]


class LicenseKeyActivations(Struct):
    """On how many devices a key can be in use, and whether its customer may take one off."""

    limit: Limit
    enable_customer_admin: bool


class LicenseKeysProperties(Struct):
    """A key of its own for each customer."""

    prefix: Prefix | None = None
    expires: LicenseKeyExpiration | None = None
    activations: LicenseKeyActivations | None = None
    limit_usage: Limit | None = None


class FeatureFlagProperties(Struct):
    """Nothing: the benefit itself says that something is switched on, and its metadata say what."""


class _Benefit(Struct, kw_only=True):
    id: str
    created_at: datetime
    modified_at: datetime | None
    organization_id: str
    description: str
    visibility: Visibility
    visibility_configurable: bool
    selectable: bool = True
    deletable: bool
    is_deleted: bool
    metadata: dict[str, Any]


class BenefitCustom(_Benefit, tag_field="type", tag="custom"):
    """Anything that the organization does for its customers by itself."""

    properties: CustomProperties


class BenefitDownloadables(_Benefit, tag_field="type", tag="downloadables"):
    """Files that customers can download."""

    properties: DownloadablesProperties


class BenefitLicenseKeys(_Benefit, tag_field="type", tag="license_keys"):
    """A license key for each customer."""

    properties: LicenseKeysProperties


class BenefitFeatureFlag(_Benefit, tag_field="type", tag="feature_flag"):
    """A sign for the organization's own software that a customer may use something."""

    properties: FeatureFlagProperties


Benefit = BenefitCustom | BenefitDownloadables | BenefitLicenseKeys | BenefitFeatureFlag

_SHAPES: dict[str, tuple[type[Any], type[Any]]] = {
    "custom": (BenefitCustom, CustomProperties),
    "downloadables": (BenefitDownloadables, DownloadablesProperties),
    "license_keys": (BenefitLicenseKeys, LicenseKeysProperties),
    "feature_flag": (BenefitFeatureFlag, FeatureFlagProperties),
}


def benefit_of(row: Row) -> Benefit:
    """A benefit from its row."""
    shape, properties = _SHAPES[row["type"]]
    shown: Benefit = shape(
        id=row["id"],
        created_at=moment(row["created_at"]),
        modified_at=moment_or_none(row["modified_at"]),
        organization_id=row["organization_id"],
        description=row["description"],
        visibility=row["visibility"],
        visibility_configurable=is_visibility_configurable(row["type"]),
        deletable=bool(row["deletable"]),
        is_deleted=row["deleted_at"] is not None,
        metadata=msgspec.json.decode(row["metadata"]),
        properties=msgspec.json.decode(row["properties"], type=properties),
    )
    return shown


def is_visibility_configurable(benefit_type: str) -> bool:
    """Whether customers may be kept from seeing a benefit: not when there is something for them to fetch."""
    return benefit_type != "downloadables"

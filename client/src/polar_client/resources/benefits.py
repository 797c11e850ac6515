"""Benefits: what customers get with a product. And their grants: who has them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.asking import AskedMetadata, Listing, Metadata, Paging, Visibility
from polar_client.resources.customers import Customer
from polar_client.resources.files import File
from polar_client.shapes import Shape, Thing

BenefitType: TypeAlias = Literal["custom", "downloadables", "license_keys", "feature_flag"]

_ONE = "/v1/benefits/{benefit_id}"


class BenefitFilters(Listing, total=False):
    """Which benefits. `query` is a part of the description."""

    id: Maybe[Many | None]
    exclude_id: Maybe[Many | None]
    type: Maybe[BenefitType | Sequence[BenefitType] | None]
    query: Maybe[str | None]
    metadata: Maybe[AskedMetadata]


class GrantOfBenefitFilters(Paging, total=False):
    """Which grants of one benefit."""

    customer_id: Maybe[Many | None]
    is_granted: Maybe[bool | None]


class LicenseKeyExpirationBody(TypedDict):
    """How long a key is valid."""

    ttl: int
    timeframe: Literal["year", "month", "day"]


class LicenseKeyActivationsBody(TypedDict):
    """On how many devices a key can be in use, and whether its customer may take one off."""

    limit: int
    enable_customer_admin: bool


class BenefitPropertiesBody(TypedDict, total=False):
    """What belongs to the type.

    custom: `note`. downloadables: `files` and `archived`. license_keys: the rest. feature_flag: nothing.
    """

    note: str | None
    files: Sequence[str]
    archived: Mapping[str, bool]
    prefix: str | None
    expires: LicenseKeyExpirationBody | None
    activations: LicenseKeyActivationsBody | None
    limit_usage: int | None


class BenefitUpdate(TypedDict, total=False):
    """What to change. The type says what the properties are, and stays; properties are replaced as a whole."""

    type: Required[BenefitType]
    description: Maybe[str]
    visibility: Maybe[Visibility | None]
    metadata: Maybe[Metadata]
    properties: Maybe[BenefitPropertiesBody]


class BenefitCreate(TypedDict, total=False):
    """A new benefit. Customers read the description, of 3 to 42 characters."""

    type: Required[BenefitType]
    description: Required[str]
    properties: Required[BenefitPropertiesBody]
    organization_id: Maybe[str | None]
    visibility: Maybe[Visibility | None]
    metadata: Maybe[Metadata]


class LicenseKeyExpiration(Shape, kw_only=True):
    """How long a key is valid."""

    ttl: int
    timeframe: str


class LicenseKeyActivations(Shape, kw_only=True):
    """On how many devices a key can be in use, and whether its customer may take one off."""

    limit: int
    enable_customer_admin: bool


class BenefitProperties(Shape, kw_only=True):
    """What belongs to the type; the rest is empty."""

    note: str | None = None
    files: list[str] = []
    archived: dict[str, bool] = {}
    prefix: str | None = None
    expires: LicenseKeyExpiration | None = None
    activations: LicenseKeyActivations | None = None
    limit_usage: int | None = None


class Benefit(Thing, kw_only=True):
    """A benefit; `type` is custom, downloadables, license_keys or feature_flag."""

    type: str
    organization_id: str
    description: str
    visibility: str = "public"
    visibility_configurable: bool = True
    selectable: bool = True
    deletable: bool = True
    is_deleted: bool = False
    metadata: dict[str, Any] = {}
    properties: BenefitProperties


class BenefitFile(File, kw_only=True):
    """A file of a benefit, and how often customers fetched it."""

    downloaders: int = 0
    downloads: int = 0


class BenefitGrantError(Shape, kw_only=True):
    """Why a benefit could not be granted."""

    message: str
    type: str
    timestamp: str


class BenefitGrant(Thing, kw_only=True):
    """A benefit that a customer has, or had, from a subscription or an order.

    `properties` are what the customer got: `files`, or `license_key_id` and `display_key`.
    """

    granted_at: datetime | None = None
    is_granted: bool
    revoked_at: datetime | None = None
    is_revoked: bool
    subscription_id: str | None = None
    order_id: str | None = None
    customer_id: str
    benefit_id: str
    customer: Customer
    benefit: Benefit
    properties: dict[str, Any] = {}
    error: BenefitGrantError | None = None


class Benefits(Resource[Way]):
    """`/v1/benefits`."""

    @operation
    def list(self, **filters: Unpack[BenefitFilters]) -> Call[Page[Benefit]]:
        """The benefits of the token's organizations."""
        return Call("GET", "/v1/benefits", Page[Benefit], query=filters)

    iter_all = every(list)

    @operation
    def create(self, **body: Unpack[BenefitCreate]) -> Call[Benefit]:
        """A new benefit."""
        return Call("POST", "/v1/benefits", Benefit, body=sent(body))

    @operation
    def get(self, benefit_id: str) -> Call[Benefit]:
        """One benefit."""
        return Call("GET", _ONE, Benefit, (benefit_id,))

    @operation
    def update(self, benefit_id: str, **body: Unpack[BenefitUpdate]) -> Call[Benefit]:
        """Change what is named."""
        return Call("PATCH", _ONE, Benefit, (benefit_id,), body=sent(body))

    @operation
    def delete(self, benefit_id: str) -> Call[None]:
        """Delete a benefit: it leaves its products, and whoever has it loses it."""
        return Call("DELETE", _ONE, None, (benefit_id,))

    @operation
    def list_files(self, benefit_id: str, **paging: Unpack[Paging]) -> Call[Page[BenefitFile]]:
        """The files of a benefit of the type downloadables."""
        return Call("GET", _ONE + "/files", Page[BenefitFile], (benefit_id,), query=paging)

    iter_files = every(list_files)

    @operation
    def list_grants(self, benefit_id: str, **filters: Unpack[GrantOfBenefitFilters]) -> Call[Page[BenefitGrant]]:
        """Who has a benefit, and who had it."""
        return Call("GET", _ONE + "/grants", Page[BenefitGrant], (benefit_id,), query=filters)

    iter_grants = every(list_grants)

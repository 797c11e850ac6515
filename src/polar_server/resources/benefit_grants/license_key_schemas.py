"""The shapes of license keys: what a seller's software sends, and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from polar_server.resource_server.benefits import Limit
from polar_server.resource_server.metadata import Metadata
from polar_server.resources.customers.schemas import Customer

LicenseKeyStatus = Literal["granted", "revoked", "disabled"]

KeyText = Annotated[str, Meta(max_length=200, description="The key as its customer has it.")]
Label = Annotated[str, Meta(min_length=1, max_length=256, description="What tells one device from another.")]
Count = Annotated[int, Meta(ge=0, le=2_147_483_647)]


class LicenseKeyValidate(Struct):
    """A key to check. Whatever else is sent must fit it."""

    key: KeyText
    organization_id: str
    activation_id: str | None = None
    benefit_id: str | None = None
    customer_id: str | None = None
    increment_usage: Count | None = None
    conditions: Metadata = {}


class LicenseKeyActivate(Struct):
    """A place where a key shall be in use. `conditions` must be the same when the activation is validated."""

    key: KeyText
    organization_id: str
    label: Label
    conditions: Metadata = {}
    meta: Metadata = {}


class LicenseKeyDeactivate(Struct):
    """A place where a key shall not be in use any more."""

    key: KeyText
    organization_id: str
    activation_id: str


class LicenseKeyUpdate(Struct):
    """What to change of a key; what is left out stays. A null takes a limit or an end away."""

    status: LicenseKeyStatus | UnsetType | None = UNSET
    usage: Count | UnsetType | None = UNSET
    limit_activations: Limit | UnsetType | None = UNSET
    limit_usage: Limit | UnsetType | None = UNSET
    expires_at: Annotated[datetime, Meta(tz=True)] | UnsetType | None = UNSET


class LicenseKeySubscription(Struct):
    """The subscription that a key came with."""

    id: str
    status: str
    current_period_start: datetime
    current_period_end: datetime
    cancel_at_period_end: bool
    ends_at: datetime | None


class LicenseKeyOrder(Struct):
    """The order that a key came with."""

    id: str
    created_at: datetime
    status: str
    paid: bool


class LicenseKeyRead(Struct, kw_only=True):
    """A license key. `key` is the whole of it."""

    id: str
    created_at: datetime
    modified_at: datetime | None
    organization_id: str
    customer_id: str
    customer: Customer
    benefit_id: str
    key: str
    display_key: str
    status: LicenseKeyStatus
    limit_activations: int | None
    usage: int
    limit_usage: int | None
    validations: int
    last_validated_at: datetime | None
    expires_at: datetime | None
    subscription_id: str | None
    subscription: LicenseKeySubscription | None
    order_id: str | None
    order: LicenseKeyOrder | None
    member_id: str | None = None
    member: dict[str, Any] | None = None


class LicenseKeyActivationBase(Struct, kw_only=True):
    """A place where a key is in use."""

    id: str
    license_key_id: str
    label: str
    meta: Metadata
    created_at: datetime
    modified_at: datetime | None


class LicenseKeyActivationRead(LicenseKeyActivationBase, kw_only=True):
    """An activation with its key."""

    license_key: LicenseKeyRead


class LicenseKeyWithActivations(LicenseKeyRead, kw_only=True):
    """A key, and where it is in use."""

    activations: list[LicenseKeyActivationBase]


class ValidatedLicenseKey(LicenseKeyRead, kw_only=True):
    """A key that is valid, and the activation that was asked about."""

    activation: LicenseKeyActivationBase | None = None

"""License keys: listed and changed by the seller, checked and used by the seller's software."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe, Page, sent
from polar_client.operations import Resource, Way, every, operation
from polar_client.resources.asking import Metadata, Paging
from polar_client.resources.customers import Customer
from polar_client.shapes import Shape, Thing

LicenseKeyStatus: TypeAlias = Literal["granted", "revoked", "disabled"]

_ONE = "/v1/license-keys/{license_key_id}"


class LicenseKeyFilters(Paging, total=False):
    """Which keys."""

    organization_id: Maybe[Many | None]
    benefit_id: Maybe[Many | None]
    status: Maybe[LicenseKeyStatus | Sequence[LicenseKeyStatus] | None]


class LicenseKeyUpdate(TypedDict, total=False):
    """What to change. None takes a limit or an end away."""

    status: Maybe[LicenseKeyStatus]
    usage: Maybe[int]
    limit_activations: Maybe[int | None]
    limit_usage: Maybe[int | None]
    expires_at: Maybe[datetime | None]


class LicenseKeyValidate(TypedDict, total=False):
    """A key to check. Whatever else is sent must fit it; `increment_usage` counts a use."""

    key: Required[str]
    organization_id: Required[str]
    activation_id: Maybe[str | None]
    benefit_id: Maybe[str | None]
    customer_id: Maybe[str | None]
    increment_usage: Maybe[int | None]
    conditions: Maybe[Metadata]


class LicenseKeyActivate(TypedDict, total=False):
    """A place where a key shall be in use. `conditions` must be the same when the activation is validated."""

    key: Required[str]
    organization_id: Required[str]
    label: Required[str]
    conditions: Maybe[Metadata]
    meta: Maybe[Metadata]


class LicenseKeySubscription(Shape, kw_only=True):
    """The subscription that a key came with."""

    id: str
    status: str
    current_period_start: datetime
    current_period_end: datetime
    cancel_at_period_end: bool
    ends_at: datetime | None = None


class LicenseKeyOrder(Shape, kw_only=True):
    """The order that a key came with."""

    id: str
    created_at: datetime
    status: str
    paid: bool


class LicenseKey(Thing, kw_only=True):
    """A license key. `key` is the whole of it, `display_key` its end, to be shown."""

    hidden: ClassVar[frozenset[str]] = frozenset({"key"})

    organization_id: str
    customer_id: str
    customer: Customer
    benefit_id: str
    key: str
    display_key: str
    status: str
    limit_activations: int | None = None
    usage: int = 0
    limit_usage: int | None = None
    validations: int = 0
    last_validated_at: datetime | None = None
    expires_at: datetime | None = None
    subscription_id: str | None = None
    subscription: LicenseKeySubscription | None = None
    order_id: str | None = None
    order: LicenseKeyOrder | None = None


class Activation(Thing, kw_only=True):
    """A place where a key is in use."""

    license_key_id: str
    label: str
    meta: dict[str, Any] = {}


class ActivationOfKey(Activation, kw_only=True):
    """An activation with its key."""

    license_key: LicenseKey


class LicenseKeyWithActivations(LicenseKey, kw_only=True):
    """A key, and where it is in use."""

    activations: list[Activation] = []


class ValidatedLicenseKey(LicenseKey, kw_only=True):
    """A key that is valid, and the activation that was asked about."""

    activation: Activation | None = None


class LicenseKeys(Resource[Way]):
    """`/v1/license-keys`."""

    @operation
    def list(self, **filters: Unpack[LicenseKeyFilters]) -> Call[Page[LicenseKey]]:
        """The license keys of the token's organizations, newest first."""
        return Call("GET", "/v1/license-keys", Page[LicenseKey], query=filters)

    iter_all = every(list)

    @operation
    def get(self, license_key_id: str) -> Call[LicenseKeyWithActivations]:
        """One license key, and where it is in use."""
        return Call("GET", _ONE, LicenseKeyWithActivations, (license_key_id,))

    @operation
    def update(self, license_key_id: str, **body: Unpack[LicenseKeyUpdate]) -> Call[LicenseKey]:
        """Change what is named: disable a key, give it other limits or another end."""
        return Call("PATCH", _ONE, LicenseKey, (license_key_id,), body=sent(body))

    @operation
    def get_activation(self, license_key_id: str, activation_id: str) -> Call[ActivationOfKey]:
        """One place where a key is in use."""
        path = _ONE + "/activations/{activation_id}"
        return Call("GET", path, ActivationOfKey, (license_key_id, activation_id))

    @operation
    def validate(self, **body: Unpack[LicenseKeyValidate]) -> Call[ValidatedLicenseKey]:
        """Check a key. NotFoundError for one that is none, is over, or does not fit what is sent."""
        return Call("POST", "/v1/license-keys/validate", ValidatedLicenseKey, body=sent(body))

    @operation
    def activate(self, **body: Unpack[LicenseKeyActivate]) -> Call[ActivationOfKey]:
        """Use a key in one more place. PermissionDeniedError when there are as many as there can be."""
        return Call("POST", "/v1/license-keys/activate", ActivationOfKey, body=sent(body))

    @operation
    def deactivate(self, *, key: str, organization_id: str, activation_id: str) -> Call[None]:
        """Stop using a key in one place."""
        body = {"key": key, "organization_id": organization_id, "activation_id": activation_id}
        return Call("POST", "/v1/license-keys/deactivate", None, body=body)

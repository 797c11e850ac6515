"""`/v1/license-keys/`: the keys of customers, for the seller and for the seller's software."""

from typing import Annotated, Any

from litestar import Request, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET

from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import Caller, GivenCaller
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list
from polar_server.resources.benefit_grants import license_key_queries as queries
from polar_server.resources.benefit_grants import license_key_uses as uses
from polar_server.resources.benefit_grants.license_key_answers import activation_members, activation_of, keys_of
from polar_server.resources.benefit_grants.license_key_queries import KeyFilter
from polar_server.resources.benefit_grants.license_key_schemas import (
    LicenseKeyActivate,
    LicenseKeyActivationRead,
    LicenseKeyDeactivate,
    LicenseKeyRead,
    LicenseKeyStatus,
    LicenseKeyUpdate,
    LicenseKeyValidate,
    LicenseKeyWithActivations,
    ValidatedLicenseKey,
)

READ, WRITE = "benefits:read", "benefits:write"

_ONE = "/v1/license-keys/{license_key_id:str}"


@get("/v1/license-keys", scopes=[READ, WRITE])
async def list_license_keys(
    caller: GivenCaller,
    server: GivenServer,
    paging: GivenPaging,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    benefit_id: Annotated[list[str] | None, QueryParameter(description="Of one of these benefits.")] = None,
    status: Annotated[list[LicenseKeyStatus] | None, QueryParameter(description="With one of these.")] = None,
) -> ListResource[LicenseKeyRead]:
    """The license keys of the caller's organizations, newest first."""
    reach = caller.reach(organization_id)
    wanted = KeyFilter(
        organization_ids=reach,
        benefit_ids=asked_list(benefit_id),
        statuses=asked_list(status),
    )
    async with server.database.read() as tx:
        rows, total = await queries.list_keys(tx, wanted, paging.limit, paging.offset)
        found = await keys_of(tx, server.server_keys, rows, reach) if rows else []
    return paging.of([LicenseKeyRead(**each) for each in found], total)


@get(_ONE, scopes=[READ, WRITE])
async def get_license_key(
    license_key_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> LicenseKeyWithActivations:
    """One license key, and where it is in use."""
    async with server.database.read() as tx:
        shown = await _shown(tx, server, caller, license_key_id)
        rows = await queries.list_activations(tx, license_key_id, shown["organization_id"])
    return LicenseKeyWithActivations(**shown, activations=[activation_of(row) for row in rows])


@patch(_ONE, scopes=[WRITE])
async def update_license_key(
    request: Request[Any, Any, Any], license_key_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> LicenseKeyRead:
    """Change what is sent: disable a key, give it other limits or another end."""
    sent, now = await read_body(request, LicenseKeyUpdate), int(server.clock())
    async with server.database.write() as tx:
        row = _present(await queries.lock_key(tx, license_key_id, caller.reach()))
        caller.require(row["organization_id"], WRITE)
        place = {"id": row["id"], "organization_id": row["organization_id"], "now": now}
        await queries.update_key(tx, **place, **_changed(row, sent))
        return LicenseKeyRead(**await _shown(tx, server, caller, license_key_id))


@get(f"{_ONE}/activations/{{activation_id:str}}", scopes=[READ, WRITE])
async def get_license_key_activation(
    license_key_id: FromPath[str], activation_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> LicenseKeyActivationRead:
    """One place where a key is in use."""
    async with server.database.read() as tx:
        return await _shown_activation(tx, server, caller, license_key_id, activation_id)


@post("/v1/license-keys/validate", scopes=[WRITE], status_code=200)
async def validate_license_key(
    request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer
) -> ValidatedLicenseKey:
    """Check a key: 404 for one that does not exist, is revoked, disabled or expired, or does not fit what is sent."""
    sent, now = await read_body(request, LicenseKeyValidate), int(server.clock())
    async with server.database.write() as tx:
        row = await _locked(tx, server, caller, sent.key, sent.organization_id)
        activation = await uses.validate(tx, row, sent, now)
        shown = await _shown(tx, server, caller, row["id"])
    return ValidatedLicenseKey(**shown, activation=None if activation is None else activation_of(activation))


@post("/v1/license-keys/activate", scopes=[WRITE], status_code=200)
async def activate_license_key(
    request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer
) -> LicenseKeyActivationRead:
    """Use a key in one more place. 403 when it has no activations, or as many as it can have."""
    sent, now = await read_body(request, LicenseKeyActivate), int(server.clock())
    async with server.database.write() as tx:
        row = await _locked(tx, server, caller, sent.key, sent.organization_id)
        activation_id = await uses.activate(tx, row, sent, now)
        return await _shown_activation(tx, server, caller, row["id"], activation_id)


@post("/v1/license-keys/deactivate", scopes=[WRITE], status_code=204)
async def deactivate_license_key(request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer) -> None:
    """Stop using a key in one place."""
    sent = await read_body(request, LicenseKeyDeactivate)
    async with server.database.write() as tx:
        row = await _locked(tx, server, caller, sent.key, sent.organization_id)
        if not await queries.drop_activation(tx, sent.activation_id, row["id"], row["organization_id"]):
            raise ResourceNotFound


async def _locked(tx: Transaction, server: AuthorizationServer, caller: Caller, text: str, organization_id: str) -> Row:
    """The key of the organization that is named, which must be one that the caller reaches."""
    if organization_id not in caller.organizations:
        raise ResourceNotFound
    caller.require(organization_id, WRITE)
    return await uses.lock_key_of(tx, server.server_keys, text, organization_id)


async def _shown(tx: Transaction, server: AuthorizationServer, caller: Caller, license_key_id: str) -> dict[str, Any]:
    row = _present(await queries.find_key(tx, license_key_id, caller.reach()))
    [shown] = await keys_of(tx, server.server_keys, [row], caller.reach())
    return shown


async def _shown_activation(
    tx: Transaction, server: AuthorizationServer, caller: Caller, license_key_id: str, activation_id: str
) -> LicenseKeyActivationRead:
    shown = await _shown(tx, server, caller, license_key_id)
    row = _present(await queries.find_activation(tx, activation_id, license_key_id, shown["organization_id"]))
    return LicenseKeyActivationRead(**activation_members(row), license_key=LicenseKeyRead(**shown))


def _changed(row: Row, sent: LicenseKeyUpdate) -> dict[str, Any]:
    columns = {name: row[name] for name in ("status", "usage", "limit_activations", "limit_usage", "expires_at")}
    for name in ("status", "usage"):
        # The published clients send null for what they do not change, and neither of these can be empty.
        if getattr(sent, name) not in (UNSET, None):
            columns[name] = getattr(sent, name)
    for name in ("limit_activations", "limit_usage"):
        if getattr(sent, name) is not UNSET:
            columns[name] = getattr(sent, name)
    if sent.expires_at is not UNSET:
        columns["expires_at"] = None if sent.expires_at is None else int(sent.expires_at.timestamp())
    return columns


def _present(row: Row | None) -> Row:
    if row is None:
        raise ResourceNotFound
    return row


routes = [
    list_license_keys,
    validate_license_key,
    activate_license_key,
    deactivate_license_key,
    get_license_key,
    update_license_key,
    get_license_key_activation,
]

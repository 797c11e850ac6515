"""`/v1/license-keys/`: the keys of customers, for the seller and for the seller's software."""

from typing import Annotated, Any

from litestar import Request, get, patch, post
from litestar.params import FromPath, QueryParameter

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.lists import GivenPaging, ListResource, asked_list
from polar_server.resources.benefit_grants import license_key_queries as queries
from polar_server.resources.benefit_grants import operations
from polar_server.resources.benefit_grants.license_key_answers import activation_of, keys_of
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
from polar_server.resources.benefit_grants.operations import READ, WRITE, shown, shown_activation

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
        key = await shown(tx, server, caller, license_key_id)
        rows = await queries.list_activations(tx, license_key_id, key["organization_id"])
    return LicenseKeyWithActivations(**key, activations=[activation_of(row) for row in rows])


@patch(_ONE, scopes=[WRITE])
async def update_license_key(
    request: Request[Any, Any, Any], license_key_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> LicenseKeyRead:
    """Change what is sent: disable a key, give it other limits or another end."""
    sent = await read_body(request, LicenseKeyUpdate)
    return await operations.update_license_key(server, caller, license_key_id, sent)


@get(f"{_ONE}/activations/{{activation_id:str}}", scopes=[READ, WRITE])
async def get_license_key_activation(
    license_key_id: FromPath[str], activation_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> LicenseKeyActivationRead:
    """One place where a key is in use."""
    async with server.database.read() as tx:
        return await shown_activation(tx, server, caller, license_key_id, activation_id)


@post("/v1/license-keys/validate", scopes=[WRITE], status_code=200)
async def validate_license_key(
    request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer
) -> ValidatedLicenseKey:
    """Check a key: 404 for one that does not exist, is revoked, disabled or expired, or does not fit what is sent."""
    return await operations.validate_license_key(server, caller, await read_body(request, LicenseKeyValidate))


@post("/v1/license-keys/activate", scopes=[WRITE], status_code=200)
async def activate_license_key(
    request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer
) -> LicenseKeyActivationRead:
    """Use a key in one more place. 403 when it has no activations, or as many as it can have."""
    return await operations.activate_license_key(server, caller, await read_body(request, LicenseKeyActivate))


@post("/v1/license-keys/deactivate", scopes=[WRITE], status_code=204)
async def deactivate_license_key(request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer) -> None:
    """Stop using a key in one place."""
    await operations.deactivate_license_key(server, caller, await read_body(request, LicenseKeyDeactivate))


routes = [
    list_license_keys,
    validate_license_key,
    activate_license_key,
    deactivate_license_key,
    get_license_key,
    update_license_key,
    get_license_key_activation,
]

"""What can be done with license keys. Each is one transaction, with its entry of the audit log.

Whether a key is valid is asked again and again, and leaves only a count.
"""

from typing import Any

from msgspec import UNSET

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import Target, record_act, sent_names
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resources.benefit_grants import license_key_queries as queries
from polar_server.resources.benefit_grants import license_key_uses as uses
from polar_server.resources.benefit_grants.license_key_answers import activation_members, activation_of, keys_of
from polar_server.resources.benefit_grants.license_key_schemas import (
    LicenseKeyActivate,
    LicenseKeyActivationRead,
    LicenseKeyDeactivate,
    LicenseKeyRead,
    LicenseKeyUpdate,
    LicenseKeyValidate,
    ValidatedLicenseKey,
)

READ, WRITE = "benefits:read", "benefits:write"


async def update_license_key(
    server: AuthorizationServer, caller: Caller, license_key_id: str, sent: LicenseKeyUpdate
) -> LicenseKeyRead:
    """Change what is sent: disable a key, give it other limits. Raises ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        row = present(await queries.lock_key(tx, license_key_id, caller.reach()))
        caller.require(row["organization_id"], WRITE)
        place = {"id": row["id"], "organization_id": row["organization_id"], "now": now}
        await queries.update_key(tx, **place, **_changed(row, sent))
        key = LicenseKeyRead(**await shown(tx, server, caller, license_key_id))
        target = Target(key.id, key.display_key)
        facts = {"changed": sent_names(sent)}
        await record_act(tx, caller, "license_key.updated", key.organization_id, target, now, **facts)
        return key


async def validate_license_key(
    server: AuthorizationServer, caller: Caller, sent: LicenseKeyValidate
) -> ValidatedLicenseKey:
    """Check and count a key. Raises ResourceNotFound, NotPermitted, BadRequest."""
    async with server.database.write() as tx:
        row = await _locked(tx, server, caller, sent.key, sent.organization_id)
        activation = await uses.validate(tx, row, sent, int(server.clock()))
        key = await shown(tx, server, caller, row["id"])
    return ValidatedLicenseKey(**key, activation=None if activation is None else activation_of(activation))


async def activate_license_key(
    server: AuthorizationServer, caller: Caller, sent: LicenseKeyActivate
) -> LicenseKeyActivationRead:
    """Use a key in one more place. Raises ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        row = await _locked(tx, server, caller, sent.key, sent.organization_id)
        activation_id = await uses.activate(tx, row, sent, now)
        activation = await shown_activation(tx, server, caller, row["id"], activation_id)
        await _record(tx, caller, "license_key.activated", activation.license_key, activation_id, now)
        return activation


async def deactivate_license_key(server: AuthorizationServer, caller: Caller, sent: LicenseKeyDeactivate) -> None:
    """Stop using a key in one place. Raises ResourceNotFound, NotPermitted."""
    async with server.database.write() as tx:
        row = await _locked(tx, server, caller, sent.key, sent.organization_id)
        if not await queries.drop_activation(tx, sent.activation_id, row["id"], row["organization_id"]):
            raise ResourceNotFound
        key = LicenseKeyRead(**await shown(tx, server, caller, row["id"]))
        await _record(tx, caller, "license_key.deactivated", key, sent.activation_id, int(server.clock()))


async def shown(tx: Transaction, server: AuthorizationServer, caller: Caller, license_key_id: str) -> dict[str, Any]:
    """The members of a key as the API shows it. Raises ResourceNotFound."""
    row = present(await queries.find_key(tx, license_key_id, caller.reach()))
    [found] = await keys_of(tx, server.server_keys, [row], caller.reach())
    return found


async def shown_activation(
    tx: Transaction, server: AuthorizationServer, caller: Caller, license_key_id: str, activation_id: str
) -> LicenseKeyActivationRead:
    """A place where a key is in use. Raises ResourceNotFound."""
    key = await shown(tx, server, caller, license_key_id)
    row = present(await queries.find_activation(tx, activation_id, license_key_id, key["organization_id"]))
    return LicenseKeyActivationRead(**activation_members(row), license_key=LicenseKeyRead(**key))


def present(row: Row | None) -> Row:
    """The row. Raises ResourceNotFound when there is none."""
    if row is None:
        raise ResourceNotFound
    return row


async def _locked(tx: Transaction, server: AuthorizationServer, caller: Caller, text: str, organization_id: str) -> Row:
    """The key of the organization that is named, which must be one that the caller reaches."""
    if organization_id not in caller.organizations:
        raise ResourceNotFound
    caller.require(organization_id, WRITE)
    return await uses.lock_key_of(tx, server.server_keys, text, organization_id)


async def _record(tx: Transaction, caller: Caller, act: str, key: LicenseKeyRead, activation_id: str, now: int) -> None:
    # The key itself is a secret of its customer; what is shown of it is enough to find it.
    target = Target(key.id, key.display_key)
    await record_act(tx, caller, act, key.organization_id, target, now, activation_id=activation_id)


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

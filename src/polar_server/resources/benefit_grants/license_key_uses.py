"""A license key in use: checked, activated on a device, and taken from it again."""

import json
from uuid import uuid4

from polar_server.database import Row, Transaction
from polar_server.oauth.server_keys import ServerKeys
from polar_server.resource_server.errors import ApiError, NotPermitted, ResourceNotFound
from polar_server.resource_server.metadata import check_metadata
from polar_server.resources.benefit_grants import license_key_queries as queries
from polar_server.resources.benefit_grants.license_key_schemas import LicenseKeyActivate, LicenseKeyValidate


class BadRequest(ApiError):
    """The key is valid, but there is not that much left of it."""


async def lock_key_of(tx: Transaction, server_keys: ServerKeys, text: str, organization_id: str) -> Row:
    """The key with this text, held until the transaction ends. Raises ResourceNotFound."""
    digests = [server_keys.digest(text, key_id) for key_id in server_keys.key_ids]
    row = await queries.lock_by_digest(tx, digests, organization_id)
    if row is None:
        raise ResourceNotFound
    return row


async def validate(tx: Transaction, row: Row, sent: LicenseKeyValidate, now: int) -> Row | None:
    """Check and count a key that is held; the activation asked about. Raises ResourceNotFound, BadRequest."""
    _check_live(row, now)
    for name in ("benefit_id", "customer_id"):
        if getattr(sent, name) not in (None, row[name]):
            raise ResourceNotFound(f"The license key is not of this {name.removesuffix('_id')}.")
    activation = await _matching_activation(tx, row, sent) if sent.activation_id is not None else None
    used = sent.increment_usage or 0
    if used and row["limit_usage"] is not None and row["usage"] + used > row["limit_usage"]:
        raise BadRequest(f"The license key can be used {max(row['limit_usage'] - row['usage'], 0)} more times.")
    await queries.count_validation(tx, row["id"], row["organization_id"], used, now)
    return activation


async def activate(tx: Transaction, row: Row, sent: LicenseKeyActivate, now: int) -> str:
    """Store an activation of a key that is held; its id. Raises ResourceNotFound, NotPermitted."""
    _check_live(row, now)
    limit = row["limit_activations"]
    if limit is None:
        raise NotPermitted("This license key is not activated on devices; it is only validated.")
    if await queries.count_activations(tx, row["id"], row["organization_id"]) >= limit:
        raise NotPermitted(f"This license key is in use on {limit} devices, which is its limit. Deactivate one first.")
    activation_id = str(uuid4())
    await queries.add_activation(
        tx,
        id=activation_id,
        organization_id=row["organization_id"],
        license_key_id=row["id"],
        label=sent.label,
        conditions=check_metadata(sent.conditions),
        meta=check_metadata(sent.meta),
        now=now,
    )
    return activation_id


def _check_live(row: Row, now: int) -> None:
    if row["status"] != "granted":
        raise ResourceNotFound(f"The license key is {row['status']}.")
    if row["expires_at"] is not None and row["expires_at"] <= now:
        raise ResourceNotFound("The license key has expired.")


async def _matching_activation(tx: Transaction, row: Row, sent: LicenseKeyValidate) -> Row:
    activation = await queries.find_activation(tx, sent.activation_id or "", row["id"], row["organization_id"])
    if activation is None:
        raise ResourceNotFound("The license key has no such activation.")
    if json.loads(activation["conditions"]) != sent.conditions:
        raise ResourceNotFound("The conditions are not those of the activation.")
    return activation

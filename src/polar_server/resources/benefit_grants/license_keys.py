"""License keys: each grant of such a benefit has one of its own, which is revoked and valid again with the grant."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec

from polar_server.database import Row, Transaction
from polar_server.oauth.server_keys import SealBroken, ServerKeys
from polar_server.resource_server.benefits import LicenseKeysProperties
from polar_server.resources.benefit_grants import license_key_queries as queries
from polar_server.resources.benefit_grants.expiry import expiry_of

SHOWN = 6
"""How many characters at the end of a key tell its holder which one it is."""
_PURPOSE = "license key"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key in clear text. Its repr does not show it."""

    id: str
    text: str

    @property
    def display_key(self) -> str:
        """What may be shown to everybody."""
        return f"****-{self.text[-SHOWN:]}"

    def __repr__(self) -> str:
        return f"<NewKey {self.id}>"


def mint_for(benefit: Row, entropy: Callable[[int], bytes]) -> NewKey | None:
    """A new key of the benefit, with 122 random bits; None for a benefit that gives no keys."""
    if benefit["type"] != "license_keys":
        return None
    prefix = _properties(benefit).prefix
    text = str(UUID(bytes=entropy(16), version=4)).upper()
    return NewKey(str(uuid4()), text if prefix is None else f"{prefix}_{text}")


async def keep_key(tx: Transaction, server_keys: ServerKeys, key: NewKey, grant: Row, benefit: Row, now: int) -> None:
    """Store the key of a grant: sealed, and as a digest."""
    await queries.add_key(
        tx,
        id=key.id,
        organization_id=grant["organization_id"],
        customer_id=grant["customer_id"],
        benefit_id=benefit["id"],
        grant_id=grant["id"],
        sealed=seal_key(server_keys, key.id, key.text),
        digest=server_keys.digest(key.text),
        key_id=server_keys.key_id,
        display_key=key.display_key,
        now=now,
        **_limits(benefit, now),
    )


async def revive_key(tx: Transaction, grant: Row, benefit: Row, since: int, now: int) -> None:
    """Make the key of a grant valid again, with what its benefit allows now; its time counts from `since`."""
    if benefit["type"] == "license_keys":
        place = {"grant_id": grant["id"], "organization_id": grant["organization_id"]}
        await queries.revive_key(tx, **place, **_limits(benefit, since), now=now)


async def revoke_key(tx: Transaction, grant: Row, now: int) -> None:
    """Revoke the key of a grant, if it has one."""
    await queries.revoke_key(tx, grant["id"], grant["organization_id"], now)


def seal_key(server_keys: ServerKeys, license_key_id: str, text: str) -> str:
    """The key as it is kept: it opens only in its own row, under our key."""
    return server_keys.seal(_PURPOSE, text.encode(), _place(license_key_id))


def open_key(server_keys: ServerKeys, row: Row) -> str:
    """The key in clear. Raises SealBroken."""
    return server_keys.open(_PURPOSE, row["sealed"], _place(row["id"])).decode()


def key_text(server_keys: ServerKeys, row: Row) -> str:
    """The key in clear, or what may be shown of it when its server key is gone: the rest is still worth showing."""
    try:
        return open_key(server_keys, row)
    except SealBroken:
        return str(row["display_key"])


def _place(license_key_id: str) -> str:
    return f"license_keys:{license_key_id}:sealed"


def _limits(benefit: Row, since: int) -> dict[str, Any]:
    properties = _properties(benefit)
    return {
        "limit_activations": None if properties.activations is None else properties.activations.limit,
        "limit_usage": properties.limit_usage,
        "expires_at": expiry_of(properties.expires, since),
    }


def _properties(benefit: Row) -> LicenseKeysProperties:
    return msgspec.json.decode(benefit["properties"], type=LicenseKeysProperties)

"""SQL of license keys. Every statement names the organization that it may touch."""

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within, within_if_asked

_COLUMNS = """
    k.id, k.organization_id, k.customer_id, k.benefit_id, k.grant_id, k.sealed, k.display_key, k.status,
    k.limit_activations, k.usage, k.limit_usage, k.validations, k.last_validated_at, k.expires_at, k.created_at,
    k.modified_at
"""
_ADD = Statement("""
    INSERT INTO license_keys (
        id, organization_id, customer_id, benefit_id, grant_id, sealed, digest, key_id, display_key, status,
        limit_activations, limit_usage, expires_at, created_at
    ) VALUES (
        :id, :organization_id, :customer_id, :benefit_id, :grant_id, :sealed, :digest, :key_id, :display_key, 'granted',
        :limit_activations, :limit_usage, :expires_at, :now
    )
""")
_REVOKE = Statement("""
    UPDATE license_keys SET status = 'revoked', modified_at = :now
    WHERE grant_id = :grant_id AND organization_id = :organization_id AND status = 'granted'
""")
# A key that the organization disabled stays so, whatever is sold.
_REVIVE = Statement("""
    UPDATE license_keys SET
        status = CASE status WHEN 'revoked' THEN 'granted' ELSE status END, limit_activations = :limit_activations,
        limit_usage = :limit_usage, expires_at = :expires_at, modified_at = :now
    WHERE grant_id = :grant_id AND organization_id = :organization_id
""")
_GRANT_IDS = within("k.grant_id", "grant_ids")
# The plus keeps SQLite from reading every key of the organization.
_LIST_OF_GRANTS = Statement(
    f"SELECT {_COLUMNS} FROM license_keys k WHERE {_GRANT_IDS[0]} AND +k.organization_id = :organization_id",
    postgres=f"SELECT {_COLUMNS} FROM license_keys k WHERE {_GRANT_IDS[1]} AND k.organization_id = :organization_id",
)

_SHOWN = f"""
    SELECT
        {_COLUMNS}, g.subscription_id, g.order_id, s.status AS subscription_status, s.current_period_start,
        s.current_period_end, s.cancel_at_period_end, s.ends_at, o.status AS order_status,
        o.created_at AS ordered_at, o.paid_at
    FROM license_keys k
    JOIN benefit_grants g ON g.id = k.grant_id AND g.organization_id = k.organization_id
    LEFT JOIN subscriptions s ON s.id = g.subscription_id AND s.organization_id = k.organization_id
    LEFT JOIN orders o ON o.id = g.order_id AND o.organization_id = k.organization_id
"""
_REACHED = within("k.organization_id", "organization_ids")
_FIND = Statement(*(f"{_SHOWN} WHERE k.id = :id AND {reached}" for reached in _REACHED))
_BY_DIGEST = [
    f"SELECT {_COLUMNS} FROM license_keys k WHERE {digests} AND k.organization_id = :organization_id"
    for digests in within("k.digest", "digests")
]
_LOCK_BY_DIGEST = Statement(_BY_DIGEST[0], postgres=f"{_BY_DIGEST[1]} FOR UPDATE")
_LOCK_TEXTS = [f"SELECT {_COLUMNS} FROM license_keys k WHERE k.id = :id AND {reached}" for reached in _REACHED]
_LOCK = Statement(_LOCK_TEXTS[0], postgres=f"{_LOCK_TEXTS[1]} FOR UPDATE")
_ASKED = both(_REACHED, within_if_asked("k.benefit_id", "benefit_ids"), within_if_asked("k.status", "statuses"))
_COUNT = Statement(*(f"SELECT count(*) FROM license_keys k WHERE {asked}" for asked in _ASKED))
_LIST = Statement(
    *(f"{_SHOWN} WHERE {asked} ORDER BY k.created_at DESC, k.id LIMIT :limit OFFSET :offset" for asked in _ASKED)
)
_UPDATE = Statement("""
    UPDATE license_keys SET
        status = :status, usage = :usage, limit_activations = :limit_activations, limit_usage = :limit_usage,
        expires_at = :expires_at, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id
""")
_COUNT_VALIDATION = Statement("""
    UPDATE license_keys SET usage = usage + :used, validations = validations + 1, last_validated_at = :now
    WHERE id = :id AND organization_id = :organization_id
""")

_ACTIVATION_COLUMNS = "a.id, a.license_key_id, a.label, a.conditions, a.meta, a.created_at, a.modified_at"
_OF_KEY = "a.license_key_id = :license_key_id AND a.organization_id = :organization_id"
_ADD_ACTIVATION = Statement("""
    INSERT INTO license_key_activations (id, organization_id, license_key_id, label, conditions, meta, created_at)
    VALUES (:id, :organization_id, :license_key_id, :label, :conditions, :meta, :now)
""")
_COUNT_ACTIVATIONS = Statement(f"SELECT count(*) FROM license_key_activations a WHERE {_OF_KEY}")
_LIST_ACTIVATIONS = Statement(
    f"SELECT {_ACTIVATION_COLUMNS} FROM license_key_activations a WHERE {_OF_KEY} ORDER BY a.created_at, a.id"
)
_FIND_ACTIVATION = Statement(
    f"SELECT {_ACTIVATION_COLUMNS} FROM license_key_activations a WHERE a.id = :id AND {_OF_KEY}"
)
_DROP_ACTIVATION = Statement("""
    DELETE FROM license_key_activations
    WHERE id = :id AND license_key_id = :license_key_id AND organization_id = :organization_id
""")

_OUTDATED = Statement(
    *(
        f"""
        SELECT k.id, k.organization_id, k.sealed FROM license_keys k
        WHERE {older} ORDER BY k.key_id, k.id LIMIT :limit
        """
        for older in within("k.key_id", "key_ids")
    )
)
_RESEAL = Statement("""
    UPDATE license_keys SET sealed = :new, digest = :digest, key_id = :key_id
    WHERE id = :id AND organization_id = :organization_id AND sealed = :old
""")


class KeyFilter(Struct, frozen=True):
    """What a list is asked for. Lists are JSON texts, None where nothing was asked."""

    organization_ids: str
    benefit_ids: str | None = None
    statuses: str | None = None


async def list_keys(tx: Transaction, wanted: KeyFilter, limit: int, offset: int) -> tuple[list[Row], int]:
    """A page of keys with what they came from, newest first, and how many there are in all."""
    rows = await tx.all(_LIST, **asdict(wanted), limit=limit, offset=offset)
    return rows, (await tx.one(_COUNT, **asdict(wanted)))[0]


async def find_key(tx: Transaction, license_key_id: str, organization_ids: str) -> Row | None:
    """A key with what it came from."""
    return await tx.first(_FIND, id=license_key_id, organization_ids=organization_ids)


async def lock_key(tx: Transaction, license_key_id: str, organization_ids: str) -> Row | None:
    """A key, held until the transaction ends."""
    return await tx.first(_LOCK, id=license_key_id, organization_ids=organization_ids)


async def lock_by_digest(tx: Transaction, digests: Iterable[str], organization_id: str) -> Row | None:
    """The key with one of these digests, held until the transaction ends."""
    return await tx.first(_LOCK_BY_DIGEST, digests=json.dumps(list(digests)), organization_id=organization_id)


async def update_key(tx: Transaction, **columns: Any) -> None:
    """Replace what may change of a key."""
    await tx.run(_UPDATE, **columns)


async def count_validation(tx: Transaction, license_key_id: str, organization_id: str, used: int, now: int) -> None:
    """Note that a key was found valid, and how much of it was used up."""
    await tx.run(_COUNT_VALIDATION, id=license_key_id, organization_id=organization_id, used=used, now=now)


async def add_activation(tx: Transaction, **columns: Any) -> None:
    """Store an activation; `now` is created_at."""
    await tx.run(_ADD_ACTIVATION, **columns)


async def count_activations(tx: Transaction, license_key_id: str, organization_id: str) -> int:
    """In how many places a key is in use."""
    return int((await tx.one(_COUNT_ACTIVATIONS, license_key_id=license_key_id, organization_id=organization_id))[0])


async def list_activations(tx: Transaction, license_key_id: str, organization_id: str) -> list[Row]:
    """Where a key is in use, the oldest first."""
    return await tx.all(_LIST_ACTIVATIONS, license_key_id=license_key_id, organization_id=organization_id)


async def find_activation(tx: Transaction, activation_id: str, license_key_id: str, organization_id: str) -> Row | None:
    """An activation of a key."""
    place = {"license_key_id": license_key_id, "organization_id": organization_id}
    return await tx.first(_FIND_ACTIVATION, id=activation_id, **place)


async def drop_activation(tx: Transaction, activation_id: str, license_key_id: str, organization_id: str) -> bool:
    """Remove an activation of a key; whether there was one."""
    place = {"license_key_id": license_key_id, "organization_id": organization_id}
    return await tx.run(_DROP_ACTIVATION, id=activation_id, **place) == 1


async def list_outdated(tx: Transaction, key_ids: Iterable[str], limit: int) -> list[Row]:
    """Keys of any organization that are kept under one of these server keys."""
    return await tx.all(_OUTDATED, key_ids=json.dumps(list(key_ids)), limit=limit)


async def reseal(tx: Transaction, row: Row, **new: str) -> bool:
    """Keep a key under another server key; whether it was still as it was read."""
    place = {"id": row["id"], "organization_id": row["organization_id"], "old": row["sealed"]}
    return await tx.run(_RESEAL, **place, **new) == 1


async def add_key(tx: Transaction, **columns: Any) -> None:
    """Store a new key; `now` is created_at."""
    await tx.later(_ADD, **columns)


async def revoke_key(tx: Transaction, grant_id: str, organization_id: str, now: int) -> None:
    """Revoke the key of a grant, if it has a live one."""
    await tx.run(_REVOKE, grant_id=grant_id, organization_id=organization_id, now=now)


async def revive_key(tx: Transaction, **columns: Any) -> None:
    """Make the key of a grant valid again unless it is disabled, with these limits."""
    await tx.run(_REVIVE, **columns)


async def list_of_grants(tx: Transaction, grant_ids: Iterable[str], organization_id: str) -> dict[str, Row]:
    """The keys of these grants, by the grants' ids."""
    wanted = json.dumps(sorted(grant_ids))
    rows = await tx.all(_LIST_OF_GRANTS, grant_ids=wanted, organization_id=organization_id)
    return {row["grant_id"]: row for row in rows}

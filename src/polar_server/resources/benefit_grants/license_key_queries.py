"""SQL of license keys. Every statement names the organization that it may touch."""

import json
from collections.abc import Iterable
from typing import Any

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import within

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
_LIST_OF_GRANTS = Statement(
    *(
        f"SELECT {_COLUMNS} FROM license_keys k WHERE {ids} AND k.organization_id = :organization_id"
        for ids in within("k.grant_id", "grant_ids")
    )
)


async def add_key(tx: Transaction, **columns: Any) -> None:
    """Store a new key; `now` is created_at."""
    await tx.run(_ADD, **columns)


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

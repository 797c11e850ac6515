"""SQL of benefit grants. Every statement names the organization that it may touch."""

from typing import Any

from polar_server.database import Row, Statement, Transaction

_COLUMNS = """
    g.id, g.organization_id, g.customer_id, g.benefit_id, g.subscription_id, g.order_id, g.properties, g.granted_at,
    g.revoked_at, g.created_at, g.modified_at
"""
_RETURNED = _COLUMNS.replace("g.", "")

_OF_SALE = f"""
    SELECT {_COLUMNS} FROM benefit_grants g
    WHERE g.organization_id = :organization_id AND (g.subscription_id = :subscription_id OR g.order_id = :order_id)
    ORDER BY g.created_at, g.id
"""
_LIST_OF_SALE = Statement(_OF_SALE)
_LOCK_OF_SALE = Statement(_OF_SALE, postgres=f"{_OF_SALE} FOR UPDATE")
_ADD = Statement(f"""
    INSERT INTO benefit_grants (
        id, organization_id, customer_id, benefit_id, subscription_id, order_id, properties, granted_at, created_at
    ) VALUES (
        :id, :organization_id, :customer_id, :benefit_id, :subscription_id, :order_id, :properties, :now, :now
    ) RETURNING {_RETURNED}
""")
_GRANT_AGAIN = Statement(f"""
    UPDATE benefit_grants SET granted_at = :now, revoked_at = NULL, properties = :properties, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND granted_at IS NULL RETURNING {_RETURNED}
""")
_CHANGE = Statement(f"""
    UPDATE benefit_grants SET properties = :properties, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND granted_at IS NOT NULL RETURNING {_RETURNED}
""")
_REVOKE = Statement(f"""
    UPDATE benefit_grants SET granted_at = NULL, revoked_at = :now, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND granted_at IS NOT NULL RETURNING {_RETURNED}
""")


async def list_of_sale(
    tx: Transaction, organization_id: str, subscription_id: str | None, order_id: str | None
) -> list[Row]:
    """Every grant of a sale, also the revoked ones, in the order they were first made."""
    sale = {"organization_id": organization_id, "subscription_id": subscription_id, "order_id": order_id}
    return await tx.all(_LIST_OF_SALE, **sale)


async def lock_of_sale(
    tx: Transaction, organization_id: str, subscription_id: str | None, order_id: str | None
) -> list[Row]:
    """The same, held until the transaction ends."""
    sale = {"organization_id": organization_id, "subscription_id": subscription_id, "order_id": order_id}
    return await tx.all(_LOCK_OF_SALE, **sale)


async def add_grant(tx: Transaction, **columns: Any) -> Row:
    """Store a grant that begins now; the row."""
    return await tx.one(_ADD, **columns)


async def grant_again(tx: Transaction, **columns: Any) -> Row | None:
    """Turn a revoked grant back into a live one; the row, None when it is live."""
    return await tx.first(_GRANT_AGAIN, **columns)


async def change_grant(tx: Transaction, **columns: Any) -> Row | None:
    """Replace the properties of a live grant; the row, None when it is revoked."""
    return await tx.first(_CHANGE, **columns)


async def revoke_grant(tx: Transaction, grant_id: str, organization_id: str, now: int) -> Row | None:
    """Revoke a live grant; the row, None when it was revoked before."""
    return await tx.first(_REVOKE, id=grant_id, organization_id=organization_id, now=now)

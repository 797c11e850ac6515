"""SQL of what the clock does to subscriptions, those of every organization."""

from polar_server.database import Row, Statement, Transaction
from polar_server.resources.subscriptions.queries import COLUMNS

# The clock stops for a deleted organization, also where somebody sold at the moment it was deleted.
_ALIVE = "JOIN organizations o ON o.id = s.organization_id AND o.deleted_at IS NULL"
_LIST_DUE = Statement(f"""
    SELECT s.id, s.organization_id FROM subscriptions s {_ALIVE}
    WHERE s.due_at <= :now ORDER BY s.due_at, s.id LIMIT :limit
""")
_CLAIM = f"""
    SELECT {COLUMNS}, c.deleted_at AS customer_deleted_at FROM subscriptions s
    JOIN customers c ON c.id = s.customer_id AND c.organization_id = s.organization_id {_ALIVE}
    WHERE s.id = :id AND s.organization_id = :organization_id AND s.due_at <= :now
"""
# What another worker or request holds is not waited for. On SQLite there is one writer.
_CLAIM_DUE = Statement(_CLAIM, postgres=f"{_CLAIM} FOR UPDATE OF s SKIP LOCKED FOR KEY SHARE OF c SKIP LOCKED")
_PUT_OFF = Statement("""
    UPDATE subscriptions SET due_at = :at
    WHERE id = :id AND organization_id = :organization_id AND due_at <= :now
""")


async def list_due(tx: Transaction, now: int, limit: int) -> list[Row]:
    """The subscriptions that the clock has to look at, the longest overdue first."""
    return await tx.all(_LIST_DUE, now=now, limit=limit)


async def claim_due(tx: Transaction, subscription_id: str, organization_id: str, now: int) -> Row | None:
    """One of them, held until the transaction ends; None when somebody else has it or had it."""
    return await tx.first(_CLAIM_DUE, id=subscription_id, organization_id=organization_id, now=now)


async def put_off(tx: Transaction, subscription_id: str, organization_id: str, now: int, at: int) -> None:
    """Look at one that is due later."""
    await tx.run(_PUT_OFF, id=subscription_id, organization_id=organization_id, now=now, at=at)

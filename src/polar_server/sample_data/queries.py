"""SQL of sample data: the events that nobody is to be told of, and emptying one organization."""

from polar_server.database import Statement, Transaction

_DROP_EVENTS = Statement("DELETE FROM events WHERE organization_id = :organization_id")
_DUE = Statement("""
    SELECT id, due_at FROM subscriptions
    WHERE organization_id = :organization_id AND due_at <= :now ORDER BY due_at, id LIMIT 1
""")
_EXPIRE = Statement("""
    UPDATE checkouts SET status = 'expired', modified_at = expires_at
    WHERE organization_id = :organization_id AND status = 'open' AND expires_at <= :now
""")
_IS_TEST = Statement("SELECT is_test FROM organizations WHERE id = :organization_id AND deleted_at IS NULL")
_LET_GO_OF_CARDS = Statement("""
    UPDATE customers SET default_payment_method_id = NULL
    WHERE organization_id = :organization_id AND default_payment_method_id IS NOT NULL
""")
# Its bytes go with the sweeper. The organization's own picture stays.
_HIDE_FILES = Statement("""
    UPDATE files SET deleted_at = :now
    WHERE organization_id = :organization_id AND service <> 'organization_avatar' AND deleted_at IS NULL
""")

# What refers to something stands before it. A row's references are looked for at each deletion, so batches are small.
_EMPTIED = {
    "events": "id",
    "license_key_activations": "id",
    "license_keys": "id",
    "benefit_grants": "id",
    "grant_reviews": "id",
    "refunds": "id",
    "checkouts": "id",
    "subscription_prorations": "id",
    "order_items": "id",
    "orders": "id",
    "subscriptions": "id",
    "payment_methods": "id",
    "customers": "id",
    "product_benefits": "product_id",
    "prices": "id",
    "products": "id",
    "benefits": "id",
    "invoice_counters": "organization_id",
}
_BATCH = """
    DELETE FROM {table} WHERE organization_id = :organization_id AND {key} IN (
        SELECT {key} FROM {table} WHERE organization_id = :organization_id LIMIT :batch
    )
"""
_EMPTY = {table: Statement(_BATCH.format(table=table, key=key)) for table, key in _EMPTIED.items()}
TABLES = tuple(_EMPTIED)
"""What is emptied, in this order."""


async def drop_events(tx: Transaction, organization_id: str) -> None:
    """Forget what waits to be told of this organization."""
    await tx.run(_DROP_EVENTS, organization_id=organization_id)


async def find_due(tx: Transaction, organization_id: str, now: int) -> tuple[str, int] | None:
    """The subscription that has been due for the longest time, and since when."""
    row = await tx.first(_DUE, organization_id=organization_id, now=now)
    return None if row is None else (row["id"], row["due_at"])


async def expire_checkouts(tx: Transaction, organization_id: str, now: int) -> None:
    """End the checkouts that nobody finished."""
    await tx.run(_EXPIRE, organization_id=organization_id, now=now)


async def is_test(tx: Transaction, organization_id: str) -> bool:
    """Whether this is a test organization."""
    row = await tx.first(_IS_TEST, organization_id=organization_id)
    return row is not None and bool(row["is_test"])


async def let_go(tx: Transaction, organization_id: str, now: int) -> None:
    """Undo what refers in a circle, and hide the files."""
    await tx.run(_LET_GO_OF_CARDS, organization_id=organization_id)
    await tx.run(_HIDE_FILES, organization_id=organization_id, now=now)


async def empty(tx: Transaction, table: str, organization_id: str, batch: int) -> int:
    """Remove some rows of one of `TABLES`; how many."""
    return await tx.run(_EMPTY[table], organization_id=organization_id, batch=batch)

"""SQL of the last events of apps."""

from polar_server.database import Row, Statement, Transaction

# Anybody can send a client_id: one that is not registered leaves no row.
_ADD = Statement("""
    INSERT INTO client_events (id, client_id, at, event, detail, address)
    SELECT :id, c.client_id, :at, :event, :detail, :address FROM clients c
    WHERE c.client_id = :client_id AND c.deleted_at IS NULL
""")
_TRIM = Statement("""
    DELETE FROM client_events WHERE client_id = :client_id AND id < (
        SELECT id FROM client_events WHERE client_id = :client_id ORDER BY id DESC LIMIT 1 OFFSET :beyond
    )
""")
_LIST = Statement("""
    SELECT id, at, event, detail, address FROM client_events WHERE client_id = :client_id ORDER BY id DESC LIMIT :limit
""")


async def add_event(tx: Transaction, **columns: str | int) -> None:
    """Store an event of a client that is registered; the columns are those of the table."""
    await tx.run(_ADD, **columns)


async def trim_events(tx: Transaction, client_id: str, kept: int) -> None:
    """Forget all but the newest events of a client."""
    await tx.run(_TRIM, client_id=client_id, beyond=kept - 1)


async def list_events(tx: Transaction, client_id: str, limit: int) -> list[Row]:
    """The newest events of a client, newest first."""
    return await tx.all(_LIST, client_id=client_id, limit=limit)

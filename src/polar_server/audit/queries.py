"""SQL of the audit log."""

from polar_server.database import Statement, Transaction

_ADD = Statement("""
    INSERT INTO audit_entries (
        id, at, act, user_id, client_id, organization_id, subject_user_id, target_id, target_name, address, user_agent,
        detail
    ) VALUES (
        :id, :at, :act, :user_id, :client_id, :organization_id, :subject_user_id, :target_id, :target_name, :address,
        :user_agent, :detail
    )
""")


async def add_entry(tx: Transaction, **columns: str | int | None) -> None:
    """Store an entry; the columns are those of the table."""
    await tx.run(_ADD, **columns)

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
_FORGET_NAME = Statement("""
    UPDATE audit_entries SET target_name = NULL WHERE organization_id = :organization_id AND target_id = :target_id
""")
_FORGET_PLACES = Statement("UPDATE audit_entries SET address = '', user_agent = '' WHERE user_id = :user_id")
_FORGET_NAMES = Statement("UPDATE audit_entries SET target_name = NULL WHERE subject_user_id = :user_id")
# The oldest are found by the primary key alone, so that no write pays for another index.
_SWEEP = Statement("""
    DELETE FROM audit_entries WHERE at < :before AND id IN (SELECT id FROM audit_entries ORDER BY id LIMIT :batch)
""")


async def add_entry(tx: Transaction, **columns: str | int | None) -> None:
    """Store an entry; the columns are those of the table."""
    await tx.later(_ADD, **columns)


async def forget_name(tx: Transaction, organization_id: str, target_id: str) -> None:
    """Take the name of a thing, which may tell who somebody was, out of everything that was done to it."""
    await tx.run(_FORGET_NAME, organization_id=organization_id, target_id=target_id)


async def forget_person(tx: Transaction, user_id: str) -> None:
    """Take out what tells who somebody was and where they were. Their acts stay, under an id that means nobody."""
    await tx.run(_FORGET_PLACES, user_id=user_id)
    await tx.run(_FORGET_NAMES, user_id=user_id)


async def sweep_entries(tx: Transaction, before: int, batch: int) -> int:
    """Remove those of the oldest entries that are from before a time; how many."""
    return await tx.run(_SWEEP, before=before, batch=batch)

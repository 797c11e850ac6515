"""SQL that removes what nobody can use any more, in small batches."""

from polar_server.database import Statement, Transaction

# Ids are ordered by time, so the oldest rows are found by the primary key alone.
_CODES = Statement("""
    DELETE FROM authorization_codes WHERE id IN (
        SELECT id FROM authorization_codes WHERE id < :older_than AND expires_at < :now ORDER BY id LIMIT :batch
    )
""")
_ACCESS_TOKENS = Statement("""
    DELETE FROM access_tokens WHERE id IN (
        SELECT id FROM access_tokens WHERE id < :older_than AND expires_at < :now ORDER BY id LIMIT :batch
    )
""")
# Most of these live on as well, but an organization has few.
_ORGANIZATION_TOKENS = Statement("""
    DELETE FROM organization_tokens WHERE id IN (
        SELECT id FROM organization_tokens WHERE revoked_at < :before OR expires_at < :before ORDER BY id LIMIT :batch
    )
""")
_WINDOW = "SELECT id FROM {table} WHERE id > :after AND id < :older_than ORDER BY id LIMIT 1 OFFSET :size"
_REFRESH_TOKEN_WINDOW = Statement(_WINDOW.format(table="refresh_tokens"))
_GRANT_WINDOW = Statement(_WINDOW.format(table="grants"))

# Most of these rows live on, so each pass goes through them once, window by window.
_REFRESH_TOKENS = Statement("""
    DELETE FROM refresh_tokens WHERE id > :after AND id <= :upto AND (
        rotated_at < :ended_before OR expires_at < :ended_before
        OR NOT EXISTS (
            SELECT 1 FROM grants g
            WHERE g.id = refresh_tokens.grant_id AND (g.revoked_at IS NULL OR g.revoked_at >= :ended_before)
        )
    )
""")
_GRANTS = Statement("""
    DELETE FROM grants WHERE id > :after AND id <= :upto
        AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.grant_id = grants.id)
""")


async def sweep_codes(tx: Transaction, older_than: str, now: int, batch: int) -> int:
    """Remove expired codes with an id before `older_than`; how many."""
    return await tx.run(_CODES, older_than=older_than, now=now, batch=batch)


async def sweep_access_tokens(tx: Transaction, older_than: str, now: int, batch: int) -> int:
    """Remove expired access tokens with an id before `older_than`; how many."""
    return await tx.run(_ACCESS_TOKENS, older_than=older_than, now=now, batch=batch)


async def sweep_organization_tokens(tx: Transaction, before: int, batch: int) -> int:
    """Remove organization tokens that ended before a moment; how many."""
    return await tx.run(_ORGANIZATION_TOKENS, before=before, batch=batch)


async def refresh_token_window(tx: Transaction, after: str, older_than: str, size: int) -> str | None:
    """The id that ends the window of `size` refresh tokens after an id, None in the last one."""
    row = await tx.first(_REFRESH_TOKEN_WINDOW, after=after, older_than=older_than, size=size)
    return row[0] if row else None


async def grant_window(tx: Transaction, after: str, older_than: str, size: int) -> str | None:
    """The id that ends the window of `size` grants after an id, None in the last one."""
    row = await tx.first(_GRANT_WINDOW, after=after, older_than=older_than, size=size)
    return row[0] if row else None


async def sweep_refresh_tokens(tx: Transaction, after: str, upto: str, ended_before: int) -> int:
    """Remove refresh tokens of a window that were rotated, expired or revoked before a moment; how many."""
    return await tx.run(_REFRESH_TOKENS, after=after, upto=upto, ended_before=ended_before)


async def sweep_grants(tx: Transaction, after: str, upto: str) -> int:
    """Remove grants of a window that no refresh token hangs from; how many."""
    return await tx.run(_GRANTS, after=after, upto=upto)

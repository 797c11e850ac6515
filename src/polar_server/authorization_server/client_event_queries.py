"""SQL of what succeeded for an app: approvals and exchanges, read where they stand anyway."""

from polar_server.database import Row, Statement, Transaction

_GRANTS = "SELECT id, created_at FROM grants WHERE client_id = :client_id ORDER BY id DESC LIMIT :limit"
_LIST_APPROVALS = Statement(_GRANTS)
# The first refresh token of a grant came with its code, every other one with a refresh. What a client without refresh
# tokens exchanged is not told: its access tokens are found by nothing but themselves.
_LIST_EXCHANGES = Statement(f"""
    SELECT t.id, t.created_at AS at, t.grant_id,
        NOT EXISTS (SELECT 1 FROM refresh_tokens e WHERE e.grant_id = t.grant_id AND e.id < t.id) AS is_first
    FROM refresh_tokens t JOIN ({_GRANTS}) g ON g.id = t.grant_id
    ORDER BY t.id DESC LIMIT :limit
""")


async def list_approvals(tx: Transaction, client_id: str, limit: int) -> list[Row]:
    """The newest grants of a client."""
    return await tx.all(_LIST_APPROVALS, client_id=client_id, limit=limit)


async def list_exchanges(tx: Transaction, client_id: str, limit: int) -> list[Row]:
    """When the client got tokens of its newest grants, the newest first."""
    return await tx.all(_LIST_EXCHANGES, client_id=client_id, limit=limit)

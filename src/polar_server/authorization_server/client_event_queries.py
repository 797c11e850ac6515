"""SQL of what succeeded for an app: approvals and exchanges, read where they stand anyway."""

import json
from collections.abc import Sequence

from polar_server.database import Row, Statement, Transaction
from polar_server.oauth.tokens import ids_beside

_GRANTS = "SELECT id, created_at FROM grants WHERE client_id = :client_id ORDER BY id DESC LIMIT :limit"
_LIST_APPROVALS = Statement(_GRANTS)
# The first refresh token of a grant came with its code, every other one with a refresh.
_LIST_EXCHANGES = Statement(f"""
    SELECT t.id, t.created_at AS at, t.grant_id,
        NOT EXISTS (SELECT 1 FROM refresh_tokens e WHERE e.grant_id = t.grant_id AND e.id < t.id) AS is_first
    FROM refresh_tokens t JOIN ({_GRANTS}) g ON g.id = t.grant_id
    ORDER BY t.id DESC LIMIT :limit
""")
# Without a refresh token an exchange is told by its code alone. An index of codes by grant would cost every sign-in, so
# they are looked for among the ids of the millisecond in which `approve` made grant and code: a handful of rows each.
_REDEEMED_AT = """
    SELECT (
        SELECT c.redeemed_at FROM authorization_codes c
        WHERE c.id >= {of}0{end} AND c.id <= {of}1{end} AND c.grant_id = {of}2{end}
            AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.grant_id = c.grant_id)
    ) AS at
"""
LIST_REDEEMED = Statement(
    _REDEEMED_AT.format(of="json_extract(g.value, '$[", end="]')") + "FROM json_each(:grants) g",
    postgres=_REDEEMED_AT.format(of="(g.value ->> ", end=")") + "FROM json_array_elements(CAST(:grants AS JSON)) g",
)


async def list_approvals(tx: Transaction, client_id: str, limit: int) -> list[Row]:
    """The newest grants of a client."""
    return await tx.all(_LIST_APPROVALS, client_id=client_id, limit=limit)


async def list_exchanges(tx: Transaction, client_id: str, limit: int) -> list[Row]:
    """When the client got refresh tokens of its newest grants, the newest first."""
    return await tx.all(_LIST_EXCHANGES, client_id=client_id, limit=limit)


async def list_redeemed(tx: Transaction, grant_ids: Sequence[str]) -> list[int]:
    """When the codes of these grants were exchanged, as far as that gave no refresh token; epoch seconds."""
    found = await tx.all(LIST_REDEEMED, grants=grants_of(grant_ids))
    return [row["at"] for row in found if row["at"] is not None]


def grants_of(grant_ids: Sequence[str]) -> str:
    """The grants as the statement takes them: each with the first and the last id that its code may have."""
    return json.dumps([[*ids_beside(grant_id), grant_id] for grant_id in grant_ids])

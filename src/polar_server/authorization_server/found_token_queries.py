"""SQL that finds anything we issued by its id alone, whoever asks, and ends what it stands for.

Every kind answers with the same columns, so that one reader serves them all.
"""

from typing import NamedTuple

from polar_server.accounts.roles import Role
from polar_server.authorization_server.grant_queries import WITH_GRANT
from polar_server.database import Row, Statement, Transaction
from polar_server.oauth.tokens import TokenKind

# What grants are asked for in `grant_queries.GRANT`, and that the client is not deleted.
_GRANT_ALIVE = """
    g.revoked_at IS NULL AND c.deleted_at IS NULL AND u.disabled_at IS NULL
    AND (g.organization_id IS NULL OR m.role IS NOT NULL)
"""
_OF_GRANT = """
    SELECT t.digest, t.key_id, g.id AS ends, g.user_id, g.organization_id, o.name AS organization_name,
        g.client_id, c.name, t.expires_at, ({lives} AND {alive}) AS alive
    FROM {table} t {joined}
    JOIN clients c ON c.client_id = g.client_id
    LEFT JOIN organizations o ON o.id = g.organization_id
    WHERE t.id = :id
"""
_LASTS = "(t.expires_at IS NULL OR t.expires_at > :now)"


def _of_grant(table: str, unused: str) -> Statement:
    lives = f"{unused} IS NULL AND {_LASTS}"
    return Statement(_OF_GRANT.format(table=table, lives=lives, alive=_GRANT_ALIVE, joined=WITH_GRANT))


_ACCESS_TOKEN = _of_grant("access_tokens", "t.revoked_at")
_REFRESH_TOKEN = _of_grant("refresh_tokens", "t.rotated_at")
_CODE = _of_grant("authorization_codes", "t.redeemed_at")
_ORGANIZATION_TOKEN = Statement(f"""
    SELECT t.digest, t.key_id, t.id AS ends, t.user_id, t.organization_id, o.name AS organization_name,
        NULL AS client_id, t.name, t.expires_at,
        (t.revoked_at IS NULL AND {_LASTS} AND u.disabled_at IS NULL AND m.role IS NOT NULL) AS alive
    FROM organization_tokens t
    JOIN organizations o ON o.id = t.organization_id
    JOIN users u ON u.id = t.user_id
    LEFT JOIN memberships m
        ON m.organization_id = t.organization_id AND m.user_id = t.user_id AND m.id = t.membership_id
    WHERE t.id = :id
""")
_SESSION = Statement("""
    SELECT t.digest, t.key_id, t.id AS ends, t.user_id, NULL AS organization_id, NULL AS organization_name,
        NULL AS client_id, NULL AS name, t.expires_at,
        (t.ended_at IS NULL AND t.expires_at > :now AND u.disabled_at IS NULL) AS alive
    FROM sessions t JOIN users u ON u.id = t.user_id WHERE t.id = :id
""")
_OF_CLIENT = """
    SELECT {digest} AS digest, {key_id} AS key_id, c.client_id AS ends, c.owner_id AS user_id,
        NULL AS organization_id, NULL AS organization_name, c.client_id, c.name, {expires_at} AS expires_at,
        (c.deleted_at IS NULL AND {alive}) AS alive
    FROM clients c WHERE {found}
"""
_CLIENT_SECRET = Statement(
    _OF_CLIENT.format(
        digest="CASE WHEN c.secret_id = :id THEN c.secret_digest ELSE c.previous_secret_digest END",
        key_id="CASE WHEN c.secret_id = :id THEN c.secret_key_id ELSE c.previous_secret_key_id END",
        expires_at="CASE WHEN c.secret_id = :id THEN NULL ELSE c.previous_secret_expires_at END",
        alive="(c.secret_id = :id OR c.previous_secret_expires_at > :now)",
        found="c.secret_id = :id OR c.previous_secret_id = :id",
    )
)
_REGISTRATION_TOKEN = Statement(
    _OF_CLIENT.format(
        digest="c.registration_digest",
        key_id="c.registration_key_id",
        expires_at="NULL",
        alive="c.registration_digest IS NOT NULL AND CAST(:now AS BIGINT) IS NOT NULL",
        found="c.registration_id = :id",
    )
)
_FIND = {
    TokenKind.USER_ACCESS_TOKEN: _ACCESS_TOKEN,
    TokenKind.ORGANIZATION_ACCESS_TOKEN: _ACCESS_TOKEN,
    TokenKind.USER_REFRESH_TOKEN: _REFRESH_TOKEN,
    TokenKind.ORGANIZATION_REFRESH_TOKEN: _REFRESH_TOKEN,
    TokenKind.AUTHORIZATION_CODE: _CODE,
    TokenKind.ORGANIZATION_TOKEN: _ORGANIZATION_TOKEN,
    TokenKind.SESSION: _SESSION,
    TokenKind.CLIENT_SECRET: _CLIENT_SECRET,
    TokenKind.REGISTRATION_TOKEN: _REGISTRATION_TOKEN,
}
KINDS = frozenset(_FIND)
"""What can be found and ended. The others end by themselves, or open nothing."""

_END_PREVIOUS_SECRET = Statement("""
    UPDATE clients SET previous_secret_expires_at = :now, modified_at = :now
    WHERE client_id = :client_id AND previous_secret_id = :id AND previous_secret_expires_at > :now
""")
_IS_CURRENT_SECRET = Statement("SELECT 1 FROM clients WHERE client_id = :client_id AND secret_id = :id")
_END_REGISTRATION = Statement("""
    UPDATE clients SET registration_digest = NULL, registration_key_id = NULL, modified_at = :now
    WHERE client_id = :client_id AND registration_digest IS NOT NULL
""")
_ROLE = Statement("SELECT role FROM memberships WHERE organization_id = :organization_id AND user_id = :user_id")
# Who is told: the person whose it is, and for an organization's own tokens those who manage it.
_HOLDERS = Statement("""
    SELECT u.id, u.email, u.name FROM users u
    WHERE u.disabled_at IS NULL AND (u.id = :user_id OR u.id IN (
        SELECT m.user_id FROM memberships m WHERE m.organization_id = :organization_id AND m.role IN ('owner', 'admin')
    ))
    ORDER BY u.email LIMIT 20
""")


class Holder(NamedTuple):
    """Somebody to write to."""

    user_id: str
    email: str
    name: str


async def find(tx: Transaction, kind: TokenKind, token_id: str, now: int) -> Row | None:
    """The row behind an id of this kind, proved by nothing yet."""
    return await tx.first(_FIND[kind], id=token_id, now=now)


async def end_previous_secret(tx: Transaction, client_id: str, secret_id: str, now: int) -> bool:
    """End the previous secret of a client during a rotation."""
    return await tx.run(_END_PREVIOUS_SECRET, client_id=client_id, id=secret_id, now=now) == 1


async def is_current_secret(tx: Transaction, client_id: str, secret_id: str) -> bool:
    """Whether this is the client's newest secret."""
    return await tx.first(_IS_CURRENT_SECRET, client_id=client_id, id=secret_id) is not None


async def end_registration(tx: Transaction, client_id: str, now: int) -> bool:
    """End the registration access token of a client, which goes on without one."""
    return await tx.run(_END_REGISTRATION, client_id=client_id, now=now) == 1


async def find_role(tx: Transaction, organization_id: str, user_id: str) -> Role | None:
    """The person's role in the organization; None for a stranger."""
    row = await tx.first(_ROLE, organization_id=organization_id, user_id=user_id)
    return None if row is None else Role(row["role"])


async def list_holders(tx: Transaction, user_id: str | None, organization_id: str | None) -> list[Holder]:
    """The person and, where an organization is given, its owners and admins; the first 20."""
    rows = await tx.all(_HOLDERS, user_id=user_id or "", organization_id=organization_id or "")
    return [Holder(*row) for row in rows]

"""SQL of organization access tokens. Whether one is alive is asked in the statement that finds it, as for grants."""

from polar_server.accounts.roles import Role
from polar_server.authorization_server.token_queries import FoundToken
from polar_server.database import Database, Row, Statement, Transaction, look_up
from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.grants import Grant
from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.oauth.tokens import TokenKind
from polar_server.oauth.userinfo import Profile

# Who leaves and is taken in again is a new member: their old tokens stay dead.
_WITH_MAKER = """
    JOIN users u ON u.id = t.user_id
    LEFT JOIN memberships m
        ON m.organization_id = t.organization_id AND m.user_id = t.user_id AND m.id = t.membership_id
"""
_ALIVE = "(u.disabled_at IS NULL AND m.role IS NOT NULL) AS alive"

# The role is asked where the row is made: who was an admin a moment ago makes nothing.
_ADD = Statement("""
    INSERT INTO organization_tokens (
        id, digest, key_id, organization_id, user_id, membership_id, name, scope, created_at, expires_at
    )
    SELECT CAST(:id AS TEXT), CAST(:digest AS TEXT), CAST(:key_id AS TEXT), m.organization_id, m.user_id, m.id,
        CAST(:name AS TEXT), CAST(:scope AS TEXT), CAST(:now AS BIGINT), CAST(:expires_at AS BIGINT)
    FROM memberships m
    WHERE m.organization_id = :organization_id AND m.user_id = :user_id AND m.role IN ('owner', 'admin')
""")
_FIND = look_up(f"""
    SELECT t.id, t.digest, t.key_id, t.scope, t.created_at, t.expires_at, t.revoked_at, t.last_used_at,
        t.user_id, t.organization_id, {_ALIVE}, m.role,
        o.name AS organization_name, o.avatar_url, u.email, u.email_verified_at
    FROM organization_tokens t JOIN organizations o ON o.id = t.organization_id {_WITH_MAKER}
    WHERE t.id = :id
""")
_TOUCH = Statement("""
    UPDATE organization_tokens SET last_used_at = :now
    WHERE id = :id AND organization_id = :organization_id AND (last_used_at IS NULL OR last_used_at <= :before)
""")
_SHOWN = f"""
    SELECT t.id, t.name, t.scope, t.user_id, u.name AS maker_name, u.email AS maker_email, {_ALIVE},
        t.created_at, t.expires_at, t.last_used_at, t.revoked_at
    FROM organization_tokens t {_WITH_MAKER}
    WHERE t.organization_id = :organization_id
"""
_LIST = Statement(f"{_SHOWN} ORDER BY t.id DESC LIMIT :limit")
_SHOW = Statement(f"{_SHOWN} AND t.id = :id")
_COUNT_LIVE = Statement("""
    SELECT count(*) FROM organization_tokens
    WHERE organization_id = :organization_id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
""")
_REVOKE = Statement("""
    UPDATE organization_tokens SET revoked_at = :now, revocation_reason = :reason
    WHERE id = :id AND organization_id = :organization_id AND revoked_at IS NULL
""")


async def add_token(tx: Transaction, **columns: object) -> bool:
    """Store a new token. False when its maker is no owner or admin of the organization."""
    return await tx.run(_ADD, **columns) == 1


async def find_token(database: Database, token_id: str) -> tuple[FoundToken, int | None] | None:
    """The token as those of grants are found, and when it was last used."""
    row = await database.ask(_FIND, id=token_id)
    return None if row is None else (_found(row), row["last_used_at"])


async def touch_token(tx: Transaction, organization_id: str, token_id: str, now: int, before: int) -> None:
    """Remember that the token is used, unless that was remembered after `before`."""
    await tx.run(_TOUCH, id=token_id, organization_id=organization_id, now=now, before=before)


async def list_tokens(tx: Transaction, organization_id: str, limit: int) -> list[Row]:
    """The newest first, those that ended included until they are swept."""
    return await tx.all(_LIST, organization_id=organization_id, limit=limit)


async def show_token(tx: Transaction, organization_id: str, token_id: str) -> Row | None:
    """One of the organization's, as `list_tokens` has it."""
    return await tx.first(_SHOW, organization_id=organization_id, id=token_id)


async def count_live_tokens(tx: Transaction, organization_id: str, now: int) -> int:
    """How many neither were revoked nor have expired."""
    count: int = (await tx.one(_COUNT_LIVE, organization_id=organization_id, now=now))[0]
    return count


async def revoke_token(tx: Transaction, organization_id: str, token_id: str, reason: str, now: int) -> bool:
    """End a token of this organization. False when there is none that has not been ended."""
    revoked = await tx.run(_REVOKE, id=token_id, organization_id=organization_id, reason=reason, now=now)
    return revoked == 1


def _found(row: Row) -> FoundToken:
    """Each token stands where a client stands for others: it is counted and named like one."""
    subject = Subject(SubjectType.ORGANIZATION, row["user_id"], row["organization_id"])
    grant = Grant(row["id"], f"{TokenKind.ORGANIZATION_TOKEN}{row['id']}", subject, row["scope"], bool(row["alive"]))
    stored = StoredToken._make((*row[:7], grant))
    role = None if row["role"] is None else Role(row["role"])
    verified = row["email_verified_at"] is not None
    return FoundToken(stored, role, Profile(row["organization_name"], row["avatar_url"], row["email"], verified))

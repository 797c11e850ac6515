"""SQL of grants, codes and tokens.

Whether a grant is alive is asked in the same statement that finds the code or token:
the person is active, still a member of the organization, the client is not deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from polar_server.accounts.roles import Role
from polar_server.authorization_server.client_queries import (
    CLIENT,
    CLIENT_COLUMNS,
    SECRETS,
    SECRETS_COLUMNS,
    client_of,
    secrets_of,
)
from polar_server.database import Row, Statement, Transaction
from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.clients import Client, ClientSecrets
from polar_server.oauth.grants import Grant, StoredCode, StoredRefreshToken
from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.oauth.tokens import REFRESH_TOKENS, Token
from polar_server.oauth.userinfo import Profile

_GRANT = """
    g.id AS grant_id, g.client_id AS grant_client_id, g.sub_type, g.user_id, g.organization_id, g.scope AS grant_scope,
    (g.revoked_at IS NULL AND u.disabled_at IS NULL AND (g.organization_id IS NULL OR m.role IS NOT NULL)) AS alive,
    m.role
"""
_GRANT_COLUMNS = 8
_WITH_GRANT = """
    LEFT JOIN grants g ON g.id = t.grant_id
    LEFT JOIN users u ON u.id = g.user_id
    LEFT JOIN memberships m ON m.organization_id = g.organization_id AND m.user_id = g.user_id
"""

_FIND_CODE = Statement(f"""
    SELECT {CLIENT}, {SECRETS}, {_GRANT},
        t.id, t.digest, t.key_id, t.redirect_uri, t.code_challenge, t.nonce, t.auth_time, t.expires_at, t.redeemed_at
    FROM clients c
    LEFT JOIN authorization_codes t ON t.id = :id
    {_WITH_GRANT}
    WHERE c.client_id = :client_id AND c.deleted_at IS NULL
""")

_FIND_REFRESH_TOKEN = Statement(f"""
    SELECT {CLIENT}, {SECRETS}, {_GRANT},
        t.id, t.digest, t.key_id, t.auth_time, t.expires_at, t.rotated_at, t.successor_id,
        sa.scope AS successor_scope, sa.expires_at AS successor_expires_at, (s.rotated_at IS NOT NULL) AS successor_used
    FROM clients c
    LEFT JOIN refresh_tokens t ON t.id = :id
    LEFT JOIN refresh_tokens s ON s.id = t.successor_id
    LEFT JOIN access_tokens sa ON sa.id = t.successor_id
    {_WITH_GRANT}
    WHERE c.client_id = :client_id AND c.deleted_at IS NULL
""")

_FIND_ACCESS_TOKEN = Statement(f"""
    SELECT {_GRANT}, t.id, t.digest, t.key_id, t.scope, t.created_at, t.expires_at, t.revoked_at,
        u.name, u.picture, u.email, u.email_verified_at, o.name AS organization_name, o.avatar_url
    FROM access_tokens t {_WITH_GRANT}
    JOIN clients c ON c.client_id = g.client_id AND c.deleted_at IS NULL
    LEFT JOIN organizations o ON o.id = g.organization_id
    WHERE t.id = :id
""")

# Who asks need not be whom the token was issued to, and both must not be deleted.
_ABOUT = f"""
    SELECT {CLIENT}, {SECRETS}, {_GRANT}, tc.deleted_at, t.id, t.digest, t.key_id,
"""
_ASKED = f"""
    {_WITH_GRANT}
    LEFT JOIN clients tc ON tc.client_id = g.client_id
    WHERE c.client_id = :client_id AND c.deleted_at IS NULL
"""
_ASK_ABOUT_ACCESS_TOKEN = Statement(f"""
    {_ABOUT} t.scope, t.created_at, t.expires_at, t.revoked_at
    FROM clients c LEFT JOIN access_tokens t ON t.id = :id {_ASKED}
""")
_ASK_ABOUT_REFRESH_TOKEN = Statement(f"""
    {_ABOUT} g.scope, t.created_at, t.expires_at, t.rotated_at AS revoked_at
    FROM clients c LEFT JOIN refresh_tokens t ON t.id = :id {_ASKED}
""")

_MARK_REDEEMED = "UPDATE authorization_codes SET redeemed_at = :now WHERE id = :id AND redeemed_at IS NULL"
_MARK_ROTATED = """
    UPDATE refresh_tokens SET rotated_at = :now, successor_id = :pair_id WHERE id = :id AND rotated_at IS NULL
"""
_ACCESS_COLUMNS = "access_tokens (id, digest, key_id, grant_id, scope, created_at, expires_at)"
_REFRESH_COLUMNS = "refresh_tokens (id, digest, key_id, grant_id, auth_time, created_at, expires_at)"

_REDEEM = Statement(_MARK_REDEEMED)
_ROTATE = Statement(_MARK_ROTATED)
_ADD_ACCESS_TOKEN = Statement(f"""
    INSERT INTO {_ACCESS_COLUMNS}
    VALUES (:pair_id, :access_digest, :key_id, :grant_id, :scope, :now, :access_expires_at)
""")
_ADD_REFRESH_TOKEN = Statement(f"""
    INSERT INTO {_REFRESH_COLUMNS}
    VALUES (:pair_id, :refresh_digest, :key_id, :grant_id, :auth_time, :now, :refresh_expires_at)
""")

# PostgreSQL does the same three steps in one round trip: what is inserted comes from the guarded update.
_INSERTS = f"""
    access AS (
        INSERT INTO {_ACCESS_COLUMNS}
        SELECT :pair_id, :access_digest, :key_id, :grant_id, :scope,
            CAST(:now AS BIGINT), CAST(:access_expires_at AS BIGINT)
        FROM used
    ), refresh AS (
        INSERT INTO {_REFRESH_COLUMNS}
        SELECT :pair_id, CAST(:refresh_digest AS TEXT), :key_id, :grant_id, CAST(:auth_time AS BIGINT),
            CAST(:now AS BIGINT), CAST(:refresh_expires_at AS BIGINT)
        FROM used WHERE CAST(:refresh_digest AS TEXT) IS NOT NULL
    )
    SELECT id FROM used
"""
_REDEEM_AT_ONCE = Statement(f"WITH used AS ({_MARK_REDEEMED} RETURNING id), {_INSERTS}")
_ROTATE_AT_ONCE = Statement(f"WITH used AS ({_MARK_ROTATED} RETURNING id), {_INSERTS}")

_ADD_GRANT = Statement("""
    INSERT INTO grants (id, client_id, user_id, sub_type, organization_id, scope, created_at)
    VALUES (:id, :client_id, :user_id, :sub_type, :organization_id, :scope, :now)
""")
_ADD_CODE = Statement("""
    INSERT INTO authorization_codes (
        id, digest, key_id, grant_id, redirect_uri, code_challenge, nonce, auth_time, expires_at
    ) VALUES (:id, :digest, :key_id, :grant_id, :redirect_uri, :code_challenge, :nonce, :auth_time, :expires_at)
""")
_REVOKE_GRANT = Statement("""
    UPDATE grants SET revoked_at = :now, revocation_reason = :reason WHERE id = :id AND revoked_at IS NULL
""")
_REVOKE_ACCESS_TOKEN = Statement("UPDATE access_tokens SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL")
_REVOKE_GRANTS_OF = Statement("""
    UPDATE grants SET revoked_at = :now, revocation_reason = :reason WHERE user_id = :user_id AND revoked_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class FoundCode:
    """The client that asks, and the code it presents when there is one."""

    client: Client
    secrets: ClientSecrets
    code: StoredCode | None
    role: Role | None


@dataclass(frozen=True, slots=True)
class FoundRefreshToken:
    """The client that asks, and the refresh token it presents when there is one."""

    client: Client
    secrets: ClientSecrets
    refresh_token: StoredRefreshToken | None
    role: Role | None


@dataclass(frozen=True, slots=True)
class FoundQuestion:
    """The client that asks, and the token it asks about when there is one."""

    client: Client
    secrets: ClientSecrets
    stored: StoredToken | None
    role: Role | None


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token with everything that its answers need: the member's role and the claims of its subject."""

    stored: StoredToken
    role: Role | None
    profile: Profile


@dataclass(frozen=True, slots=True)
class NewTokens:
    """What one use of a code or refresh token stores. Without a refresh token, its digest is None."""

    pair_id: str
    access_digest: str
    refresh_digest: str | None
    key_id: str
    grant_id: str
    scope: str
    auth_time: int
    now: int
    access_expires_at: int
    refresh_expires_at: int | None


async def find_code(tx: Transaction, client_id: str, code_id: str) -> FoundCode | None:
    """The client and its code in one look; None when there is no such client."""
    row = await tx.first(_FIND_CODE, client_id=client_id, id=code_id)
    if row is None:
        return None
    columns = row[CLIENT_COLUMNS + SECRETS_COLUMNS :]
    code = StoredCode(*[*columns[_GRANT_COLUMNS:], _grant(columns)]) if columns[0] else None
    return FoundCode(client_of(row), secrets_of(row), code, _role(columns))


async def find_refresh_token(tx: Transaction, client_id: str, token_id: str) -> FoundRefreshToken | None:
    """The client and its refresh token in one look; None when there is no such client."""
    row = await tx.first(_FIND_REFRESH_TOKEN, client_id=client_id, id=token_id)
    if row is None:
        return None
    columns = row[CLIENT_COLUMNS + SECRETS_COLUMNS :]
    stored = StoredRefreshToken(*[*columns[_GRANT_COLUMNS:], _grant(columns)]) if columns[0] else None
    return FoundRefreshToken(client_of(row), secrets_of(row), stored, _role(columns))


async def find_access_token(tx: Transaction, token_id: str) -> FoundToken | None:
    """An access token whose client is not deleted."""
    return _found(await tx.first(_FIND_ACCESS_TOKEN, id=token_id))


async def find_question(tx: Transaction, client_id: str, token: Token | None) -> FoundQuestion | None:
    """The client and the token it asks about in one look; None when there is no such client.

    A token whose own client is deleted is none; a rotated refresh token counts as revoked.
    """
    is_refresh_token = token is not None and token.kind in REFRESH_TOKENS
    statement = _ASK_ABOUT_REFRESH_TOKEN if is_refresh_token else _ASK_ABOUT_ACCESS_TOKEN
    row = await tx.first(statement, client_id=client_id, id=token.id if token else "")
    if row is None:
        return None
    columns = row[CLIENT_COLUMNS + SECRETS_COLUMNS :]
    deleted_at, *of_token = columns[_GRANT_COLUMNS:]
    stored = StoredToken(*[*of_token, _grant(columns)]) if columns[0] and deleted_at is None else None
    return FoundQuestion(client_of(row), secrets_of(row), stored, _role(columns))


async def redeem_code(tx: Transaction, code_id: str, new: NewTokens) -> bool:
    """Mark the code and store the tokens. False, with nothing stored, when somebody else marked it first."""
    return await _use(tx, _REDEEM, _REDEEM_AT_ONCE, code_id, new, {})


async def rotate_refresh_token(tx: Transaction, token_id: str, new: NewTokens) -> bool:
    """Mark the refresh token and store its successors. False, with nothing stored, when it was marked before."""
    return await _use(tx, _ROTATE, _ROTATE_AT_ONCE, token_id, new, {"pair_id": new.pair_id})


async def _use(
    tx: Transaction, mark: Statement, at_once: Statement, used_id: str, new: NewTokens, marks: dict[str, str]
) -> bool:
    both = {"pair_id": new.pair_id, "key_id": new.key_id, "grant_id": new.grant_id, "now": new.now}
    access = {"access_digest": new.access_digest, "scope": new.scope, "access_expires_at": new.access_expires_at}
    refresh = {
        "refresh_digest": new.refresh_digest,
        "auth_time": new.auth_time,
        "refresh_expires_at": new.refresh_expires_at,
    }
    if tx.engine == "postgres":
        return await tx.first(at_once, id=used_id, **both, **access, **refresh) is not None
    if await tx.run(mark, id=used_id, now=new.now, **marks) != 1:
        return False
    await tx.run(_ADD_ACCESS_TOKEN, **both, **access)
    if new.refresh_digest is not None:
        await tx.run(_ADD_REFRESH_TOKEN, **both, **refresh)
    return True


async def add_grant(tx: Transaction, grant_id: str, client_id: str, subject: Subject, scope: str, now: int) -> None:
    """Store an approval."""
    await tx.run(
        _ADD_GRANT,
        id=grant_id,
        client_id=client_id,
        user_id=subject.user_id,
        sub_type=subject.type.value,
        organization_id=subject.organization_id,
        scope=scope,
        now=now,
    )


async def add_code(tx: Transaction, code: StoredCode) -> None:
    """Store a new code with its grant's id."""
    await tx.run(
        _ADD_CODE,
        id=code.id,
        digest=code.digest,
        key_id=code.key_id,
        grant_id=code.grant.id,
        redirect_uri=code.redirect_uri,
        code_challenge=code.code_challenge,
        nonce=code.nonce,
        auth_time=code.auth_time,
        expires_at=code.expires_at,
    )


async def revoke_grant(tx: Transaction, grant_id: str, reason: str, now: int) -> bool:
    """End a grant: every code and token of it is dead from now on."""
    return await tx.run(_REVOKE_GRANT, id=grant_id, reason=reason, now=now) == 1


async def revoke_access_token(tx: Transaction, token_id: str, now: int) -> bool:
    """End one access token."""
    return await tx.run(_REVOKE_ACCESS_TOKEN, id=token_id, now=now) == 1


async def revoke_grants_of(tx: Transaction, user_id: str, reason: str, now: int) -> int:
    """End every grant that a person gave."""
    return await tx.run(_REVOKE_GRANTS_OF, user_id=user_id, reason=reason, now=now)


def _found(row: Row | None) -> FoundToken | None:
    if row is None:
        return None
    columns = row[:]
    grant = _grant(columns)
    stored = StoredToken(*[*columns[_GRANT_COLUMNS : _GRANT_COLUMNS + 7], grant])
    name, picture, email, verified_at, organization_name, avatar_url = columns[_GRANT_COLUMNS + 7 :]
    if grant.subject.organization_id is not None:
        name, picture = organization_name, avatar_url
    return FoundToken(stored, _role(columns), Profile(name, picture, email, verified_at is not None))


def _grant(columns: Sequence[Any]) -> Grant:
    grant_id, client_id, sub_type, user_id, organization_id, scope, alive, _ = columns[:_GRANT_COLUMNS]
    return Grant(grant_id, client_id, Subject(SubjectType(sub_type), user_id, organization_id), scope, bool(alive))


def _role(columns: Sequence[Any]) -> Role | None:
    role = columns[_GRANT_COLUMNS - 1]
    return None if role is None else Role(role)

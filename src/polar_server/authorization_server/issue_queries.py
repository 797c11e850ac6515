"""SQL that stores codes and tokens. What works once is marked by a guarded UPDATE: one row, or somebody was faster."""

from typing import NamedTuple

from polar_server.database import Database, SharedStatement, Statement, Transaction
from polar_server.oauth.grants import StoredCode

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

# PostgreSQL does the same three steps in one round trip, for many requests at once: what is inserted comes from the
# guarded update. Of two requests for one code, a run marks it for one and leaves the other without a row.
_TYPES = {
    "id": "TEXT",
    "pair_id": "TEXT",
    "access_digest": "TEXT",
    "refresh_digest": "TEXT",
    "key_id": "TEXT",
    "grant_id": "TEXT",
    "scope": "TEXT",
    "auth_time": "BIGINT",
    "now": "BIGINT",
    "access_expires_at": "BIGINT",
    "refresh_expires_at": "BIGINT",
}
_INSERTS = f"""
    , access AS (
        INSERT INTO {_ACCESS_COLUMNS}
        SELECT pair_id, access_digest, key_id, grant_id, scope, now, access_expires_at FROM used
    ), refresh AS (
        INSERT INTO {_REFRESH_COLUMNS}
        SELECT pair_id, refresh_digest, key_id, grant_id, auth_time, now, refresh_expires_at FROM used
        WHERE refresh_digest IS NOT NULL
    )
    SELECT number FROM used
"""
_REDEEM_TOGETHER = SharedStatement(
    None,
    f"""
    , used AS (
        UPDATE authorization_codes t SET redeemed_at = asked.now FROM asked
        WHERE t.id = asked.id AND t.redeemed_at IS NULL
        RETURNING asked.*
    ){_INSERTS}
    """,
    _TYPES,
)
_ROTATE_TOGETHER = SharedStatement(
    None,
    f"""
    , used AS (
        UPDATE refresh_tokens t SET rotated_at = asked.now, successor_id = asked.pair_id FROM asked
        WHERE t.id = asked.id AND t.rotated_at IS NULL
        RETURNING asked.*
    ){_INSERTS}
    """,
    _TYPES,
)

_ADD_CODE = Statement("""
    INSERT INTO authorization_codes (
        id, digest, key_id, grant_id, redirect_uri, code_challenge, nonce, auth_time, expires_at
    ) VALUES (:id, :digest, :key_id, :grant_id, :redirect_uri, :code_challenge, :nonce, :auth_time, :expires_at)
""")
_REVOKE_ACCESS_TOKEN = SharedStatement(
    "UPDATE access_tokens SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL RETURNING id",
    """
    UPDATE access_tokens t SET revoked_at = asked.now FROM asked
    WHERE t.id = asked.id AND t.revoked_at IS NULL
    RETURNING asked.number
    """,
    {"id": "TEXT", "now": "BIGINT"},
)


class NewTokens(NamedTuple):
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


async def redeem_code(database: Database, code_id: str, new: NewTokens) -> bool:
    """Mark the code and store the tokens. False, with nothing stored, when somebody else marked it first."""
    return await _use(database, _REDEEM, _REDEEM_TOGETHER, code_id, new, {})


async def rotate_refresh_token(database: Database, token_id: str, new: NewTokens) -> bool:
    """Mark the refresh token and store its successors. False, with nothing stored, when it was marked before."""
    return await _use(database, _ROTATE, _ROTATE_TOGETHER, token_id, new, {"pair_id": new.pair_id})


async def _use(
    database: Database, mark: Statement, together: SharedStatement, used_id: str, new: NewTokens, marks: dict[str, str]
) -> bool:
    if database.engine == "postgres":
        return await database.ask(together, id=used_id, **new._asdict()) is not None
    both = {"pair_id": new.pair_id, "key_id": new.key_id, "grant_id": new.grant_id, "now": new.now}
    access = {"access_digest": new.access_digest, "scope": new.scope, "access_expires_at": new.access_expires_at}
    refresh = {
        "refresh_digest": new.refresh_digest,
        "auth_time": new.auth_time,
        "refresh_expires_at": new.refresh_expires_at,
    }
    async with database.write() as tx:
        if await tx.run(mark, id=used_id, now=new.now, **marks) != 1:
            return False
        await tx.run(_ADD_ACCESS_TOKEN, **both, **access)
        if new.refresh_digest is not None:
            await tx.run(_ADD_REFRESH_TOKEN, **both, **refresh)
        return True


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


async def revoke_access_token(database: Database, token_id: str, now: int) -> bool:
    """End one access token."""
    return await database.ask(_REVOKE_ACCESS_TOKEN, id=token_id, now=now) is not None

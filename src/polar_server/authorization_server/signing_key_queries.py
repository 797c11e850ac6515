"""SQL of signing keys."""

from polar_server.database import Row, Statement, Transaction

_LIST = Statement("""
    SELECT kid, algorithm, created_at, active_from, retired_at, removed_at, private_key_sealed
    FROM signing_keys WHERE CAST(:now AS BIGINT) IS NULL OR removed_at IS NULL OR removed_at > :now
    ORDER BY created_at, kid
""")
_ADD = Statement("""
    INSERT INTO signing_keys (kid, algorithm, private_key_sealed, created_at, active_from)
    VALUES (:kid, :algorithm, :private_key_sealed, :now, :active_from)
""")
_RESEAL = Statement("UPDATE signing_keys SET private_key_sealed = :sealed WHERE kid = :kid")
_RETIRE = Statement("""
    UPDATE signing_keys SET retired_at = :retired_at, removed_at = :removed_at
    WHERE algorithm = :algorithm AND kid <> :kid AND (retired_at IS NULL OR retired_at > :retired_at)
""")
# Two processes that start at the same moment must not make a key each.
_LOCK = Statement("SELECT 1", postgres="SELECT pg_advisory_xact_lock(7162346)")


async def list_keys(tx: Transaction, now: int | None) -> list[Row]:
    """The keys, oldest first; with `now`, without the removed ones."""
    return await tx.all(_LIST, now=now)


async def lock_keys(tx: Transaction) -> None:
    """Wait until nobody else adds keys; held to the end of the transaction."""
    await tx.first(_LOCK)


async def add_key(
    tx: Transaction, kid: str, algorithm: str, private_key_sealed: str, active_from: int, now: int
) -> None:
    """Store a new key."""
    await tx.run(
        _ADD,
        kid=kid,
        algorithm=algorithm,
        private_key_sealed=private_key_sealed,
        active_from=active_from,
        now=now,
    )


async def reseal_key(tx: Transaction, kid: str, sealed: str) -> None:
    """Replace what is kept of a private key."""
    await tx.run(_RESEAL, kid=kid, sealed=sealed)


async def retire_others(tx: Transaction, algorithm: str, kid: str, retired_at: int, removed_at: int) -> None:
    """Let every other key of the algorithm stop signing at `retired_at` and disappear at `removed_at`."""
    await tx.run(_RETIRE, algorithm=algorithm, kid=kid, retired_at=retired_at, removed_at=removed_at)

"""The signing keys: made, sealed, rotated, and kept at hand by each worker (OpenID Connect Core §10.1)."""

import json

from polar_server.audit import OPERATOR, About, Actor, record
from polar_server.authorization_server import signing_key_queries as queries
from polar_server.database import Database, Row, Transaction
from polar_server.oauth import keys
from polar_server.oauth.keys import KeyState, SigningKey
from polar_server.oauth.metadata import key_set
from polar_server.oauth.server_keys import ServerKeys

RELOAD_EVERY = 15
"""Seconds after which a worker looks for keys that another process made."""


class SigningKeys:
    """What one worker knows of the signing keys. Nothing here waits for the database while a request is answered."""

    def __init__(self, found: list[SigningKey]) -> None:
        self._keys = found
        self._jwks: tuple[int, bytes] = (-1, b"")

    def replace(self, found: list[SigningKey]) -> None:
        """Take over what was loaded anew."""
        self._keys, self._jwks = found, (-1, b"")

    def active(self, algorithm: str, now: int) -> SigningKey:
        """The key that signs with this algorithm now."""
        return keys.active(self._keys, algorithm, now)

    def published(self, now: int) -> list[SigningKey]:
        """The keys that verify."""
        return keys.published(self._keys, now)

    def jwks(self, now: int) -> bytes:
        """The key set as JSON, made once a second at most."""
        if self._jwks[0] != now:
            self._jwks = (now, json.dumps(key_set(self._keys, now)).encode())
        return self._jwks[1]


async def load_keys(database: Database, server_keys: ServerKeys, now: int | None) -> list[SigningKey]:
    """The keys from the database, with `now` without the removed ones. Raises SealBroken under a wrong server key."""
    async with database.read() as tx:
        return [_open(row, server_keys) for row in await queries.list_keys(tx, now)]


async def ensure_keys(database: Database, server_keys: ServerKeys, now: int) -> None:
    """Make the first key of each algorithm, which signs at once: nobody has cached a key set yet.

    Keys that were sealed under an older server key are sealed anew, so that it can be removed.
    """
    async with database.write() as tx:
        await queries.lock_keys(tx)
        rows = await queries.list_keys(tx, now)
        for row in rows:
            await _reseal(tx, server_keys, row)
        present = {row["algorithm"] for row in rows if row["retired_at"] is None}
        for algorithm in keys.ALGORITHMS:
            if algorithm not in present:
                await _add(tx, server_keys, algorithm, now, now)


async def rotate_keys(
    database: Database,
    server_keys: ServerKeys,
    algorithms: tuple[str, ...],
    *,
    publish_ahead: int,
    retirement: int,
    now: int,
    actor: Actor = OPERATOR,
) -> list[SigningKey]:
    """Make and publish the next key of each algorithm.

    It signs after `publish_ahead` seconds, when every cache of the key set has it. The
    present ones then stop, and stay published for `retirement` seconds more.
    """
    made = []
    async with database.write() as tx:
        await queries.lock_keys(tx)
        for algorithm in algorithms:
            key = await _add(tx, server_keys, algorithm, now + publish_ahead, now)
            await queries.retire_others(tx, algorithm, key.kid, key.active_from, key.active_from + retirement)
            await record(tx, actor, "signing_key.rotated", About(id=key.kid, name=algorithm), now)
            made.append(key)
    return made


def describe(key: SigningKey, now: int) -> dict[str, object]:
    """A key as the command line shows it. Times are seconds."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": key.state(now).value,
        "created_at": key.created_at,
        "active_from": key.active_from,
        "retired_at": key.retired_at,
        "removed_at": key.removed_at,
    }


def signs_since(found: list[SigningKey], algorithm: str, now: int) -> int | None:
    """Since when the present key of an algorithm signs, None when none does."""
    active = [key.active_from for key in found if key.algorithm == algorithm and key.state(now) is KeyState.ACTIVE]
    return max(active, default=None)


async def _add(tx: Transaction, server_keys: ServerKeys, algorithm: str, active_from: int, now: int) -> SigningKey:
    private_key = keys.generate(algorithm)
    kid = keys.thumbprint(private_key)
    sealed = server_keys.seal("signing key", keys.dump(private_key), _place(kid))
    await queries.add_key(tx, kid, algorithm, sealed, active_from, now)
    return SigningKey(kid, algorithm, now, active_from, None, None, private_key)


async def _reseal(tx: Transaction, server_keys: ServerKeys, row: Row) -> None:
    place, sealed = _place(row["kid"]), row["private_key_sealed"]
    if not server_keys.is_current(sealed):
        raw = server_keys.open("signing key", sealed, place)
        await queries.reseal_key(tx, row["kid"], server_keys.seal("signing key", raw, place))


def _open(row: Row, server_keys: ServerKeys) -> SigningKey:
    kid, algorithm, created_at, active_from, retired_at, removed_at, sealed = row
    raw = server_keys.open("signing key", sealed, _place(kid))
    return SigningKey(kid, algorithm, created_at, active_from, retired_at, removed_at, keys.load(raw))


def _place(kid: str) -> str:
    return f"signing_keys {kid} private_key"

"""Millions of tokens and grants beside those that are asked for: copied in, most of them with a digest of nothing.

Their ids are the server's own, a millisecond apart, so that they lie in its tables as they would after some hours.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import asyncpg

from bench.clusters import Cluster
from bench.seeding import SCOPE, Table
from polar_server.oauth import tokens
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import TokenKind

_AT_ONCE = 2_000
"""Rows that travel together."""
_LIFETIME = 86_400
_ENDED = 86_400
"""Seconds since expired rows were issued; they lived for a tenth of it."""
_NOTHING = b"\0" * tokens.ID_BYTES
_GRANTS = ("grants", ("id", "client_id", "user_id", "sub_type", "scope", "created_at"))
_ACCESS_TOKENS = ("access_tokens", ("id", "digest", "key_id", "grant_id", "scope", "created_at", "expires_at"))
_REFRESH_TOKENS = ("refresh_tokens", ("id", "digest", "key_id", "grant_id", "auth_time", "created_at"))

Row = tuple[Any, ...]


class Filler:
    """Fills one database, whose people and clients are there already."""

    def __init__(self, cluster: Cluster, server_keys: ServerKeys, client_id: str) -> None:
        self._cluster, self._keys, self._client_id = cluster, server_keys, client_id
        self._now_ms = int(time.time() * 1000) - 120_000

    def fill(self, count: int, presented: int) -> list[str]:
        """So many tokens, half access and half refresh tokens, and a fifth as many grants as of either.

        Gives the texts of `presented` access tokens, evenly spread over all: only they have a digest of something.
        """
        pairs, grants = count // 2, max(count // 10, 1)
        people = [row[0] for row in ask(self._cluster, "SELECT id FROM users ORDER BY id")]
        texts: list[str] = []
        copy(self._cluster, _GRANTS, self._grant_rows(grants, pairs, people))
        copy(self._cluster, _ACCESS_TOKENS, self._access_rows(pairs, grants, presented, texts))
        copy(self._cluster, _REFRESH_TOKENS, self._refresh_rows(pairs, grants))
        settle(self._cluster)
        return texts

    def fill_expired(self, count: int) -> None:
        """Access tokens that ended long ago, for the sweeper. They are there all at once."""
        start, key_id = self._now_ms - _ENDED * 1000, self._keys.key_id
        copy(
            self._cluster,
            _ACCESS_TOKENS,
            (
                (_id(start + n), f"{n:064x}", key_id, "0", SCOPE, start // 1000, start // 1000 + _ENDED // 10)
                for n in range(count)
            ),
        )

    def _grant_rows(self, count: int, pairs: int, people: Sequence[str]) -> Iterator[Row]:
        at = self._now_ms // 1000
        for number in range(count):
            person = people[number % len(people)]
            yield (self._grant(number, count, pairs), self._client_id, person, "user", SCOPE, at)

    def _access_rows(self, pairs: int, grants: int, presented: int, texts: list[str]) -> Iterator[Row]:
        """Fills `texts`, too."""
        start, every, at = self._now_ms - pairs, max(pairs // presented, 1), self._now_ms // 1000
        key_id, until = self._keys.key_id, at + _LIFETIME
        for number in range(pairs):
            token_id, digest = _id(start + number), f"{number:064x}"
            if number % every == 0:
                token = tokens.mint(TokenKind.USER_ACCESS_TOKEN, start + number, os.urandom(tokens.ENTROPY_BYTES))
                token_id, digest = token.id, self._keys.digest(token.text)
                texts.append(token.text)
            yield (token_id, digest, key_id, self._grant(number * grants // pairs, grants, pairs), SCOPE, at, until)

    def _refresh_rows(self, pairs: int, grants: int) -> Iterator[Row]:
        start, at, key_id = self._now_ms - pairs, self._now_ms // 1000, self._keys.key_id
        for number in range(pairs):
            grant = self._grant(number * grants // pairs, grants, pairs)
            yield (_id(start + number), f"{number:064x}", key_id, grant, at, at)

    def _grant(self, number: int, grants: int, pairs: int) -> str:
        """Grants are older than all of their tokens."""
        return _id(self._now_ms - pairs - grants + number)


def ask(cluster: Cluster, statement: str) -> list[Row]:
    """The rows of a statement of the benchmark's own."""
    if cluster.engine == "postgres":
        return asyncio.run(_ask_postgres(cluster.url, statement))
    with closing(sqlite3.connect(_path(cluster), timeout=60)) as connection, connection:
        return connection.execute(statement).fetchall()


def copy(cluster: Cluster, table: Table, rows: Iterable[Row]) -> None:
    """Put rows into a table in one transaction, beside a server that runs."""
    if cluster.engine == "postgres":
        asyncio.run(_copy_to_postgres(cluster.url, table, rows))
    else:
        _copy_to_sqlite(_path(cluster), table, rows)


def settle(cluster: Cluster) -> None:
    """Do now what a bulk load leaves to be done: else it would be done, and counted, while requests are measured."""
    if cluster.engine == "postgres":
        ask(cluster, "VACUUM (ANALYZE, FREEZE)")
        ask(cluster, "CHECKPOINT")
    else:
        ask(cluster, "PRAGMA wal_checkpoint(TRUNCATE)")


def _id(at_ms: int) -> str:
    return tokens.new_id(at_ms, _NOTHING)


def _path(cluster: Cluster) -> str:
    return cluster.url.removeprefix("sqlite:///")


def _copy_to_sqlite(path: str, table: Table, rows: Iterable[Row]) -> None:
    name, columns = table
    places = ", ".join("?" * len(columns))
    with closing(sqlite3.connect(path, timeout=60)) as connection, connection:
        connection.execute("PRAGMA cache_size = -500000")
        connection.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})", rows)


async def _copy_to_postgres(url: str, table: Table, rows: Iterable[Row]) -> None:
    name, columns = table
    connection = await asyncpg.connect(url)
    # Foreign keys are checked row by row otherwise: minutes for a million grants, whose people are known to exist.
    await connection.execute("SET session_replication_role = replica")
    await connection.copy_to_table(name, source=_lines(rows), columns=columns)
    await connection.close()


async def _lines(rows: Iterable[Row]) -> AsyncIterator[bytes]:
    """COPY's text format. No value of ours needs escaping, and none is NULL."""
    remaining = iter(rows)
    while some := list(islice(remaining, _AT_ONCE)):
        yield "".join("\t".join(map(str, row)) + "\n" for row in some).encode()


async def _ask_postgres(url: str, statement: str) -> list[Row]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()

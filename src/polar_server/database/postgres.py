"""PostgreSQL through asyncpg, on our own lists of connections."""

from collections.abc import Awaitable
from typing import Any, Literal

from polar_server.database.interface import Row
from polar_server.database.postgres_blocks import Read, Single, Write
from polar_server.database.postgres_connections import Connections
from polar_server.database.postgres_shared import SharedRuns
from polar_server.database.statements import SharedStatement

_MOST_SHARED = 3
"""Connections for shared statements: lookups and writes of token requests, and one more."""


class PostgresDatabase:
    """A PostgreSQL database. At most `connections`, two or more, are opened, when they are needed."""

    engine: Literal["postgres"] = "postgres"

    def __init__(self, url: str, connections: int) -> None:
        shared = max(1, min(_MOST_SHARED, connections // 2))
        self._connections = Connections(url, max(1, connections - shared))
        # The plan for many requests is made once: by itself PostgreSQL may plan each number of them anew.
        self._shared = Connections(url, shared, plan_cache_mode="force_generic_plan")
        self._runs = SharedRuns(self._shared)

    async def open(self) -> None:
        self._connections.open()
        self._shared.open()

    async def close(self) -> None:
        await self._shared.close()
        await self._connections.close()

    def read(self) -> Read:
        return Read(self._connections)

    long_read = read

    def ask(self, statement: SharedStatement, /, **parameters: Any) -> Awaitable[Row | None]:
        return self._runs.ask(statement, statement.values(parameters))

    def write(self) -> Write:
        return Write(self._connections)

    def statement(self) -> Single:
        return Single(self._connections)

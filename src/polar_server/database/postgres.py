"""PostgreSQL through asyncpg, on our own list of connections."""

from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeVar

from polar_server.database.interface import DatabaseError, Row
from polar_server.database.postgres_connections import Connection, Connections
from polar_server.database.postgres_errors import is_broken, leaves_clean, translated
from polar_server.database.statements import Statement

_T_co = TypeVar("_T_co", covariant=True)


class _Work(Protocol[_T_co]):
    """`Connection.first`, `Connection.all` or `Connection.run`."""

    async def __call__(self, connection: Connection, text: str, arguments: Sequence[Any], /) -> _T_co: ...


class PostgresDatabase:
    """A PostgreSQL database. Connections are opened when they are needed."""

    engine: Literal["postgres"] = "postgres"

    def __init__(self, url: str, connections: int) -> None:
        self._connections = Connections(url, connections)

    async def open(self) -> None:
        self._connections.open()

    async def close(self) -> None:
        await self._connections.close()

    def read(self) -> "_Read":
        return _Read(self._connections)

    long_read = read

    def write(self) -> "_Write":
        return _Write(self._connections)

    def statement(self) -> "_Autocommit":
        return _Autocommit(self._connections)


class _Autocommit:
    """Statements on one connection of the list, each its own transaction."""

    engine: Literal["postgres"] = "postgres"
    __slots__ = ("_connection", "_connections", "_error")
    _connection: Connection

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._error: Exception | None = None

    async def __aenter__(self) -> Self:
        self._connection = self._connections.idle() or await self._connections.take()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A cancelled task may have left a statement running, or one prepared but not run, which is a transaction.
        if leaves_clean(self._error) and (error is None or isinstance(error, Exception)):
            self._connections.give(self._connection)
        else:
            self._connections.drop(self._connection)

    async def one(self, statement: Statement, /, **parameters: Any) -> Row:
        row = await self._do(Connection.first, statement, parameters)
        if row is None:
            raise LookupError(f"No row for {statement!r}")
        return row

    async def first(self, statement: Statement, /, **parameters: Any) -> Row | None:
        return await self._do(Connection.first, statement, parameters)

    async def all(self, statement: Statement, /, **parameters: Any) -> list[Row]:
        return await self._do(Connection.all, statement, parameters)

    async def run(self, statement: Statement, /, **parameters: Any) -> int:
        return await self._do(Connection.run, statement, parameters)

    async def _do(self, work: _Work[_T_co], statement: Statement, parameters: dict[str, Any]) -> _T_co:
        if parameters.keys() != statement.names:
            raise statement.mismatch(parameters)
        arguments = [parameters[name] for name in statement.order]
        try:
            return await work(self._connection, statement.postgres, arguments)
        except Exception as error:  # noqa: BLE001 - translated() knows what is not the database's
            await self._fail(error)
        try:
            return await work(self._connection, statement.postgres, arguments)
        except Exception as error:  # noqa: BLE001 - translated() knows the rest
            self._error = error
            raise translated(error) from None

    async def _fail(self, error: Exception) -> None:
        """Raise; or return when the statement may run once more."""
        # Not here: the first try may have been committed before its connection broke.
        self._error = error
        raise translated(error) from None


class _Read(_Autocommit):
    """Statements that only read, so one whose connection had died may run again on a new one."""

    __slots__ = ()

    async def _fail(self, error: Exception) -> None:
        if not is_broken(error):
            await super()._fail(error)
        self._connection = await self._connections.replace(self._connection)


class _Write(_Autocommit):
    """BEGIN ... COMMIT on one connection."""

    __slots__ = ()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self._begin()
        except BaseException:
            self._connections.drop(self._connection)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._error is None:
            await self._end("COMMIT")
        elif isinstance(error, Exception | None) and not is_broken(self._error):
            # A ROLLBACK that fails drops the connection, which rolls back, too.
            with suppress(Exception):
                await self._end("ROLLBACK")
        else:
            # Whoever was cancelled must not wait for the server.
            self._connections.drop(self._connection)
        if error is None and self._error is not None:
            raise DatabaseError("A statement of this transaction failed, so nothing of it was kept.")

    async def _begin(self) -> None:
        try:
            await self._connection.raw.execute("BEGIN")
        except Exception as error:  # noqa: BLE001 - translated() knows the rest
            if not is_broken(error):
                raise translated(error) from None
            # Nothing was asked of the connection yet, so a new one may begin.
            self._connection = await self._connections.replace(self._connection)
            await self._connection.raw.execute("BEGIN")

    async def _end(self, command: str) -> None:
        try:
            await self._connection.raw.execute(command)
        except BaseException as error:
            self._connections.drop(self._connection)
            if isinstance(error, Exception):
                raise translated(error) from None
            raise
        self._connections.give(self._connection)

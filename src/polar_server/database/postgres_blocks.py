"""Blocks of statements on PostgreSQL: `read()`, `statement()` and `write()`."""

from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeVar

from polar_server.database.interface import DatabaseError, Row
from polar_server.database.postgres_connections import Connection, Connections
from polar_server.database.postgres_errors import is_broken, leaves_clean, translated
from polar_server.database.postgres_waiting import Waiting
from polar_server.database.statements import Statement

_T_co = TypeVar("_T_co", covariant=True)


class Work(Protocol[_T_co]):
    """`Connection.first`, `Connection.all` or `Connection.run`."""

    async def __call__(self, connection: Connection, text: str, arguments: Sequence[Any], /) -> _T_co: ...


class Single:
    """Statements that are each their own transaction, on one connection that is taken for the first of them."""

    engine: Literal["postgres"] = "postgres"
    __slots__ = ("_connection", "_connections", "_error")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._connection: Connection | None = None
        self._error: Exception | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is None:
            return
        # A cancelled task may have left a statement running, or one prepared but not run, which is a transaction.
        if leaves_clean(self._error) and (error is None or isinstance(error, Exception)):
            self._connections.give(self._connection)
        else:
            self._connections.drop(self._connection)

    async def one(self, statement: Statement, /, **parameters: Any) -> Row:
        row = await self.first(statement, **parameters)
        if row is None:
            raise LookupError(f"No row for {statement!r}")
        return row

    async def first(self, statement: Statement, /, **parameters: Any) -> Row | None:
        return await self.do(Connection.first, statement.postgres, statement.arguments(parameters))

    async def all(self, statement: Statement, /, **parameters: Any) -> list[Row]:
        return await self.do(Connection.all, statement.postgres, statement.arguments(parameters))

    async def run(self, statement: Statement, /, **parameters: Any) -> int:
        return await self.do(Connection.run, statement.postgres, statement.arguments(parameters))

    async def later(self, statement: Statement, /, **parameters: Any) -> None:
        await self.run(statement, **parameters)

    async def do(self, work: Work[_T_co], text: str, arguments: Sequence[Any]) -> _T_co:
        """Run one statement. Raises this package's errors."""
        connection = self._connection or await self._take()
        try:
            return await work(connection, text, arguments)
        except Exception as error:  # noqa: BLE001 - translated() knows what is not the database's
            connection = await self._next(error)
        try:
            return await work(connection, text, arguments)
        except Exception as error:  # noqa: BLE001 - translated() knows the rest
            self._error = error
            raise translated(error) from None

    async def _take(self) -> Connection:
        self._connection = self._connections.idle() or await self._connections.take()
        return self._connection

    @property
    def _held(self) -> Connection:
        assert self._connection is not None, "a statement has taken it"
        return self._connection

    async def _next(self, error: Exception) -> Connection:
        """Raise; or give the connection on which the statement may run once more."""
        # Not here: the first try may have been committed before its connection broke.
        self._error = error
        raise translated(error) from None


class Read(Single):
    """Statements that only read, so one whose connection had died may run again on a new one."""

    __slots__ = ()

    async def _next(self, error: Exception) -> Connection:
        if not is_broken(error):
            return await super()._next(error)
        self._connection = await self._connections.replace(self._held)
        return self._connection


class Write(Single):
    """BEGIN ... COMMIT on one connection."""

    __slots__ = ("_waiting",)

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections)
        self._waiting = Waiting()

    async def __aenter__(self) -> Self:
        connection = await self._take()
        try:
            await self._begin(connection)
        except BaseException:
            self._connections.drop(self._held)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._error is None:
            try:
                await self._catch_up()
            except BaseException as late:
                await self._leave(late)
                raise
        await self._leave(error)

    async def later(self, statement: Statement, /, **parameters: Any) -> None:
        arguments = statement.arguments(parameters)
        if not self._waiting.takes(statement):
            await self._catch_up()
        self._waiting.add(statement, arguments)

    async def do(self, work: Work[_T_co], text: str, arguments: Sequence[Any]) -> _T_co:
        await self._catch_up()
        return await super().do(work, text, arguments)

    async def _catch_up(self) -> None:
        """Make the writes that wait."""
        if self._waiting:
            waiting, self._waiting = self._waiting, Waiting()
            await super().do(Connection.run, *waiting.joined())

    async def _leave(self, error: BaseException | None) -> None:
        if error is None and self._error is None:
            await self._end("COMMIT")
        elif isinstance(error, Exception | None) and not is_broken(self._error):
            # A ROLLBACK that fails drops the connection, which rolls back, too.
            with suppress(Exception):
                await self._end("ROLLBACK")
        else:
            # Whoever was cancelled must not wait for the server.
            self._connections.drop(self._held)
        if error is None and self._error is not None:
            raise DatabaseError("A statement of this transaction failed, so nothing of it was kept.")

    async def _begin(self, connection: Connection) -> None:
        try:
            await connection.raw.execute("BEGIN")
        except Exception as error:  # noqa: BLE001 - translated() knows the rest
            if not is_broken(error):
                raise translated(error) from None
            # Nothing was asked of the connection yet, so a new one may begin.
            self._connection = await self._connections.replace(connection)
            await self._connection.raw.execute("BEGIN")

    async def _end(self, command: str) -> None:
        connection = self._held
        try:
            await connection.raw.execute(command)
        except BaseException as error:
            self._connections.drop(connection)
            if isinstance(error, Exception):
                raise translated(error) from None
            raise
        self._connections.give(connection)

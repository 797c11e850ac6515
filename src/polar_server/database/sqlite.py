"""SQLite: reads run inline, writes through one writer that commits groups."""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from polar_server.database.interface import DatabaseError, Row, Unavailable
from polar_server.database.sqlite_checkpoints import Checkpoints
from polar_server.database.sqlite_errors import translated
from polar_server.database.sqlite_writer import Writer
from polar_server.database.statements import SharedStatement, Statement

_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit is on disk before anyone hears of it
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -8192",  # KiB, for each of three connections; the system keeps the rest of the file at hand
    "PRAGMA mmap_size = 0",  # a reader unmaps the whole file after every commit, which costs more than reading pages
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 0",  # Checkpoints does it, where nobody waits
)


class SqliteDatabase:
    """A database in one file. Several processes may have it open."""

    engine: Literal["sqlite"] = "sqlite"

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._read: _Read | None = None
        self._long_read: _LongRead | None = None
        self._writer: Writer | None = None
        self._checkpoints: Checkpoints | None = None

    async def open(self) -> None:
        try:
            _create(self.path)
            # A reader is blocked by other processes only while one of them recovers the log after a crash.
            self._read = _Read(_open(self.path, "PRAGMA query_only = ON", wait=2))
            self._long_read = _LongRead(_open(self.path, "PRAGMA query_only = ON", wait=2))
            self._checkpoints = Checkpoints(_open(self.path, wait=0.5), self.path)
            self._writer = Writer(_open(self.path, wait=0), asyncio.get_running_loop(), self._checkpoints.notice)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"The database file {self.path} cannot be opened: {error}") from error

    async def close(self) -> None:
        if self._writer is not None:
            await self._writer.close()
        if self._checkpoints is not None:
            self._checkpoints.close()
        for read in (self._read, self._long_read):
            if read is not None:
                read.close()
        self._read = self._long_read = self._writer = self._checkpoints = None

    def read(self) -> "_Read":
        return self._read or _closed()

    def ask(self, statement: SharedStatement, /, **parameters: Any) -> Awaitable[Row | None]:
        if statement.only_reads:
            return (self._read or _closed()).first(statement, **parameters)
        return self._write_once(statement, parameters)

    async def _write_once(self, statement: SharedStatement, parameters: dict[str, Any]) -> Row | None:
        async with self.write() as tx:
            return await tx.first(statement, **parameters)

    def long_read(self) -> "_LongRead":
        return self._long_read or _closed()

    def write(self) -> "_Write":
        return _Write(self._writer or _closed())

    statement = write


class _Read:
    """Statements on the read connection. It keeps no state, so one serves everybody."""

    engine: Literal["sqlite"] = "sqlite"
    __slots__ = ("_connection", "_execute")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute: Callable[[str, dict[str, Any]], sqlite3.Cursor] = connection.execute

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def one(self, statement: Statement, /, **parameters: Any) -> Row:
        row = await self.first(statement, **parameters)
        if row is None:
            raise LookupError(f"No row for {statement!r}")
        return row

    async def first(self, statement: Statement, /, **parameters: Any) -> Row | None:
        if parameters.keys() != statement.names:
            raise statement.mismatch(parameters)
        try:
            # The cursor dies on this line, and with it the snapshot that it reads.
            return self._execute(statement.sqlite, parameters).fetchone()  # type: ignore[no-any-return]
        except sqlite3.Error as error:
            raise _translated_read(error) from error

    async def all(self, statement: Statement, /, **parameters: Any) -> list[Row]:
        if parameters.keys() != statement.names:
            raise statement.mismatch(parameters)
        try:
            return self._execute(statement.sqlite, parameters).fetchall()
        except sqlite3.Error as error:
            raise _translated_read(error) from error

    async def run(self, statement: Statement, /, **parameters: Any) -> int:
        return len(await self.all(statement, **parameters))

    async def later(self, statement: Statement, /, **parameters: Any) -> None:
        await self.all(statement, **parameters)

    def close(self) -> None:
        self._connection.close()


class _LongRead(_Read):
    """The same off the event loop: a thread runs one statement after the other, without the interpreter's lock."""

    __slots__ = ("_thread",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._thread = ThreadPoolExecutor(1, "polar-sqlite-long-reads")

    async def first(self, statement: Statement, /, **parameters: Any) -> Row | None:
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None

    async def all(self, statement: Statement, /, **parameters: Any) -> list[Row]:
        if parameters.keys() != statement.names:
            raise statement.mismatch(parameters)
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, lambda: self._execute(statement.sqlite, parameters).fetchall()
            )
        except sqlite3.Error as error:
            raise _translated_read(error) from error

    def close(self) -> None:
        self._thread.shutdown()
        super().close()


class _Write:
    """One body on the writer: a SAVEPOINT in the group's transaction."""

    engine: Literal["sqlite"] = "sqlite"
    __slots__ = ("_spoiled", "_writer")

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._spoiled = False

    async def __aenter__(self) -> Self:
        while not self._writer.enter():
            await self._writer.turn()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._writer.undo()
        elif self._spoiled:
            self._writer.undo()
            raise DatabaseError("A statement of this transaction failed, so nothing of it was kept.")
        else:
            await self._writer.leave()

    async def one(self, statement: Statement, /, **parameters: Any) -> Row:
        row = await self.first(statement, **parameters)
        if row is None:
            raise LookupError(f"No row for {statement!r}")
        return row

    async def first(self, statement: Statement, /, **parameters: Any) -> Row | None:
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None

    async def all(self, statement: Statement, /, **parameters: Any) -> list[Row]:
        if parameters.keys() != statement.names:
            raise statement.mismatch(parameters)
        try:
            # Always to the last row: SQLite checks foreign keys when a statement ends.
            return self._writer.execute(statement.sqlite, parameters).fetchall()
        except sqlite3.Error as error:
            self._spoiled = True
            raise translated(error) from None

    async def run(self, statement: Statement, /, **parameters: Any) -> int:
        if parameters.keys() != statement.names:
            raise statement.mismatch(parameters)
        try:
            cursor = self._writer.execute(statement.sqlite, parameters)
            rows = len(cursor.fetchall())
        except sqlite3.Error as error:
            self._spoiled = True
            raise translated(error) from None
        # -1: not a plain INSERT, UPDATE or DELETE.
        return cursor.rowcount if cursor.rowcount >= 0 else rows

    async def later(self, statement: Statement, /, **parameters: Any) -> None:
        await self.all(statement, **parameters)


def _translated_read(error: sqlite3.Error) -> Exception:
    if error.sqlite_errorname == "SQLITE_READONLY":
        return DatabaseError("A statement of read() tried to write.")
    return translated(error)


def _create(path: Path) -> None:
    """Make the file, readable by its owner alone: it holds addresses and digests."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _open(path: Path, *settings: str, wait: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=10, isolation_level=None, check_same_thread=False, cached_statements=1000
    )
    connection.row_factory = sqlite3.Row
    for setting in (*_SETTINGS, *settings, f"PRAGMA busy_timeout = {int(wait * 1000)}"):
        connection.execute(setting)
    return connection


def _closed() -> Any:
    raise Unavailable("The database is not open.")

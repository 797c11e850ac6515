"""What both engines promise: databases, transactions, rows and errors."""

from collections.abc import Awaitable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

from polar_server.database.statements import SharedStatement, Statement


class DatabaseError(Exception):
    """A statement failed. The message never holds values: they may be addresses or secrets."""


class Unavailable(DatabaseError):
    """The database cannot do it now: unreachable, locked, full, read-only, or too busy. Becomes HTTP 503."""


class ConstraintViolation(DatabaseError):
    """A row that the tables' rules refuse: CHECK, NOT NULL, a foreign key, or (UniqueViolation) a repeat."""


class UniqueViolation(ConstraintViolation):
    """A row with the same values exists."""

    def __init__(self, columns: tuple[str, ...] = (), constraint: str | None = None) -> None:
        super().__init__(f"A row with the same {', '.join(columns) or constraint or 'values'} exists.")
        self.columns = columns
        """The columns whose values repeat, without their table; empty when the engine does not say."""
        self.constraint = constraint
        """The constraint's or index's name when the engine says it. PostgreSQL does."""


class Row(Protocol):
    """A row of a result: unpacks by position, and gives a column by its name or number."""

    def __getitem__(self, key: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def keys(self) -> Any: ...


class Transaction(Protocol):
    """Where statements run. Parameters are given by name; TypeError names those missing or unknown."""

    @property
    def engine(self) -> Literal["sqlite", "postgres"]: ...

    async def one(self, statement: Statement, /, **parameters: Any) -> Row:
        """The first row. Raises LookupError when there is none."""
        ...

    async def first(self, statement: Statement, /, **parameters: Any) -> Row | None:
        """The first row, or None."""
        ...

    async def all(self, statement: Statement, /, **parameters: Any) -> list[Row]:
        """Every row."""
        ...

    async def run(self, statement: Statement, /, **parameters: Any) -> int:
        """How many rows the statement touched."""
        ...

    async def later(self, statement: Statement, /, **parameters: Any) -> None:
        """Write a row that nobody asks about: no later than before the next other statement, or the end of the block.

        `statement` is an INSERT or UPDATE that reads nothing. On PostgreSQL those that follow each other are one
        statement, so what goes wrong is raised by the next one or by the end of the block. On SQLite it runs at once.
        """
        ...


class Database(Protocol):
    """A database. `open` belongs to the running event loop and is called once, before anything else."""

    @property
    def engine(self) -> Literal["sqlite", "postgres"]: ...

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    def read(self) -> AbstractAsyncContextManager[Transaction]:
        """Statements that only read, each seeing what is committed when it runs. Never waits for writers."""
        ...

    def ask(self, statement: SharedStatement, /, **parameters: Any) -> Awaitable[Row | None]:
        """The row of a shared statement for one request, or None. One that writes is its own transaction."""
        ...

    def long_read(self) -> AbstractAsyncContextManager[Transaction]:
        """The same for statements that may take long: other requests are answered meanwhile, on SQLite too."""
        ...

    def write(self) -> AbstractAsyncContextManager[Transaction]:
        """One transaction: committed and on disk when the block is left, rolled back when it raises.

        Await nothing but the transaction inside: on SQLite every other writer waits for the block.
        An error of a statement spoils the transaction, also when the block catches it.
        """
        ...

    def statement(self) -> AbstractAsyncContextManager[Transaction]:
        """For exactly one writing statement, which is its own transaction: fewer round trips than `write()`."""
        ...

"""The database: plain SQL on SQLite or PostgreSQL, one text for both."""

from polar_server.database.interface import (
    ConstraintViolation,
    Database,
    DatabaseError,
    Row,
    Transaction,
    Unavailable,
    UniqueViolation,
)
from polar_server.database.sqlite import SqliteDatabase
from polar_server.database.statements import SharedStatement, Statement, look_up

__all__ = [
    "ConstraintViolation",
    "Database",
    "DatabaseError",
    "Row",
    "SharedStatement",
    "Statement",
    "Transaction",
    "Unavailable",
    "UniqueViolation",
    "connect",
    "look_up",
]


def connect(url: str, connections: int = 10) -> Database:
    """The database at `sqlite:///relative/path`, `sqlite:////absolute/path` or `postgresql://...`; not open yet.

    `connections` is the most that PostgreSQL will see from this process: two or more.
    Raises ValueError for any other URL.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and rest[1:] not in ("", ":memory:"):
        return SqliteDatabase(rest[1:])
    if scheme in ("postgresql", "postgres"):
        from polar_server.database.postgres import PostgresDatabase  # noqa: PLC0415 - asyncpg: 3 MB that SQLite spares

        return PostgresDatabase(url, connections)
    raise ValueError("The database URL must look like sqlite:///path/polar.db or postgresql://user:password@host/name.")

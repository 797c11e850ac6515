"""SQLite's errors in this package's words."""

import sqlite3

from polar_server.database.interface import ConstraintViolation, DatabaseError, Unavailable, UniqueViolation

# Busy, locked, no memory, read-only, I/O, corrupt, full, cannot open, locking protocol, not a database.
_UNAVAILABLE = frozenset({5, 6, 7, 8, 10, 11, 13, 14, 15, 26})
_CONSTRAINT = 19
_PREFIX = "UNIQUE constraint failed: "


def translated(error: sqlite3.Error) -> Exception:
    """The same error as this package's callers know it. A mistake in the code, such as bad SQL, stays as it is."""
    # The low byte of an extended code is its family.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == _CONSTRAINT:
        return _constraint(str(error))
    if code in _UNAVAILABLE or (isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error)):
        return Unavailable(f"SQLite: {error}")
    return DatabaseError(f"SQLite: {error}")


def _constraint(message: str) -> ConstraintViolation:
    if not message.startswith(_PREFIX):
        return ConstraintViolation(message)
    named = message.removeprefix(_PREFIX)
    if named.startswith("index "):
        return UniqueViolation(constraint=named.removeprefix("index ").strip("'"))
    return UniqueViolation(tuple(column.rpartition(".")[2] for column in named.split(", ")))

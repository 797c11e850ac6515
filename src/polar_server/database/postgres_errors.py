"""PostgreSQL's and asyncpg's errors in this package's words."""

import re

import asyncpg

from polar_server.database.interface import ConstraintViolation, DatabaseError, Unavailable, UniqueViolation

# Classes of SQLSTATE (PostgreSQL, Appendix A): connection, transaction rollback (serialization, deadlock), insufficient
# resources (disk full, too many connections), operator intervention (shutdown, timeout), system error.
_UNAVAILABLE_CLASSES = ("08", "40", "53", "57", "58")
# Read-only transaction, idle transaction ended, lock not available.
_UNAVAILABLE = frozenset({"25006", "25P03", "55P03"})
_SHUTDOWN = ("57P01", "57P02", "57P03", "57P05")
_KEY = re.compile(r"\((.*)\)=\(")


def is_broken(error: BaseException | None) -> bool:
    """Whether the connection is gone or outdated by a migration, which says nothing against the statement."""
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return True
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith("08") or error.sqlstate in _SHUTDOWN
    # InternalClientError: a farewell of the server that is read at the moment the next statement is sent.
    return isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError)


def leaves_clean(error: BaseException | None) -> bool:
    """Whether a connection is ready for the next statement after this error outside a transaction."""
    # asyncpg's prepare() leaves a transaction open until the statement runs. What the server reports ends it; an error
    # of asyncpg's own, such as a value of the wrong type, does not.
    return error is None or (
        isinstance(error, asyncpg.PostgresError) and error.severity is not None and not is_broken(error)
    )


def translated(error: Exception) -> Exception:
    """The same error as this package's callers know it, without the values that PostgreSQL and asyncpg quote."""
    if isinstance(error, asyncpg.UniqueViolationError):
        key = _KEY.search(error.detail or "")
        return UniqueViolation(tuple(key[1].split(", ")) if key else (), error.constraint_name)
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return ConstraintViolation(f"PostgreSQL: {error.message}")
    if is_broken(error):
        return Unavailable(f"PostgreSQL: {type(error).__name__}: {error}")
    if isinstance(error, asyncpg.PostgresError):
        return _by_state(error.sqlstate or "", error)
    return error


def _by_state(state: str, error: asyncpg.PostgresError) -> DatabaseError:
    if state.startswith(_UNAVAILABLE_CLASSES) or state in _UNAVAILABLE:
        return Unavailable(f"PostgreSQL {state}: {error.message or error}")
    if state.startswith("22"):
        return DatabaseError(f"PostgreSQL {state}: a value does not fit its parameter ({type(error).__name__}).")
    return DatabaseError(f"PostgreSQL {state}: {error.message or error}")

"""The migrations' own table."""

from polar_server.database.statements import Statement

CREATE_TABLE = Statement(
    """
    CREATE TABLE IF NOT EXISTS migrations (
        package TEXT NOT NULL,
        number INTEGER NOT NULL,
        name TEXT NOT NULL,
        applied_at BIGINT NOT NULL,
        checksum TEXT NOT NULL,
        PRIMARY KEY (package, number)
    )
    """
)
FIND_TABLE = Statement(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'",
    postgres="SELECT to_regclass('migrations') WHERE to_regclass('migrations') IS NOT NULL",
)
LIST_APPLIED = Statement("SELECT package, number, name, checksum FROM migrations ORDER BY package, number")
RECORD = Statement(
    """
    INSERT INTO migrations (package, number, name, applied_at, checksum)
    VALUES (:package, :number, :name, :applied_at, :checksum)
    """
)

# PostgreSQL only: another process that migrates is waited for, and a long migration is no stuck request.
# The number is only a name that every process shares.
LOCK = (
    Statement("SET LOCAL statement_timeout = 0"),
    Statement("SET LOCAL lock_timeout = '60s'"),
    Statement("SELECT pg_advisory_xact_lock(7065742301)"),
)

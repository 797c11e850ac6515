"""Forward-only migrations: `migrations/NNNN_name.sql` of each package, one file for both engines."""

import hashlib
import importlib.util
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from polar_server.database import queries
from polar_server.database.interface import Database, Row, Transaction
from polar_server.database.statements import Statement, split

_FILE = re.compile(r"(\d{4})_(\w+)\.sql")
# How PostgreSQL is told to order a column by its bytes, which SQLite always does.
_BYTEWISE = ' COLLATE "C"'


class MigrationError(Exception):
    """The files and the database do not fit together. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. Its number is its place among its package's migrations, from 1."""

    package: str
    number: int
    name: str
    script: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.script.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.package} {self.number:04}_{self.name}"


async def pending(database: Database, packages: Sequence[str]) -> list[Migration]:
    """The migrations that `apply` would run, in order.

    `packages` are dotted names, each after those whose tables it refers to. Raises MigrationError when the database
    has migrations that the files have not, or other than the files have.
    """
    files = _files(packages)
    async with database.read() as transaction:
        if not await transaction.first(queries.FIND_TABLE):
            return files
        return _missing(files, await transaction.all(queries.LIST_APPLIED))


async def apply(database: Database, packages: Sequence[str], clock: Callable[[], float] = time.time) -> list[Migration]:
    """Run the pending migrations, each in a transaction of its own, and return them.

    Safe to call from several processes at once: they wait for each other. Raises MigrationError, as `pending` does.
    """
    files = _files(packages)
    applied = []
    while (migration := await _apply_next(database, files, int(clock()))) is not None:
        applied.append(migration)
    return applied


async def _apply_next(database: Database, files: list[Migration], now: int) -> Migration | None:
    async with database.write() as transaction:
        await _lock(transaction)
        await transaction.run(queries.CREATE_TABLE)
        missing = _missing(files, await transaction.all(queries.LIST_APPLIED))
        if not missing:
            return None
        await _run(transaction, missing[0], now)
        return missing[0]


async def _lock(transaction: Transaction) -> None:
    # On SQLite write() itself is the lock, over all processes.
    if transaction.engine == "postgres":
        for statement in queries.LOCK:
            await transaction.run(statement)


async def _run(transaction: Transaction, migration: Migration, now: int) -> None:
    for text in split(migration.script):
        await transaction.run(Statement(text.replace(_BYTEWISE, ""), postgres=text))
    await transaction.run(
        queries.RECORD,
        package=migration.package,
        number=migration.number,
        name=migration.name,
        applied_at=now,
        checksum=migration.checksum,
    )


def _files(packages: Sequence[str]) -> list[Migration]:
    return [migration for package in packages for migration in _files_of(package)]


def _files_of(package: str) -> list[Migration]:
    migrations = [_read(package, path) for path in sorted(_folder(package).glob("*.sql"))]
    for place, migration in enumerate(migrations, start=1):
        if migration.number != place:
            raise MigrationError(
                f"{package} has no migration number {place:04}, but has {migration}. Number the files without gaps."
            )
    return migrations


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MigrationError(f"{package} is not a package of this installation. Install polar-server again.")
    return Path(spec.submodule_search_locations[0], "migrations")


def _read(package: str, path: Path) -> Migration:
    match = _FILE.fullmatch(path.name)
    if match is None:
        raise MigrationError(f"{path} must be named like 0001_users.sql.")
    return Migration(package, int(match[1]), match[2], path.read_text(encoding="utf-8"))


def _missing(files: list[Migration], applied: Sequence[Row]) -> list[Migration]:
    known = {(migration.package, migration.number): migration for migration in files}
    done = {(row["package"], row["number"]): row for row in applied}
    for key, row in done.items():
        _check_applied(known.get(key), row)
    missing = [migration for key, migration in known.items() if key not in done]
    _check_order(missing, done)
    return missing


def _check_applied(migration: Migration | None, row: Row) -> None:
    if migration is None:
        raise MigrationError(
            f"The database has the migration {row['package']} {row['number']:04}_{row['name']}, which this version "
            "does not know: a newer version made it. Start that version, or restore the backup from before it."
        )
    if migration.checksum != row["checksum"]:
        raise MigrationError(
            f"The file of {migration} has changed since it was applied. Restore the file as it was, and put the change "
            "into a new migration."
        )


def _check_order(missing: list[Migration], done: Mapping[tuple[str, int], Row]) -> None:
    for migration in missing:
        if any(package == migration.package and number > migration.number for package, number in done):
            raise MigrationError(
                f"The database lacks {migration} but has later migrations of the package. Restore a backup in which "
                "they were applied in order."
            )

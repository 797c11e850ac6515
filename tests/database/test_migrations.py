"""Migrations, on both engines."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from polar_server.database import Database, DatabaseError, Statement, connect
from polar_server.database.migrations import MigrationError, apply, pending

TABLES = Statement(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations' ORDER BY name",
    postgres="SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations' ORDER BY 1",
)
RECORDS = Statement("SELECT package, number, name, applied_at, checksum FROM migrations ORDER BY applied_at, number")

Write = Callable[..., str]


@pytest.fixture
def write_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Make a package with these migrations, and give its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, **files: str) -> str:
        folder = tmp_path / f"{name}_of_{tmp_path.name}" / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        (folder.parent / "__init__.py").touch()
        for old in folder.iterdir():
            old.unlink()
        for file, text in files.items():
            (folder / f"{file.removeprefix('_')}.sql").write_text(text)
        return folder.parent.name

    return write


async def tables(database: Database) -> list[str]:
    async with database.read() as transaction:
        return [row[0] for row in await transaction.all(TABLES)]


async def test_migrations_run_in_order_and_once(bare: Database, write_package: Write) -> None:
    """Packages run in the order given, files in that of their numbers; what is applied is not pending any more."""
    ticks = iter(range(100, 200))
    b = write_package("b", _0001_b="CREATE TABLE b (id TEXT PRIMARY KEY)")
    a = write_package(
        "a",
        _0002_more="CREATE TABLE a2 (id TEXT REFERENCES a1 (id)); -- it; is\nCREATE INDEX a2_id ON a2 (id);",
        _0001_first="-- refers; to b\nCREATE TABLE a1 (id TEXT PRIMARY KEY, b TEXT DEFAULT 'x:y;z' REFERENCES b (id))",
    )
    assert [str(migration) for migration in await pending(bare, [b, a])] == [
        f"{b} 0001_b",
        f"{a} 0001_first",
        f"{a} 0002_more",
    ]
    applied = await apply(bare, [b, a], clock=lambda: next(ticks))
    assert await tables(bare) == ["a1", "a2", "b"]
    async with bare.read() as transaction:
        records = [tuple(row) for row in await transaction.all(RECORDS)]
    assert records == [(m.package, m.number, m.name, 100 + i, m.checksum) for i, m in enumerate(applied)]
    assert await pending(bare, [b, a]) == []
    assert await apply(bare, [b, a]) == []


async def test_a_failing_migration_leaves_nothing(bare: Database, write_package: Write) -> None:
    """A migration that fails in its second statement leaves the database as the one before it left it."""
    package = write_package("a", _0001_good="CREATE TABLE good (id TEXT)", _0002_bad="CREATE TABLE bad (id TEXT); NO;")
    with pytest.raises(DatabaseError):
        await apply(bare, [package])
    assert await tables(bare) == ["good"]
    assert [migration.name for migration in await pending(bare, [package])] == ["bad"]


async def test_several_processes_may_migrate_at_once(bare_url: str, write_package: Write) -> None:
    """Of four that migrate at the same time none fails, and each migration runs once."""
    package = write_package("a", **{f"_000{number}_t": f"CREATE TABLE t{number} (id TEXT)" for number in range(1, 6)})
    databases = [connect(bare_url) for _ in range(4)]
    for database in databases:
        await database.open()
    applied = await asyncio.gather(*(apply(database, [package]) for database in databases))
    assert sorted(migration.number for part in applied for migration in part) == [1, 2, 3, 4, 5]
    assert await tables(databases[0]) == ["t1", "t2", "t3", "t4", "t5"]
    for database in databases:
        await database.close()


async def test_a_changed_file_is_refused(bare: Database, write_package: Write) -> None:
    """A file that changed after it was applied is an error that names it and says what to do."""
    package = write_package("a", _0001_t="CREATE TABLE t (id TEXT)")
    await apply(bare, [package])
    write_package("a", _0001_t="CREATE TABLE t (id TEXT, more TEXT)")
    for check in (pending, apply):
        with pytest.raises(MigrationError, match=r"0001_t has changed .* into a new migration"):
            await check(bare, [package])


async def test_a_database_from_the_future_is_refused(bare: Database, write_package: Write) -> None:
    """A database that a newer version has migrated is refused, with the way out."""
    package = write_package("a", _0001_t="CREATE TABLE t (id TEXT)", _0002_u="CREATE TABLE u (id TEXT)")
    await apply(bare, [package])
    write_package("a", _0001_t="CREATE TABLE t (id TEXT)")
    for check in (pending, apply):
        with pytest.raises(MigrationError, match=r"0002_u, which this version does not know.* newer version"):
            await check(bare, [package])


async def test_a_gap_in_the_database_is_refused(bare: Database, write_package: Write) -> None:
    """An early migration missing from the database, while later ones are there, is not run out of order."""
    package = write_package("a", _0001_t="CREATE TABLE t (id TEXT)", _0002_u="CREATE TABLE u (id TEXT)")
    await apply(bare, [package])
    async with bare.write() as transaction:
        await transaction.run(Statement("DELETE FROM migrations WHERE number = 1"))
    with pytest.raises(MigrationError, match=r"lacks .* 0001_t"):
        await apply(bare, [package])


@pytest.mark.parametrize(
    "files, message",
    [
        ({"_0001_a": "", "_0003_c": ""}, "no migration number 0002"),
        ({"_0002_a": ""}, "no migration number 0001"),
        ({"_0001_a": "", "_0001_b": ""}, "no migration number 0002"),
        ({"first": ""}, "must be named like 0001_users.sql"),
    ],
)
async def test_bad_file_names(bare: Database, write_package: Write, files: dict[str, str], message: str) -> None:
    """Gaps, repeats and odd names among the files are found before anything runs."""
    with pytest.raises(MigrationError, match=message):
        await apply(bare, [write_package("a", **files)])
    assert await tables(bare) == []


async def test_an_unknown_package(bare: Database) -> None:
    """A package that is not installed is an error that names it."""
    with pytest.raises(MigrationError, match="no_such_package is not a package"):
        await pending(bare, ["no_such_package"])


async def test_the_applications_own_migrations(database: Database, packages: list[str]) -> None:
    """The application's own migrations run on both engines, and then none is pending."""
    assert await pending(database, packages) == []
    assert "users" in await tables(database)

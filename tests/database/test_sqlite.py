"""What only SQLite can get wrong: groups, the disk, and other processes."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from polar_server.database import Database, DatabaseError, Statement, Unavailable, connect, sqlite_checkpoints
from polar_server.database import sqlite_writer as writer
from polar_server.database.sqlite import SqliteDatabase

ADD = Statement("INSERT INTO notes (id, text) VALUES (:id, :text)")
ADD_ORPHAN = Statement("INSERT INTO orphans (note_id) VALUES ('nobody')")
COUNT = Statement("SELECT count(*) FROM notes")
TABLES = """
CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE orphans (note_id TEXT REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED);
"""
MANY_WRITES = """
import asyncio, sys
from polar_server.database import Statement, connect

ADD = Statement("INSERT INTO notes (id, text) VALUES (:id, 'x')")

async def write(database, name):
    for number in range(25):
        async with database.write() as transaction:
            await transaction.run(ADD, id=f"{name} {number}")

async def main():
    database = connect(sys.argv[1])
    await database.open()
    await asyncio.gather(*(write(database, f"{sys.argv[2]} {task}") for task in range(8)))
    await database.close()

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with the tables `notes` and `orphans`; a row of `orphans` makes its COMMIT fail."""
    path = tmp_path / "notes.db"
    connection = sqlite3.connect(path)
    connection.executescript(TABLES)
    connection.close()
    return path


@pytest.fixture
async def notes(path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(path)
    await database.open()
    yield database
    await database.close()


async def add(database: Database, key: str, text: str = "") -> None:
    async with database.write() as transaction:
        await transaction.run(ADD, id=key, text=text)


async def count(database: Database) -> int:
    async with database.read() as transaction:
        number: int = (await transaction.one(COUNT))[0]
    return number


def size(path: Path) -> int:
    return path.stat().st_size


def is_locked(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    connection.execute("ROLLBACK")
    return False


async def test_a_failed_commit_fails_everyone_in_the_group(notes: SqliteDatabase) -> None:
    """When the COMMIT fails, every member of the group is told so, nothing is kept, and writing goes on."""

    async def add_orphan() -> None:
        async with notes.write() as transaction:
            await transaction.run(ADD_ORPHAN)

    group = [add(notes, str(number)) for number in range(5)]
    results = await asyncio.gather(*group, add_orphan(), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 6
    assert await count(notes) == 0
    await add(notes, "after")
    assert await count(notes) == 1


async def test_a_full_disk_keeps_what_it_confirmed(notes: SqliteDatabase) -> None:
    """When the disk is full, writers get Unavailable, and exactly those that were confirmed are there."""
    assert notes._writer is not None
    notes._writer.execute("PRAGMA max_page_count = 40")
    writers = [add(notes, str(number), "x" * 9000) for number in range(30)]
    results = await asyncio.gather(*writers, return_exceptions=True)
    confirmed = [result for result in results if result is None]
    assert {type(result) for result in results} <= {type(None), Unavailable}
    assert Unavailable in {type(result) for result in results}
    assert await count(notes) == len(confirmed)
    notes._writer.execute("PRAGMA max_page_count = 4000")
    await add(notes, "after")


async def test_a_lost_transaction_fails_everyone_in_the_group(notes: SqliteDatabase) -> None:
    """When SQLite gives up the transaction in the middle of a group, no member of it believes that it was kept."""

    async def lose() -> None:
        async with notes.write() as transaction:
            await transaction.run(ADD, id="lost", text="")
            assert notes._writer is not None
            notes._writer.execute("ROLLBACK")  # as SQLite does by itself after an I/O error

    results = await asyncio.gather(add(notes, "1"), add(notes, "2"), lose(), add(notes, "3"), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable, Unavailable, Unavailable, type(None)]
    assert await count(notes) == 1


def test_writers_of_several_processes_all_succeed(path: Path) -> None:
    """Three processes that write to one file as fast as they can get no error and lose no row."""
    command = [sys.executable, "-c", MANY_WRITES, f"sqlite:///{path}"]
    processes = [subprocess.Popen([*command, str(number)]) for number in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (600,)
    connection.close()


async def test_waiting_for_another_process_blocks_nobody_else(notes: SqliteDatabase, path: Path) -> None:
    """While another process holds the write lock, reads go on at once; the write goes through afterwards."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writers = [asyncio.create_task(add(notes, str(number))) for number in range(3)]
    for _ in range(20):
        async with asyncio.timeout(3):
            assert await count(notes) == 0
            await asyncio.sleep(0.005)
    assert not any(task.done() for task in writers)
    other.execute("COMMIT")
    other.close()
    await asyncio.gather(*writers)
    assert await count(notes) == 3


async def test_a_lock_that_stays_is_unavailable(
    notes: SqliteDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that another process does not give back makes writers Unavailable, until it is given back."""
    monkeypatch.setattr(writer, "_BEGIN_WAIT", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    results = await asyncio.gather(add(notes, "a"), add(notes, "b"), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable, Unavailable]
    other.execute("COMMIT")
    other.close()
    await add(notes, "a")


async def test_writers_cancelled_while_waiting_for_the_lock(notes: SqliteDatabase, path: Path) -> None:
    """When everyone who waited for another process's lock is gone, the lock is not kept for them."""
    other = sqlite3.connect(path, isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(add(notes, "a"))
    await asyncio.sleep(0.02)
    task.cancel()
    other.execute("COMMIT")
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        while is_locked(other):  # noqa: ASYNC110 - the lock cannot tell
            await asyncio.sleep(0.01)
    other.close()
    assert await count(notes) == 0


async def test_read_cannot_write(notes: SqliteDatabase) -> None:
    """A writing statement in read() is refused."""
    with pytest.raises(DatabaseError, match="tried to write"):
        async with notes.read() as transaction:
            await transaction.run(ADD, id="a", text="")


async def test_a_commit_is_on_disk(notes: SqliteDatabase) -> None:
    """The writer uses the write-ahead log and waits for the disk at each commit."""
    assert notes._writer is not None
    assert notes._writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert notes._writer.execute("PRAGMA synchronous").fetchone()[0] == 2


async def test_checkpoints_empty_the_log(notes: SqliteDatabase, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After enough changes the log moves into the file, and a large log is emptied, without anyone asking."""
    monkeypatch.setattr(sqlite_checkpoints, "_EVERY", 20)
    log = path.with_name("notes.db-wal")
    for number in range(50):
        await add(notes, str(number), "x" * 5000)
    before = size(log)
    monkeypatch.setattr(sqlite_checkpoints, "_LARGE_LOG", 1000)
    for number in range(50, 80):
        await add(notes, str(number))
    async with asyncio.timeout(5):
        while size(log) >= before:  # noqa: ASYNC110 - the file cannot tell
            await asyncio.sleep(0.01)
    assert size(path) > 50 * 5000
    assert await count(notes) == 80


async def test_the_file_is_private(tmp_path: Path) -> None:
    """A new database, its folder included, is made; its owner alone may read it."""
    path = tmp_path / "new" / "folder" / "polar.db"
    database = connect(f"sqlite:///{path}")
    await database.open()
    await database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """A path that is no database is Unavailable, with the path in the message."""
    (tmp_path / "file").write_text("this is not a database, but long enough to be taken for one" * 20)
    with pytest.raises(Unavailable, match="file cannot be opened"):
        await connect(f"sqlite:///{tmp_path / 'file'}").open()
    with pytest.raises(Unavailable, match="cannot be opened"):
        await connect(f"sqlite:///{tmp_path / 'file' / 'below'}").open()


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://host/name", "polar.db"])
def test_urls_that_are_no_database(url: str) -> None:
    """Any other URL is refused, with examples of what is meant, and without showing a password."""
    with pytest.raises(ValueError, match="must look like sqlite:///"):
        connect(url)


async def test_a_long_read_lets_others_go_on(notes: SqliteDatabase) -> None:
    """While a statement counts to three million in its thread, a hundred others are answered; it sees what they see."""
    count = Statement("""
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)
        SELECT count(*) AS many, (SELECT count(*) FROM notes) AS notes FROM numbers
    """)
    async with notes.write() as tx:
        await tx.run(ADD, id="a", text="x")
    async with notes.long_read() as long, notes.read() as tx:
        counting = asyncio.ensure_future(long.one(count, last=3_000_000))
        answered = 0
        while not counting.done():
            await tx.one(COUNT)
            answered += 1
            await asyncio.sleep(0)
        assert tuple(counting.result()) == (3_000_000, 1)
    assert answered > 100


async def test_a_long_read_only_reads(notes: SqliteDatabase) -> None:
    """A statement that writes is refused there as in any read, and names of parameters are checked."""
    async with notes.long_read() as tx:
        with pytest.raises(DatabaseError, match="tried to write"):
            await tx.run(ADD, id="a", text="x")
        with pytest.raises(TypeError):
            await tx.all(COUNT, unknown=1)
        assert await tx.first(Statement("SELECT 1 FROM notes WHERE id = 'nobody'")) is None

"""Statements that PostgreSQL runs once for many requests."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.database.cutting import cut

from polar_server.database import DatabaseError, SharedStatement, Unavailable, UniqueViolation, look_up
from polar_server.database import postgres_shared as shared
from polar_server.database.postgres import PostgresDatabase
from polar_server.database.postgres_connections import Connection

FIND = look_up(
    "SELECT n.id, n.word, pg_backend_pid() AS pid, statement_timestamp() AS at FROM notes n WHERE n.id = :id"
)
TAKE = SharedStatement(
    None,
    """
    , taken AS (
        UPDATE notes n SET word = asked.word FROM asked WHERE n.id = asked.id AND n.word IS NULL RETURNING asked.*
    ), kept AS (
        INSERT INTO words (word) SELECT word FROM taken
    )
    SELECT id, number FROM taken
    """,
    {"id": "TEXT", "word": "TEXT"},
)


@pytest.fixture
async def admin(bare_postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection past the code under test, to a hundred notes without a word."""
    connection = await asyncpg.connect(bare_postgres_url)
    await connection.execute("""
        CREATE TABLE notes (id TEXT PRIMARY KEY, word TEXT);
        CREATE TABLE words (word TEXT PRIMARY KEY);
        INSERT INTO notes (id) SELECT 'note ' || n FROM generate_series(1, 100) n;
    """)
    yield connection
    await connection.close()


@pytest.fixture
async def notes(admin: asyncpg.Connection, bare_postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(bare_postgres_url, connections=6)
    await database.open()
    yield database
    await database.close()


async def find(database: PostgresDatabase, id_: str) -> tuple[str, object] | None:
    """The note's id, and when the statement ran that found it."""
    row = await database.ask(FIND, id=id_)
    return None if row is None else (row["id"], row["at"])


async def take(database: PostgresDatabase, id_: str, word: str) -> bool:
    return await database.ask(TAKE, id=id_, word=word) is not None


async def test_everybody_gets_their_own_row(notes: PostgresDatabase) -> None:
    """Two hundred requests at once, half of them for nothing, are answered by a few runs, each with its own row."""
    ids = [f"note {number}" for number in range(1, 201)]
    found = await asyncio.gather(*(find(notes, each) for each in ids))
    assert [each and each[0] for each in found] == ids[:100] + [None] * 100
    assert len({each[1] for each in found if each}) <= 200 / shared._MOST + 1


async def test_who_asks_later_sees_what_was_committed_before(
    notes: PostgresDatabase, admin: asyncpg.Connection
) -> None:
    """A request that comes while a run is on its way is not answered by that run."""
    async with admin.transaction():
        await admin.execute("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE")
        early = asyncio.create_task(find(notes, "note 1"))
        while not await admin.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - the server cannot tell
            await asyncio.sleep(0.01)
        await admin.execute("INSERT INTO notes (id) VALUES ('new')")
        late = asyncio.create_task(find(notes, "new"))
        await asyncio.sleep(0)
    first, second = await asyncio.gather(early, late)
    assert first is not None
    assert second is not None
    assert first[1] < second[1]  # type: ignore[operator]


async def test_of_many_who_take_the_same_one_wins(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """A guarded update lets one of fifty requests in the same run through, and stores the word of that one."""
    won = await asyncio.gather(*(take(notes, "note 7", f"word {number}") for number in range(50)))
    assert won.count(True) == 1
    assert await admin.fetch("SELECT word FROM words") == [(f"word {won.index(True)}",)]
    assert await admin.fetchval("SELECT word FROM notes WHERE id = 'note 7'") == f"word {won.index(True)}"


async def test_nobody_fails_for_another(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """What the tables' rules refuse of one request, or a value that cannot be sent, is that request's alone."""
    await admin.execute("INSERT INTO words (word) VALUES ('there')")
    asked = [("note 1", "one"), ("note 2", "there"), ("note 3", "\0"), ("note 4", "four")]
    done = await asyncio.gather(*(take(notes, *each) for each in asked), return_exceptions=True)
    assert (done[0], done[3]) == (True, True)
    assert isinstance(done[1], UniqueViolation)
    assert isinstance(done[2], DatabaseError)
    assert await admin.fetchval("SELECT count(*) FROM words") == 3
    assert await admin.fetchval("SELECT count(*) FROM notes WHERE word IS NOT NULL") == 2


async def test_who_leaves_is_forgotten(notes: PostgresDatabase) -> None:
    """A request that is cancelled while it waits harms nobody, and one that comes when all have left is answered."""
    tasks = [asyncio.create_task(find(notes, f"note {number}")) for number in range(1, 9)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in found] == [True, False] * 4
    alone = asyncio.create_task(find(notes, "note 9"))
    await asyncio.sleep(0)
    alone.cancel()
    assert await find(notes, "note 10") is not None


@pytest.mark.parametrize("writes", [False, True])
async def test_connections_that_died(notes: PostgresDatabase, monkeypatch: pytest.MonkeyPatch, *, writes: bool) -> None:
    """A look runs once more on a new connection; a write may have been done, so everybody in it gets Unavailable."""
    await find(notes, "note 1")
    take_idle = notes._shared.idle

    def idle_but_cut() -> Connection | None:
        cut(notes._shared)
        return take_idle()

    monkeypatch.setattr(notes._shared, "idle", idle_but_cut)
    if writes:
        done = await asyncio.gather(take(notes, "note 1", "a"), take(notes, "note 2", "b"), return_exceptions=True)
        assert [type(each) for each in done] == [Unavailable] * 2
    assert await find(notes, "note 2") is not None
    assert notes._shared._places + len(notes._shared._idle) == 3


async def test_inside_a_transaction(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """In write() a shared statement is one of the transaction's own."""
    async with notes.write() as tx:
        assert await tx.first(TAKE, id="note 1", word="mine") is not None
        assert (await tx.one(FIND, id="note 1"))["word"] == "mine"
        assert await admin.fetchval("SELECT word FROM notes WHERE id = 'note 1'") is None


async def test_the_plan_is_made_once(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """Runs of every size use one plan, which looks each row up by its key."""
    for size in (1, 2, 5, 10, 20, 40, 64, 3):
        await asyncio.gather(*(find(notes, f"note {number}") for number in range(size)))
    connection = notes._shared.idle()
    assert connection is not None
    plans = await connection.raw.fetchrow("SELECT generic_plans, custom_plans FROM pg_prepared_statements")
    assert (plans["generic_plans"], plans["custom_plans"]) == (8, 0)
    notes._shared.give(connection)

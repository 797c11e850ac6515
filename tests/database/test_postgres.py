"""What only PostgreSQL can get wrong: connections that die, run out, or come back dirty."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from tests.database.cutting import cut

from polar_server.database import Database, DatabaseError, Statement, Unavailable, connect
from polar_server.database import postgres_connections as connections
from polar_server.database.postgres import PostgresDatabase

PID = Statement("SELECT pg_backend_pid()")
SLEEP = Statement("SELECT pg_sleep(:seconds)")
ADD = Statement("INSERT INTO notes (id) VALUES (:id)")
COUNT = Statement("SELECT count(*) FROM notes")
ECHO = Statement("SELECT CAST(:number AS BIGINT)")
ALL = Statement("SELECT * FROM notes")


# Servers of other tests may have connections to other databases.
OURS = "application_name = 'polar-server' AND datname = current_database()"


@pytest.fixture
async def admin(bare_postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection past the code under test."""
    connection = await asyncpg.connect(bare_postgres_url)
    await connection.execute("CREATE TABLE notes (id TEXT PRIMARY KEY)")
    yield connection
    await connection.close()


@pytest.fixture
async def notes(admin: asyncpg.Connection, bare_postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    """Two connections, besides those of shared statements, to a database with the table `notes`."""
    database = PostgresDatabase(bare_postgres_url, connections=4)
    await database.open()
    yield database
    await database.close()


async def pid(database: Database) -> int:
    async with database.read() as transaction:
        number: int = (await transaction.one(PID))[0]
    return number


async def hold(database: Database, held: asyncio.Barrier, until: asyncio.Event) -> None:
    async with database.read() as transaction:
        await transaction.one(PID)
        await held.wait()
        await until.wait()


async def waiters(database: PostgresDatabase, number: int) -> list[asyncio.Task[int]]:
    """Requests that have begun to wait for a connection, in this order."""
    tasks = [asyncio.create_task(pid(database)) for _ in range(number)]
    while len(database._connections._waiters) < number:  # noqa: ASYNC110 - the list tells nobody
        await asyncio.sleep(0)
    return tasks


async def pids(admin: asyncpg.Connection) -> set[int]:
    query = f"SELECT pid FROM pg_stat_activity WHERE {OURS}"
    return {row["pid"] for row in await admin.fetch(query)}


async def states(admin: asyncpg.Connection) -> list[str]:
    query = f"SELECT state FROM pg_stat_activity WHERE {OURS} ORDER BY state"
    return [row["state"] for row in await admin.fetch(query)]


async def test_the_last_connection_given_back_is_taken_first(notes: PostgresDatabase) -> None:
    """Requests one after the other share one warm connection."""
    assert len({await pid(notes) for _ in range(5)}) == 1


async def test_a_connection_killed_in_a_transaction(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """A transaction whose connection is killed is Unavailable and leaves nothing; the next one works."""

    async def write() -> None:
        async with notes.write() as transaction:
            await transaction.run(ADD, id="a")
            await admin.execute("SELECT pg_terminate_backend($1)", (await transaction.one(PID))[0])
            await transaction.run(ADD, id="b")

    with pytest.raises(Unavailable):
        await write()
    async with notes.write() as transaction:
        assert (await transaction.one(COUNT))[0] == 0
        await transaction.run(ADD, id="a")


async def test_a_connection_killed_before_its_commit(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """A transaction whose COMMIT cannot be asked for does not seem to succeed."""

    async def write() -> None:
        async with notes.write() as transaction:
            await transaction.run(ADD, id="a")
            await admin.execute("SELECT pg_terminate_backend($1)", (await transaction.one(PID))[0])

    with pytest.raises(Unavailable):
        await write()
    assert await admin.fetchval("SELECT count(*) FROM notes") == 0


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_idle_connections_that_died_are_replaced(notes: PostgresDatabase, kind: str) -> None:
    """After the server was restarted nobody notices: what had not begun begins again on a new connection."""
    await asyncio.gather(pid(notes), pid(notes))
    cut(notes._connections)
    block: Callable[[], Database] = getattr(notes, kind)
    async with block() as transaction:  # type: ignore[attr-defined]
        assert (await transaction.one(COUNT))[0] == 0
    assert notes._connections._places + len(notes._connections._idle) == 2


async def test_a_single_statement_is_never_repeated(notes: PostgresDatabase) -> None:
    """A writing statement whose connection broke may have been done, so it is Unavailable and not tried again."""
    await pid(notes)
    cut(notes._connections)
    with pytest.raises(Unavailable):
        async with notes.statement() as transaction:
            await transaction.run(ADD, id="a")
    async with notes.statement() as transaction:
        await transaction.run(ADD, id="a")


async def test_waiting_for_a_connection_ends(notes: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """When every connection stays busy, those who wait get Unavailable; then the list is as good as before."""
    monkeypatch.setattr(connections, "_TURN_WAIT", 0.05)
    held, release = asyncio.Barrier(3), asyncio.Event()
    holders = [asyncio.create_task(hold(notes, held, release)) for _ in range(2)]
    await held.wait()
    results = await asyncio.gather(pid(notes), pid(notes), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable, Unavailable]
    release.set()
    await asyncio.gather(*holders)
    assert len({await pid(notes) for _ in range(3)}) == 1
    assert notes._connections._places == 0
    assert len(notes._connections._idle) == 2


async def test_a_place_that_becomes_free_is_handed_on(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """When a connection is lost while every other is busy, the request that waits opens a new one at once."""
    held, release = asyncio.Barrier(3), asyncio.Event()
    holders = [asyncio.create_task(hold(notes, held, release)) for _ in range(2)]
    await held.wait()
    before = await pids(admin)
    waiting = await waiters(notes, 1)
    holders[0].cancel()
    assert await waiting[0] not in before
    release.set()
    await holders[1]
    assert notes._connections._places == 0
    assert len(notes._connections._idle) == 2


async def test_a_free_place_comes_too_late(notes: PostgresDatabase) -> None:
    """A request that is cancelled at the moment it gets a free place leaves it to the next that waits."""
    held, release = asyncio.Barrier(3), asyncio.Event()
    holders = [asyncio.create_task(hold(notes, held, release)) for _ in range(2)]
    await held.wait()
    waiting = await waiters(notes, 2)
    holders[0].cancel()
    await asyncio.sleep(0)
    assert len(notes._connections._waiters) == 1, "the first has its place, and does not know yet"
    waiting[0].cancel()
    assert await waiting[1]
    assert waiting[0].cancelled()
    release.set()
    await holders[1]
    assert notes._connections._places + len(notes._connections._idle) == 2


async def test_connections_are_handed_on(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """Forty requests at once share two connections."""
    assert len(set(await asyncio.gather(*(pid(notes) for _ in range(40))))) == 2
    assert len(await states(admin)) == 2


async def test_cancelled_waiters_lose_no_connection(notes: PostgresDatabase) -> None:
    """Requests cancelled at any moment, waiting or working, cost no connection."""
    for loops in range(30):
        tasks = [asyncio.create_task(pid(notes)) for _ in range(8)]
        for _ in range(loops):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert not any(isinstance(result, Exception) for result in results)
    assert notes._connections._places + len(notes._connections._idle) == 2


@pytest.mark.parametrize("kind", ["read", "write", "statement"])
async def test_a_cancelled_statement_leaves_no_dirty_connection(
    notes: PostgresDatabase, admin: asyncpg.Connection, kind: str
) -> None:
    """A request cancelled in the middle of a statement takes its connection with it, and its transaction ends."""

    async def sleep() -> None:
        async with getattr(notes, kind)() as transaction:
            await transaction.one(SLEEP, seconds=1)

    task = asyncio.create_task(sleep())
    await asyncio.sleep(0.1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert notes._connections._idle == []
    assert notes._connections._places == 2
    await asyncio.gather(pid(notes), pid(notes))
    async with asyncio.timeout(10):
        while await states(admin) != ["idle", "idle"]:  # noqa: ASYNC110 - the server cannot tell
            await asyncio.sleep(0.02)


async def test_a_wrong_type_leaves_no_open_transaction(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """A value that cannot be sent is a DatabaseError that does not show it, and no transaction stays open."""
    with pytest.raises(DatabaseError) as caught:
        async with notes.read() as transaction:
            await transaction.one(ECHO, number="secret")
    assert "secret" not in repr(caught.value)
    assert caught.value.__suppress_context__
    async with asyncio.timeout(10):
        while await states(admin):  # noqa: ASYNC110 - the server cannot tell
            await asyncio.sleep(0.02)


async def test_a_migration_under_a_running_server(notes: PostgresDatabase, admin: asyncpg.Connection) -> None:
    """What was prepared before a column was added is prepared again, without an error for a reader."""
    async with notes.read() as transaction:
        assert await transaction.all(ALL) == []
    await admin.execute("ALTER TABLE notes ADD COLUMN more TEXT")
    await admin.execute("INSERT INTO notes (id) VALUES ('a')")
    async with notes.read() as transaction:
        assert [tuple(row) for row in await transaction.all(ALL)] == [("a", None)]


@pytest.mark.parametrize(
    "sql",
    [
        "SET LOCAL statement_timeout = '20ms'; SELECT pg_sleep(1)",
        "SET LOCAL transaction_read_only = on; CREATE TABLE more (id TEXT)",
        "SET LOCAL lock_timeout = '20ms'; SELECT * FROM notes FOR UPDATE",
    ],
)
async def test_states_of_the_server_that_are_unavailable(
    notes: PostgresDatabase, admin: asyncpg.Connection, sql: str
) -> None:
    """A statement that takes too long, a read-only server and a lock that stays are Unavailable."""

    async def run() -> None:
        async with notes.write() as transaction:
            for text in sql.split("; "):
                await transaction.run(Statement(text))

    async with admin.transaction():
        await admin.execute("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Unavailable):
            await run()


async def test_the_settings_of_a_connection(notes: PostgresDatabase) -> None:
    """Connections bound the time of statements, locks and idle transactions, and say who they are."""
    expected = connections._SERVER_SETTINGS | {"idle_in_transaction_session_timeout": "1min"}
    async with notes.read() as transaction:
        for name, value in expected.items():
            assert (await transaction.one(Statement(f"SELECT current_setting('{name}')")))[0] == value


async def test_a_server_that_is_away(unused_port: int, bare_postgres_url: str) -> None:
    """No server, a missing database and a wrong address are Unavailable."""
    missing = bare_postgres_url.replace("/scratch?", "/missing?")
    for url in (f"postgresql://polar:secret@127.0.0.1:{unused_port}/polar", missing):
        database = connect(url)
        await database.open()
        for block in (database.read, database.write, database.statement):
            with pytest.raises(Unavailable) as caught:
                async with block() as transaction:
                    await transaction.run(PID)
            assert "secret" not in str(caught.value)
        await database.close()


async def test_over_tcp(bare_postgres_url: str, admin: asyncpg.Connection) -> None:
    """A connection over TCP asks whether the other end is still there, and works like any other."""
    parts = urlsplit(bare_postgres_url)
    path = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(path)
        with suppress(OSError):
            await asyncio.gather(forward(reader, back), forward(there, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = PostgresDatabase(f"postgresql://postgres:@127.0.0.1:{port}{parts.path}?sslmode=disable", 1)
    await database.open()
    assert await pid(database)
    line = database._connections._idle[0].raw._transport.get_extra_info("socket")
    assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    await database.close()
    server.close()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port: int = line.getsockname()[1]
    return port

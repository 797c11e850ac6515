"""Writes that become one statement on PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import pytest

from polar_server.database import Database, Statement, connect
from polar_server.database.postgres_connections import Connection
from polar_server.database.postgres_waiting import Waiting

ADD = Statement("INSERT INTO things (id, name) VALUES (:id, :name)")
ADD_PART = Statement("INSERT INTO parts (thing_id) VALUES (:thing_id)")
RENAME = Statement("UPDATE things SET name = :name WHERE id = :id")
TABLES = (
    Statement("CREATE TABLE parts (id TEXT PRIMARY KEY, thing_id TEXT NOT NULL)"),
    Statement("CREATE TABLE things (id TEXT PRIMARY KEY, part_id TEXT NOT NULL REFERENCES parts (id))"),
    Statement("ALTER TABLE parts ADD FOREIGN KEY (thing_id) REFERENCES things (id)"),
)


def joined(*writes: tuple[Statement, Sequence[Any]]) -> tuple[str, list[Any]]:
    waiting = Waiting()
    for statement, arguments in writes:
        assert waiting.takes(statement)
        waiting.add(statement, arguments)
    return waiting.joined()


def test_rows_of_one_table_are_added_by_one_part() -> None:
    """Each statement stands once, with parameters that are numbered on, and its rows keep their order."""
    assert joined((ADD, ["a", "A"])) == ("INSERT INTO things (id, name) VALUES ($1, $2)", ["a", "A"])
    assert joined((ADD, ["a", "A"]), (ADD_PART, ["a"]), (ADD, ["b", "B"])) == (
        "WITH w0 AS (INSERT INTO things (id, name) VALUES ($1, $2), ($3, $4)) INSERT INTO parts (thing_id) VALUES ($5)",
        ["a", "A", "b", "B", "a"],
    )


@pytest.mark.parametrize("before, after", [(ADD, RENAME), (RENAME, ADD), (RENAME, RENAME)])
def test_a_row_that_was_written_is_changed_by_another_statement(before: Statement, after: Statement) -> None:
    """Parts of a statement do not see each other's rows, so a table that one of them changes is its own."""
    waiting = Waiting()
    waiting.add(before, ["a", "A"])
    assert not waiting.takes(after)
    assert waiting.takes(ADD_PART)


def test_there_is_an_end_to_rows() -> None:
    """A long transaction does not become one endless statement."""
    waiting = Waiting()
    while waiting.takes(ADD):
        waiting.add(ADD, ["a", "A"])
    assert len(waiting.joined()[1]) < 100
    assert waiting.takes(ADD_PART), "what is written beside it still goes with it"


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO things (id) SELECT id FROM parts",
        "INSERT INTO things (id) VALUES (1) RETURNING id",
        "INSERT INTO things (id) VALUES (1) ON CONFLICT DO NOTHING",
        "DELETE FROM things",
        "SELECT 1",
    ],
)
def test_what_reads_cannot_wait(text: str) -> None:
    """It would not see what waits with it, or somebody wants to know what it found."""
    with pytest.raises(ValueError, match="reads"):
        Waiting().takes(Statement(text))


async def test_rows_that_refer_to_each_other(bare_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are stored by one statement, at whose end PostgreSQL looks whether they are all there."""
    ran: list[str] = []
    run = Connection.run

    async def listen(connection: Connection, text: str, arguments: Sequence[Any]) -> int:
        ran.append(text)
        return await run(connection, text, arguments)

    database: Database = connect(bare_postgres_url, connections=2)
    await database.open()
    async with database.write() as tx:
        for statement in TABLES:
            await tx.run(statement)
    monkeypatch.setattr(Connection, "run", listen)
    async with database.write() as tx:
        await tx.later(Statement("INSERT INTO things (id, part_id) VALUES (:id, :part_id)"), id="a", part_id="1")
        await tx.later(Statement("INSERT INTO parts (id, thing_id) VALUES (:id, :thing_id)"), id="1", thing_id="a")
        assert ran == []
    await database.close()
    assert len(ran) == 1

"""What every engine promises to the code above it."""

import asyncio
from contextlib import suppress

import pytest

from polar_server.database import (
    ConstraintViolation,
    Database,
    DatabaseError,
    Statement,
    Transaction,
    Unavailable,
    UniqueViolation,
)

ADD = Statement("INSERT INTO things (id, name, number) VALUES (:id, :name, :number)")
ADD_RETURNING = Statement("INSERT INTO things (id, name, number) VALUES (:id, :name, :number) RETURNING id, number")
ADD_PART = Statement("INSERT INTO parts (thing_id) VALUES (:thing_id)")
FIND = Statement("SELECT id, name, number FROM things WHERE id = :id")
LIST = Statement("SELECT id FROM things ORDER BY id")
COUNT = Statement("SELECT count(*) AS things FROM things")
RENAME = Statement("UPDATE things SET name = :name WHERE id = :id")
TAKE = Statement("UPDATE things SET number = number - 1 WHERE id = :id AND number > 0")
DELETE_ALL = Statement("DELETE FROM things")


async def add(database: Database, key: str, number: int = 0) -> None:
    async with database.write() as transaction:
        await transaction.run(ADD, id=key, name=f"name of {key}", number=number)


async def count(database: Database) -> int:
    async with database.read() as transaction:
        row = await transaction.one(COUNT)
    number: int = row["things"]
    return number


async def test_what_is_written_later_is_there_when_somebody_looks(things: Database) -> None:
    """Writes that wait are done in their order before the next statement, and at the end of the block."""
    async with things.write() as transaction:
        for key in "ab":
            await transaction.later(ADD, id=key, name=key, number=3)
            await transaction.later(ADD_PART, thing_id=key)
        for name in ("first", "second"):
            await transaction.later(RENAME, id="a", name=name)
        assert tuple(await transaction.one(FIND, id="a")) == ("a", "second", 3)
        assert await transaction.run(TAKE, id="a") == 1
        for number in range(60):
            await transaction.later(ADD, id=f"{number}", name=None, number=number)
        await transaction.later(RENAME, id="59", name="last")
    async with things.statement() as transaction:
        await transaction.later(ADD, id="c", name="c", number=0)
    assert await count(things) == 63
    async with things.read() as transaction:
        assert tuple(await transaction.one(FIND, id="59")) == ("59", "last", 59)


async def test_what_is_written_later_may_fail(things: Database) -> None:
    """The error names what is wrong, at the next statement or at the end of the block, and nothing is kept."""
    await add(things, "a")

    async def fail(*, looks: bool) -> None:
        async with things.write() as transaction:
            await transaction.later(ADD, id="b", name="b", number=1)
            await transaction.later(ADD, id="a", name="c", number=1)
            if looks:
                await transaction.one(COUNT)

    async def refer_to_nothing() -> None:
        async with things.write() as transaction:
            await transaction.later(ADD_PART, thing_id="nobody")

    for looks in (True, False):
        with pytest.raises(UniqueViolation) as caught:
            await fail(looks=looks)
        assert caught.value.columns == ("id",)
    with pytest.raises(ConstraintViolation):
        await refer_to_nothing()
    assert await count(things) == 1
    await add(things, "b")


async def test_a_row_unpacks_by_position_and_by_name(things: Database) -> None:
    """A row gives its columns by position, by number and by name."""
    await add(things, "a", 7)
    async with things.read() as transaction:
        row = await transaction.one(FIND, id="a")
    key, name, number = row
    assert (key, name, number) == ("a", "name of a", 7)
    assert (row[0], row["name"], len(row)) == ("a", "name of a", 3)
    assert list(row.keys()) == ["id", "name", "number"]


async def test_one_first_and_all_without_rows(things: Database) -> None:
    """Without a row, one raises LookupError, first gives None and all an empty list."""
    for block in (things.read(), things.write()):
        async with block as transaction:
            with pytest.raises(LookupError):
                await transaction.one(FIND, id="a")
            assert await transaction.first(FIND, id="a") is None
            assert await transaction.all(LIST) == []


async def test_all_gives_every_row(things: Database) -> None:
    """All gives every row in the statement's order, whichever kind of block asks."""
    for key in "cab":
        await add(things, key)
    for block in (things.read(), things.write(), things.statement()):
        async with block as transaction:
            assert [row["id"] for row in await transaction.all(LIST)] == ["a", "b", "c"]


async def test_run_counts_touched_rows(things: Database) -> None:
    """Run tells how many rows an UPDATE or DELETE touched, so a guarded UPDATE tells who came first."""
    await add(things, "a", 1)
    await add(things, "b", 0)
    async with things.write() as transaction:
        assert await transaction.run(TAKE, id="a") == 1
        assert await transaction.run(TAKE, id="a") == 0
        assert await transaction.run(DELETE_ALL) == 2


async def test_run_counts_rows_of_returning(things: Database) -> None:
    """Run counts the rows of a statement with RETURNING, and of one that begins with a comment."""
    async with things.write() as transaction:
        assert await transaction.run(ADD_RETURNING, id="a", name="a", number=1) == 1
        assert await transaction.run(Statement("-- all\nUPDATE things SET number = 2")) == 1


async def test_returning_gives_the_row(things: Database) -> None:
    """A writing statement with RETURNING gives its row, in write() and in statement()."""
    async with things.write() as transaction:
        assert tuple(await transaction.one(ADD_RETURNING, id="a", name="a", number=1)) == ("a", 1)
    async with things.statement() as transaction:
        assert tuple(await transaction.one(ADD_RETURNING, id="b", name="b", number=2)) == ("b", 2)
    assert await count(things) == 2


async def test_no_value_is_null(things: Database) -> None:
    """None is stored as NULL and comes back as None."""
    async with things.statement() as transaction:
        await transaction.run(ADD, id="a", name=None, number=None)
    async with things.read() as transaction:
        assert tuple(await transaction.one(FIND, id="a")) == ("a", None, None)


async def test_wrong_parameters_are_named(things: Database) -> None:
    """A missing or unknown parameter is a TypeError that names it, and the transaction goes on."""
    async with things.write() as transaction:
        with pytest.raises(TypeError, match="missing number; unknown numero"):
            await transaction.run(ADD, id="a", name="a", numero=1)
        await transaction.run(ADD, id="a", name="a", number=1)
    assert await count(things) == 1


async def test_an_exception_rolls_back(things: Database) -> None:
    """A block that raises leaves nothing behind, and the exception reaches the caller."""

    async def fail(transaction: Transaction) -> None:
        await transaction.run(ADD, id="a", name="a", number=1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with things.write() as transaction:
            await fail(transaction)
    assert await count(things) == 0
    await add(things, "a")


async def test_a_unique_violation_names_the_columns(things: Database) -> None:
    """A repeated value is a UniqueViolation that names the columns and shows no value."""
    await add(things, "a")
    for block, key, name, columns in (
        (things.write(), "a", "secret", ("id",)),
        (things.write(), "secret", "name of a", ("name",)),
        (things.statement(), "a", "secret", ("id",)),
    ):
        with pytest.raises(UniqueViolation) as caught:
            async with block as transaction:
                await transaction.run(ADD, id=key, name=name, number=0)
        assert caught.value.columns == columns
        assert "secret" not in str(caught.value)
        assert "name of a" not in str(caught.value)
    assert await count(things) == 1


async def test_other_constraints(things: Database) -> None:
    """CHECK, NOT NULL and foreign keys are enforced: a ConstraintViolation that is no UniqueViolation."""
    for statement, parameters in (
        (ADD, {"id": "a", "name": "a", "number": -1}),
        (ADD_PART, {"thing_id": None}),
        (ADD_PART, {"thing_id": "nobody"}),
    ):
        with pytest.raises(ConstraintViolation) as caught:
            async with things.statement() as transaction:
                await transaction.run(statement, **parameters)
        assert not isinstance(caught.value, UniqueViolation)


@pytest.mark.parametrize("method", ["run", "all"])
async def test_a_caught_error_still_spoils_the_transaction(things: Database, method: str) -> None:
    """A block that swallows a statement's error does not seem to succeed: nothing is kept, and it is told."""
    await add(things, "a")

    async def swallow() -> None:
        async with things.write() as transaction:
            await transaction.run(ADD, id="b", name="b", number=0)
            with suppress(UniqueViolation):
                await getattr(transaction, method)(ADD, id="a", name="c", number=0)

    with pytest.raises(DatabaseError, match="nothing of it was kept"):
        await swallow()
    assert await count(things) == 1


async def test_bad_sql_is_a_database_error(things: Database) -> None:
    """A statement that the engine does not understand is a DatabaseError, and the database goes on."""
    for block in (things.read(), things.write(), things.statement()):
        with pytest.raises(DatabaseError):
            async with block as transaction:
                await transaction.all(Statement("SELECT nothing FROM nowhere"))
    await add(things, "a")


async def test_uncommitted_rows_are_seen_by_their_transaction_only(things: Database) -> None:
    """Reads beside an open transaction neither wait for it nor see what it has not committed."""
    async with things.write() as transaction:
        await transaction.run(ADD, id="a", name="a", number=0)
        assert (await transaction.one(COUNT))["things"] == 1
        async with asyncio.timeout(5):
            assert await count(things) == 0
    assert await count(things) == 1


async def test_a_big_group_of_writers(things: Database) -> None:
    """Five hundred writers at once all succeed, each with its own row."""
    await asyncio.gather(*(add(things, f"{number:03}") for number in range(500)))
    assert await count(things) == 500


async def test_failures_in_a_group_stay_alone(things: Database) -> None:
    """Of many writers at once, those that fail take nobody with them."""
    await add(things, "0")

    async def write(number: int) -> None:
        async with things.write() as transaction:
            await transaction.run(ADD, id=f"first {number}", name=None, number=0)
            await transaction.run(ADD, id=str(number % 2 * number), name=None, number=0)

    results = await asyncio.gather(*(write(number) for number in range(20)), return_exceptions=True)
    assert [type(result) for result in results] == [UniqueViolation, type(None)] * 10
    assert await count(things) == 21


async def test_a_guarded_update_succeeds_once(things: Database) -> None:
    """Of twenty that take the same thing at once, one gets it."""
    await add(things, "a", 1)

    async def take() -> int:
        async with things.write() as transaction:
            return await transaction.run(TAKE, id="a")

    assert sum(await asyncio.gather(*(take() for _ in range(20)))) == 1


@pytest.mark.parametrize("loops", range(12))
async def test_a_cancelled_writer_leaves_no_trace_in_others(things: Database, loops: int) -> None:
    """A writer cancelled at any moment is kept whole or not at all, and the others are not hurt."""

    async def write(number: int) -> None:
        async with things.write() as transaction:
            await transaction.run(ADD, id=f"{number} a", name=None, number=0)
            await transaction.run(ADD, id=f"{number} b", name=None, number=0)

    tasks = [asyncio.create_task(write(number)) for number in range(12)]
    for _ in range(loops):
        await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await add(things, "after")
    async with things.read() as transaction:
        ids = {row["id"] for row in await transaction.all(LIST)}
    for number in range(12):
        assert (f"{number} a" in ids) == (f"{number} b" in ids)
        assert number % 2 == 0 or f"{number} a" in ids


async def test_a_writer_cancelled_inside_its_body_rolls_back(things: Database) -> None:
    """A body that waits for something else and is cancelled there is rolled back, and writers go on."""
    inside = asyncio.Event()

    async def wait_inside() -> None:
        async with things.write() as transaction:
            await transaction.run(ADD, id="a", name="a", number=0)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(wait_inside())
    await inside.wait()
    other = asyncio.create_task(add(things, "b"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        await other
    assert await count(things) == 1


async def test_a_block_abandoned_by_its_coroutine_rolls_back(things: Database) -> None:
    """A coroutine that is closed inside its block cannot wait any more; it still rolls back and blocks nobody."""
    inside = asyncio.Event()

    async def wait_inside() -> None:
        async with things.write() as transaction:
            await transaction.run(ADD, id="a", name="a", number=0)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(wait_inside())
    await inside.wait()
    coroutine = task.get_coro()
    assert coroutine is not None
    coroutine.close()
    async with asyncio.timeout(5):
        await add(things, "b")
    assert await count(things) == 1
    task.cancel()
    with pytest.raises((RuntimeError, asyncio.CancelledError)):
        await task


async def test_a_closed_database_is_unavailable(things: Database) -> None:
    """After close, or before open, every kind of block is Unavailable; open makes it work again."""
    await things.close()
    for block in (things.read, things.write, things.statement):
        with pytest.raises(Unavailable):
            async with block() as transaction:
                await transaction.one(COUNT)
    await things.open()
    await add(things, "a")
    assert await count(things) == 1

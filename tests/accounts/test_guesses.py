"""Limits that hold for parallel tries, for several workers, and after a restart."""

import asyncio

from tests.accounts.conftest import NOW

from polar_server.accounts import guesses
from polar_server.accounts.guesses import Limits, Throttled
from polar_server.database import Database, Statement, connect
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings

KEYS = ServerKeys([bytes(range(32))])
LIMITS = Limits("account:x", 10, "address:y", 25, 900)
BUCKETS = Statement("SELECT bucket FROM guesses ORDER BY bucket")


async def test_the_tries_within_a_window_are_counted(database: Database) -> None:
    """Ten pass, the eleventh hears how long to wait, and a new window begins with its end."""
    assert [await guesses.count(database, LIMITS, NOW + n) for n in range(10)] == [None] * 10
    assert await guesses.count(database, LIMITS, NOW + 100) == Throttled(800)
    assert await guesses.count(database, LIMITS, NOW + 899) == Throttled(1)
    assert await guesses.count(database, LIMITS, NOW + 900) is None


async def test_both_limits_hold(database: Database) -> None:
    """The address's limit stops tries at ever new accounts; the longer wait is told."""
    for n in range(25):
        assert await guesses.count(database, Limits(f"account:{n}", 10, "address:y", 25, 900), NOW) is None
    assert await guesses.count(database, Limits("account:z", 10, "address:y", 25, 900), NOW + 1) == Throttled(899)
    assert await guesses.count(database, Limits("account:z", 10, "address:w", 25, 900), NOW + 1) is None


async def test_parallel_tries_of_two_workers_are_all_counted(database: Database, database_url: str) -> None:
    """A hundred tries at once over two connections to the database: exactly ten pass."""
    other = connect(database_url, connections=5)
    await other.open()
    tries = [guesses.count(database if n % 2 else other, LIMITS, NOW) for n in range(100)]
    passed = (await asyncio.gather(*tries)).count(None)
    await other.close()
    assert passed == 10


async def test_the_count_survives_a_restart(database: Database, database_url: str) -> None:
    """A server that starts anew knows what was tried before."""
    for _ in range(10):
        await guesses.count(database, LIMITS, NOW)
    restarted = connect(database_url)
    await restarted.open()
    throttled = await guesses.count(restarted, LIMITS, NOW)
    await restarted.close()
    assert throttled == Throttled(900)


async def test_a_right_try_is_forgiven(database: Database) -> None:
    """The account starts anew; the address gets back this one try only."""
    for n in range(25):
        await guesses.count(database, Limits(f"account:{n}", 10, "address:y", 25, 900), NOW)
    async with database.write() as transaction:
        await guesses.forgive(transaction, Limits("account:0", 10, "address:y", 25, 900))
    assert await guesses.count(database, Limits("account:a", 10, "address:y", 25, 900), NOW) is None
    assert await guesses.count(database, Limits("account:b", 10, "address:y", 25, 900), NOW) == Throttled(900)


async def test_crossing_writers_do_not_deadlock(database: Database) -> None:
    """Counting, forgiving and forgetting for the same account and address, two hundred at once, all end."""
    settings = Settings()
    limits = guesses.sign_in_limits(KEYS, settings, "ada@example.com", "203.0.113.5")
    again = guesses.reauthentication_limits(settings, "user", "203.0.113.5")

    async def change() -> None:
        async with database.write() as transaction:
            await guesses.forget_sign_ins(transaction, KEYS, "ada@example.com")
            await guesses.forgive(transaction, again)

    async def succeed() -> None:
        async with database.write() as transaction:
            await guesses.forgive(transaction, limits)

    async def guess(what: Limits) -> None:
        await guesses.count(database, what, NOW)

    work = [call for _ in range(50) for call in (guess(limits), guess(again), change(), succeed())]
    await asyncio.wait_for(asyncio.gather(*work), 30)


async def test_buckets_hold_no_email(database: Database) -> None:
    """What was typed as an email, which may be a password, is kept as a digest."""
    settings = Settings()
    for limits in (
        guesses.sign_in_limits(KEYS, settings, "ada@example.com", "2001:db8::7"),
        guesses.mail_limits(KEYS, settings, "ada@example.com", "2001:db8::7"),
        guesses.invitation_limits(KEYS, settings, "ada@example.com", "2001:db8::7"),
    ):
        await guesses.count(database, limits, NOW)
    async with database.read() as transaction:
        buckets = [row["bucket"] for row in await transaction.all(BUCKETS)]
    assert len(buckets) == 5
    assert "ada" not in " ".join(buckets)
    assert "sign-in@2001:db8::/64" in buckets

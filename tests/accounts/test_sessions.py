"""Which sessions are live, and what is kept of them."""

import asyncio

import pytest
from tests.accounts.conftest import NOW, World

from polar_server.accounts import people, sessions, sign_in
from polar_server.accounts.people import Person
from polar_server.accounts.sessions import Session, find_session
from polar_server.accounts.visits import Visit
from polar_server.database import Statement

SEEN = Statement("SELECT last_seen_at, digest, key_id FROM sessions")
VISIT = Visit("203.0.113.5", "Firefox", NOW * 1000)


async def _started(world: World) -> tuple[Person, str]:
    person = await world.person("ada@example.com")
    async with world.database.write() as transaction:
        token = await sessions.start_session(transaction, world.server_keys, world.settings, person.id, VISIT)
    return person, token.text


async def _found(world: World, cookie: str | None, now: int = NOW) -> Session | None:
    return await find_session(world.database, world.server_keys, world.settings, cookie, now)


async def test_a_session_is_found_by_its_cookie(world: World) -> None:
    """With its person and the time at which the password was given."""
    person, cookie = await _started(world)
    session = await _found(world, cookie)
    assert session
    assert (session.user, session.authenticated_at) == (person.user, NOW)


async def test_other_cookies_find_nothing(world: World) -> None:
    """Missing, malformed, cut, made up, or with the right id and other random characters."""
    from polar_server.oauth import tokens

    _, cookie = await _started(world)
    parsed = tokens.parse(cookie, tokens.TokenKind.SESSION)
    assert parsed
    forged = tokens.assemble(tokens.TokenKind.SESSION, parsed.id, bytes(tokens.RANDOM_BYTES)).text
    unknown = tokens.mint(tokens.TokenKind.SESSION, NOW * 1000, bytes(tokens.ENTROPY_BYTES)).text
    for value in (None, "", "x", cookie[:-1], cookie + "a", cookie.swapcase(), forged, unknown, "\x00"):
        assert await _found(world, value) is None


async def test_the_database_holds_only_a_digest(world: World) -> None:
    """A stolen copy opens no session; another server key finds none either."""
    _, cookie = await _started(world)
    async with world.database.read() as transaction:
        row = await transaction.one(SEEN)
    assert row["digest"] == world.server_keys.digest(cookie)
    assert cookie[20:] not in row["digest"]
    other = type(world.server_keys)([bytes(range(1, 33))])
    assert await find_session(world.database, other, world.settings, cookie, NOW) is None


async def test_a_session_has_an_absolute_lifetime(world: World) -> None:
    """Thirty days from its start, however often it is used."""
    _, cookie = await _started(world)
    end = NOW + world.settings.session_lifetime
    for now in range(NOW, end, 86_400):
        assert await _found(world, cookie, now)
    assert await _found(world, cookie, end - 1)
    assert await _found(world, cookie, end) is None


async def test_an_idle_session_ends(world: World) -> None:
    """After fourteen days without a request; each request starts them anew."""
    _, cookie = await _started(world)
    idle = world.settings.session_idle_lifetime
    assert await _found(world, cookie, NOW + idle - 1)
    assert await _found(world, cookie, NOW + 2 * idle - 2)
    assert await _found(world, cookie, NOW + 3 * idle) is None


async def test_last_seen_is_written_once_a_minute(world: World) -> None:
    """Reading a page does not cost a write each time."""
    _, cookie = await _started(world)
    seen = []
    for now in (NOW + 59, NOW + 60, NOW + 90, NOW + 119, NOW + 120):
        await _found(world, cookie, now)
        async with world.database.read() as transaction:
            seen.append((await transaction.one(SEEN))["last_seen_at"] - NOW)
    assert seen == [0, 60, 60, 60, 120]


async def test_ended_sessions_are_neither_found_nor_listed(world: World) -> None:
    """One by its person only; ending it again says that it was over."""
    person, cookie = await _started(world)
    session = await _found(world, cookie)
    assert session
    async with world.database.write() as transaction:
        assert not await sessions.end_session(transaction, "somebody else", session.id, NOW)
        assert await sessions.end_session(transaction, person.id, session.id, NOW)
        assert not await sessions.end_session(transaction, person.id, session.id, NOW)
    assert await _found(world, cookie) is None
    assert await sessions.list_sessions(world.database, world.settings, person.id, NOW) == []


@pytest.mark.parametrize("event", ["password", "disabled"])
async def test_a_sign_in_that_overlaps_a_change_comes_to_nothing(world: World, event: str) -> None:
    """The password was right when it was checked, but was changed, or the person disabled, before the session began."""
    person = await world.person("ada@example.com")
    async with world.database.write() as transaction:
        if event == "password":
            await people.change_password(transaction, person.id, "another hash", NOW, ())
        else:
            await people.disable_user(transaction, person.id, NOW, ())
    async with world.database.write() as transaction:
        begun = await sign_in.begin_session(transaction, world.server_keys, world.settings, person, VISIT)
    assert begun is None


async def test_no_session_outlives_a_parallel_password_change(world: World) -> None:
    """Thirty rounds of a sign-in beside a change of password: never a live session of the old one."""
    person = await world.person("ada@example.com")

    async def begin() -> None:
        async with world.database.write() as transaction:
            await sign_in.begin_session(transaction, world.server_keys, world.settings, person, VISIT)

    async def change() -> None:
        async with world.database.write() as transaction:
            await people.change_password(transaction, person.id, "another hash", NOW, ())

    for _ in range(30):
        await asyncio.gather(begin(), change(), begin())
        assert await sessions.list_sessions(world.database, world.settings, person.id, NOW) == []
        async with world.database.write() as transaction:
            await people.change_password(transaction, person.id, person.password_hash or "", NOW, ())

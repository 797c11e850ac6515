"""Rows that are swept, and those that stay."""

import pytest
from tests.accounts.conftest import NOW, World

from polar_server.accounts import guesses, links, queries, sessions, sweeping
from polar_server.accounts.guesses import Limits
from polar_server.accounts.links import NewLink, Purpose
from polar_server.accounts.visits import Visit

VISIT = Visit("203.0.113.5", "Firefox", NOW * 1000)


async def _filled(world: World) -> None:
    person = await world.person("ada@example.com")
    async with world.database.write() as transaction:
        for _ in range(7):
            await sessions.start_session(transaction, world.server_keys, world.settings, person.id, VISIT)
            new = NewLink(Purpose.RESET_PASSWORD, person.email, person.id, "")
            await links.issue_link(transaction, world.server_keys, new, VISIT)
    await guesses.count(world.database, Limits("a", 1, "b", 1, 900), NOW)


async def test_what_is_over_for_long_is_removed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In small batches, all of it, each thirty days after its end and not before."""
    monkeypatch.setattr(sweeping, "BATCH", 3)
    await _filled(world)
    nothing = dict.fromkeys(queries.SWEEPS, 0)
    assert await sweeping.sweep(world.database, NOW + sweeping.KEPT) == nothing
    assert await sweeping.sweep(world.database, NOW + 3600 + sweeping.KEPT + 1) == nothing | {
        "mail_links": 7,
        "guesses": 2,
    }
    end = NOW + world.settings.session_lifetime + sweeping.KEPT
    assert await sweeping.sweep(world.database, end) == nothing
    assert await sweeping.sweep(world.database, end + 1) == nothing | {"sessions": 7}

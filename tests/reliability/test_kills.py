"""kill -9 under load, and the same data afterwards: nothing acknowledged is lost, nothing used up works again.

The ledger is in this process. Each round kills a random worker, which the first process replaces, or everything,
which is started again; or it stops PostgreSQL as when the power fails. The figures are printed.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests import servers
from tests.servers import Server

from .apps import App
from .clusters import Cluster
from .conftest import Place, Tell
from .lines import Cut, Line, workers
from .lives import GRACE, Ledger, Life

_KILLS = 8
_POWER_CUTS = 5
_CLIENTS = 16
_CODES = 400
"""More than the clients use up in one round."""
_SECONDS = (0.15, 0.5)
"""How long a round's load lasts before the kill."""
_WORKERS_ONLY = 0.85
"""The share of kills that hit one worker."""
_PATIENCE = 30

Kill = Callable[[], Awaitable[str]]


@pytest.fixture(params=[("sqlite", 1), ("sqlite", 2), ("postgres", 4)], ids=["sqlite-1", "sqlite-2", "postgres-4"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server whose writes are as durable as in production."""
    engine, count = request.param
    place: Place = request.getfixturevalue("durable") if engine == "postgres" else Place("", tmp_path)
    with servers.serve(place.folder, place.database_url, workers=count, refresh_grace=GRACE) as server:
        yield server


@pytest.fixture
def postgres_server(durable: Place) -> Iterator[Server]:
    """Two workers on PostgreSQL."""
    with servers.serve(durable.folder, durable.database_url, workers=2, refresh_grace=GRACE) as server:
        yield server


async def test_the_server_is_killed(server: Server, seeded: random.Random, tell: Tell) -> None:
    """After kill -9 of a worker or of the whole server every acknowledged answer holds."""

    async def kill() -> str:
        if server.workers > 1 and seeded.random() < _WORKERS_ONLY:
            os.kill(seeded.choice(workers(server)), signal.SIGKILL)
            return "worker"
        server.kill()
        await asyncio.to_thread(server.start)
        return "whole server"

    await _kill_again_and_again(server, seeded, tell, _KILLS, kill)


async def test_the_database_is_killed(
    postgres_server: Server, cluster: Cluster, seeded: random.Random, tell: Tell
) -> None:
    """After an immediate stop of PostgreSQL every acknowledged answer holds, and the server needs no restart."""

    async def kill() -> str:
        await asyncio.to_thread(cluster.stop, "immediate")
        await asyncio.to_thread(cluster.start)
        return "database"

    await _kill_again_and_again(postgres_server, seeded, tell, _POWER_CUTS, kill)


async def _kill_again_and_again(server: Server, seeded: random.Random, tell: Tell, times: int, kill: Kill) -> None:
    ledger, person_id, killed = Ledger(App(server)), server.person().id, Counter[str]()
    slowest, earlier = 0.0, list[Life]()
    for _ in range(times):
        first = len(ledger.lives)
        codes = iter(ledger.app.codes(_CODES, person_id))
        killed[await _under_load(server, ledger, codes, seeded, kill)] += 1
        line, waited = await _back(server, ledger.app)
        slowest = max(slowest, waited)
        await _compare(ledger, line, ledger.lives[first:], earlier, seeded)
        line.close()
    tell(f"killed {dict(killed)}; {ledger}; answering again after {slowest:.1f} s at the most")
    assert killed.total() == times
    assert ledger.wrong == []
    assert sum(life.acknowledged for life in ledger.lives) > 10 * times


async def _under_load(server: Server, ledger: Ledger, codes: Iterator[str], seeded: random.Random, kill: Kill) -> str:
    """Kill while clients work; gives what was killed."""
    lines = [await Line.open(server.port) for _ in range(_CLIENTS)]
    ended = asyncio.Event()
    clients = [asyncio.ensure_future(ledger.load(line, codes, ended, seeded)) for line in lines]
    await asyncio.sleep(seeded.uniform(*_SECONDS))
    killed = await kill()
    await asyncio.sleep(0.05)
    ended.set()
    await asyncio.gather(*clients)
    for line in lines:
        line.close()
    return killed


async def _back(server: Server, app: App) -> tuple[Line, float]:
    """A line to a server that reaches its database again, and how long it took."""
    since = time.monotonic()
    async with asyncio.timeout(_PATIENCE):
        while True:
            with suppress(Cut):
                line = await Line.open(server.port)
                if (await line.ask(app.introspect("?"))).status == 200:
                    return line, time.monotonic() - since
            await asyncio.sleep(0.02)


async def _compare(ledger: Ledger, line: Line, lives: list[Life], earlier: list[Life], seeded: random.Random) -> None:
    """Check every grant of this round and some of earlier ones; replay codes at once, rotated tokens a round later."""
    await ledger.check(line, lives)
    await ledger.replay_codes(line, lives[::3])
    await ledger.check(line, seeded.sample(earlier, min(20, len(earlier))))
    await ledger.replay_rotated(line, earlier[-len(lives) // 3 :])
    del earlier[-len(lives) // 3 :]
    earlier += lives[1::3] + lives[2::3]

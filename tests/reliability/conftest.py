"""Servers with several workers, and connections that reach each of them."""

import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests import servers
from tests.conftest import execute
from tests.servers import Server

from . import clusters
from .apps import App
from .clusters import Cluster
from .lines import PING, Line, at_once, holders, spread

SEED = 20_260_417
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Crowd:
    """Connections over all workers of a server, an app that uses them, and how often a race is run."""

    server: Server
    lines: list[Line]
    app: App
    times: int

    @property
    def asker(self) -> Line:
        """The line for what is asked between the races."""
        return self.lines[0]

    async def gather(self) -> None:
        """Make sure that no connection was closed for want of use; called before each race."""
        unused = time.monotonic() - min(line.used for line in self.lines)
        if unused > 3:
            close(self.lines)
            self.lines[:] = await spread(self.server, len(self.lines))
        elif unused > 1:
            await at_once(self.lines, [PING] * len(self.lines))

    def where(self) -> str:
        """The evidence: which process holds how many of the connections."""
        held = holders(self.server)
        pids = [held[line.port] for line in self.lines]
        return f"{self.server.workers} workers held {sorted(pids.count(pid) for pid in set(pids))} connections"


@pytest.fixture
def seeded(tell: Tell) -> random.Random:
    """The randomness of a test; its seed is printed."""
    tell(f"seed {SEED}")
    return random.Random(SEED)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Tell:
    """Prints a figure past pytest's capture: these tests are run for their figures."""

    def print_line(text: str) -> None:
        with capsys.disabled():
            print(f"\n  {request.node.name}: {text}", end="")  # noqa: T201

    return print_line


@dataclass(frozen=True)
class Place:
    """A PostgreSQL database and the data folder whose key belongs to it, for servers one after the other."""

    database_url: str
    folder: Path


@pytest.fixture(scope="session")
def careless(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """On the PostgreSQL of the test run, which waits for no disk."""
    execute(postgres_url, "CREATE DATABASE polar_workers")
    place = Place(postgres_url.replace("/postgres?", "/polar_workers?"), tmp_path_factory.mktemp("careless"))
    servers.migrate(place.database_url, place.folder)
    return place


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that may be stopped, with its durability untouched."""
    with clusters.cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def durable(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """On that PostgreSQL."""
    assert cluster.settings() == clusters.DURABLE
    place = Place(cluster.url, tmp_path_factory.mktemp("durable"))
    servers.migrate(place.database_url, place.folder)
    return place


@pytest.fixture(scope="module")
def postgres_workers(careless: Place) -> Iterator[Server]:
    """Four workers on PostgreSQL."""
    with servers.serve(careless.folder, careless.database_url, workers=4) as server:
        yield server


@pytest.fixture(scope="module")
def sqlite_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers on SQLite."""
    with servers.serve(tmp_path_factory.mktemp("sqlite-workers"), workers=2) as server:
        yield server


@pytest.fixture
async def postgres_crowd(anyio_backend: object, postgres_workers: Server) -> AsyncIterator[Crowd]:
    """200 races of 50 connections to four workers."""
    lines = await spread(postgres_workers, 50)
    yield Crowd(postgres_workers, lines, App(postgres_workers), 200)
    close(lines)


@pytest.fixture
async def sqlite_crowd(anyio_backend: object, sqlite_workers: Server) -> AsyncIterator[Crowd]:
    """40 races of 20 connections to two workers."""
    lines = await spread(sqlite_workers, 20)
    yield Crowd(sqlite_workers, lines, App(sqlite_workers), 40)
    close(lines)


@pytest.fixture(params=["sqlite", "postgres"])
def crowd(request: pytest.FixtureRequest) -> Crowd:
    """Each engine with its workers."""
    found: Crowd = request.getfixturevalue(f"{request.param}_crowd")
    return found


@pytest.fixture
async def strict_crowd(anyio_backend: object, careless: Place) -> AsyncIterator[Crowd]:
    """Four workers on PostgreSQL that give no answer twice."""
    with servers.serve(careless.folder, careless.database_url, workers=4, refresh_grace=0) as server:
        lines = await spread(server, 50)
        yield Crowd(server, lines, App(server), 200)
        close(lines)


def close(lines: list[Line]) -> None:
    for line in lines:
        line.close()


@pytest.fixture
def person_id(crowd: Crowd) -> str:
    """Somebody who allowed the app."""
    return crowd.server.person().id


@pytest.fixture
def strict_person_id(strict_crowd: Crowd) -> str:
    return strict_crowd.server.person().id

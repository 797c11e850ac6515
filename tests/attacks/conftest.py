"""A running server on each engine, with everything that the cases take for granted."""

from collections.abc import Iterator

import pytest
from tests.attacks.canary import Canary
from tests.attacks.receiver import Receiver
from tests.attacks.world import Outside, World
from tests.conftest import execute


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """SQLite with one worker and a log for people; PostgreSQL with two and a log for programs."""
    folder = tmp_path_factory.mktemp("attacks")
    with Canary() as canary, Receiver(folder) as receiver:
        outside = Outside(canary, receiver)
        if request.param == "sqlite":
            world = World(folder, f"sqlite:///{folder / 'polar.db'}", workers=1, log_format="text", outside=outside)
        else:
            world = World(folder, _new_database(request), workers=2, log_format="json", outside=outside)
        world.open()
        yield world
        world.close()


def _new_database(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("postgres_url")
    execute(url, "CREATE DATABASE attacks")
    return url.replace("/postgres?", "/attacks?")

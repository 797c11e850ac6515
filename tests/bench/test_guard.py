"""What hot requests cost, beside a bare application on the same HTTP server: only a large loss fails here."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench import checking, goals, processes, rounds, servers
from bench.measuring import Measurement, Run
from bench.servers import Source, Wanted
from polar_server.oauth.subjects import SubjectType

_ROOT = Path(__file__).parents[2]
_WARM_UP, _ROUNDS, _COUNT = 50, 3, 150
_MOST = {"exchange ES256": 35, "introspect": 14, "userinfo": 14}
"""Times the floor: about three times what a quiet machine shows, so that a busy one does not fail."""


@pytest.fixture(scope="module")
def measurements(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Measurement]]:
    """A short run of the floor and of a server on SQLite, whose answers were read before."""
    folder, cores = tmp_path_factory.mktemp("bench"), processes.cores()
    wanted = Wanted(list(_MOST), SubjectType.USER, _WARM_UP, rounds.total(_ROUNDS, _COUNT) + 1, _COUNT, 0)
    with ExitStack() as stack:
        run = Run(stack.enter_context(ThreadPoolExecutor(1)), cores, connections=8)
        floor = stack.enter_context(servers.floor(wanted, cores, folder))
        ours = stack.enter_context(servers.ours("sqlite", Source("", _ROOT), wanted, cores, folder))
        for name in _MOST:
            checking.check(ours, name)
        rounds.warm(run, [floor, ours])
        yield list(rounds.measure(run, [floor, ours], _ROUNDS, _COUNT))


@pytest.mark.parametrize("operation", _MOST)
def test_a_hot_request_costs_a_bounded_multiple_of_the_floor(measurements: list[Measurement], operation: str) -> None:
    """A change that makes a hot request several times as expensive is noticed, on any machine."""
    times = goals.times(measurements, operation, "sqlite", goals.FLOOR)
    assert times is not None
    assert times <= _MOST[operation]

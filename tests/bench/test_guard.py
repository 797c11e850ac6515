"""What hot requests cost, beside a bare application on the same HTTP server: only a large loss fails here."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bench import checking, goals, operations, processes, rounds, servers
from bench.measuring import Measurement, Run
from bench.operations import Plan
from bench.servers import Server, Source, Wanted
from polar_server.oauth.subjects import SubjectType

_ROOT = Path(__file__).parents[2]
_PLAN = Plan(warm_up=50, rounds=3, count=150)
_MOST = {"exchange ES256": 35, "introspect": 14, "userinfo": 14}
"""Times the floor: about three times what a quiet machine shows, so that a busy one does not fail."""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The floor, and a server on SQLite that is filled for everything but lists."""
    folder, cores = tmp_path_factory.mktemp("bench"), processes.cores()
    unasked = ("failed authentication", operations.LIST_PRODUCTS)
    names = [name for name in operations.NAMES if name not in unasked]
    wanted = Wanted(names, SubjectType.USER, _PLAN, _PLAN.count, 0)
    with ExitStack() as stack:
        floor = stack.enter_context(servers.floor(replace(wanted, names=list(_MOST)), cores, folder))
        yield floor, stack.enter_context(servers.ours("sqlite", Source("", _ROOT), wanted, cores, folder))


@pytest.fixture(scope="module")
def measurements(started: tuple[Server, Server]) -> list[Measurement]:
    """A short run."""
    with ThreadPoolExecutor(1) as generator:
        run = Run(generator, processes.cores(), connections=8)
        rounds.warm(run, started)
        return list(rounds.measure(run, started))


@pytest.mark.parametrize("operation", _MOST)
def test_a_hot_request_costs_a_bounded_multiple_of_the_floor(measurements: list[Measurement], operation: str) -> None:
    """A change that makes a hot request several times as expensive is noticed, on any machine."""
    times = goals.times(measurements, operation, "sqlite", goals.FLOOR)
    assert times is not None
    assert times <= _MOST[operation]


def test_answers_are_read_before_anything_is_measured(started: tuple[Server, Server]) -> None:
    """Ours passes the check of every operation, and a refusal does not: a code that was used already."""
    _, ours = started
    for name in ours.operations:
        checking.check(ours, name)
    with pytest.raises(checking.Wrong, match="invalid_grant"):
        checking.check(ours, "exchange ES256")


def test_an_answer_that_does_not_fit_is_not_measured(started: tuple[Server, Server]) -> None:
    """A token of another client is a good answer of a server, and the wrong one to a question."""
    _, ours = started
    introspect = ours.operations["introspect"]
    other = replace(ours, operations={"introspect": replace(introspect, client_id="another")})
    with pytest.raises(checking.Wrong, match="client_id"):
        checking.check(other, "introspect")

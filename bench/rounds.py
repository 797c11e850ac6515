"""Every operation on every server in turn, and that again: a slow minute then falls on all of them."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from bench import load
from bench.measuring import Measurement, Run
from bench.processes import Cores
from bench.servers import Server

LEAD = 32
"""Requests before each measurement: connections to the database that had ended in a pause are there again."""


@contextmanager
def generator(cores: Cores) -> Iterator[ProcessPoolExecutor]:
    """The load generator, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=load.start, initargs=(cores.load,)) as executor:
        yield executor


def total(rounds: int, count: int) -> int:
    """Requests of an operation after the warm-up."""
    return rounds * (LEAD + count)


def warm(run: Run, servers: Sequence[Server]) -> None:
    """Ask every server for everything, and forget what it took."""
    for server in servers:
        for operation in server.operations.values():
            run.send(server.target, operation, operation.slice(0, server.warm_up))


def measure(run: Run, servers: Sequence[Server], rounds: int, count: int) -> Iterator[Measurement]:
    """Rounds of so many requests, after those of the warm-up."""
    for round_ in range(rounds):
        for name in servers[0].operations:
            for server in servers:
                if (asked := server.operations.get(name)) is not None:
                    start = server.warm_up + round_ * (LEAD + count)
                    run.send(server.target, asked, asked.slice(start, LEAD))
                    yield run.measure(server.target, asked, round_, asked.slice(start + LEAD, count))

"""Every operation on every server in turn, and that again: a slow minute then falls on all of them."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from bench import load
from bench.measuring import Measurement, Run
from bench.processes import Cores
from bench.servers import Server


@contextmanager
def generator(cores: Cores) -> Iterator[ProcessPoolExecutor]:
    """The load generator, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=load.start, initargs=(cores.load,)) as executor:
        yield executor


def warm(run: Run, servers: Sequence[Server]) -> None:
    """Ask every server for everything, and forget what it took."""
    for server in servers:
        for operation in server.operations.values():
            run.send(server.target, operation, operation.slice(0, server.plan.warm_up))


def measure(run: Run, servers: Sequence[Server]) -> Iterator[Measurement]:
    """The rounds of the servers' plans, after the warm-up."""
    for number in range(servers[0].plan.rounds):
        for name in servers[0].operations:
            for server in servers:
                if (asked := server.operations.get(name)) is not None:
                    lead, requests = server.plan.round(asked, number)
                    run.send(server.target, asked, lead)
                    yield run.measure(server.target, asked, number, requests)

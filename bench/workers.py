"""`python -m bench.workers`: what two workers do that one cannot, as far as the machine's cores show it.

Two workers, PostgreSQL and the generator need four cores to show their throughput. CPU of a request is measured on any
machine, and bounds it: workers that share nothing but the database answer as many times as much as they are, divided
by how much more a request costs each. On SQLite there is one writer at a time: two workers are only to make no errors.
"""

import os
from collections.abc import Iterator

from bench import processes, stage
from bench.findings import Finding
from bench.measuring import Measurement
from bench.operations import Operation
from bench.servers import Server, Wanted
from bench.stage import Stage
from polar_server.oauth.subjects import SubjectType

ASKED = ("exchange ES256", "userinfo", "refresh")
LEAST_TIMES = 1.7
WORKERS = 2
_MICROSECONDS = 1e6


def workers(on: Stage, engine: str) -> Iterator[Finding]:
    """The CPU of a request with one worker and with two, what follows from it, and what was seen."""
    costs: dict[int, dict[str, list[Measurement]]] = {}
    shares: dict[str, float] = {}
    for count in (1, WORKERS):
        wanted = Wanted(list(ASKED), SubjectType.USER, on.scale.plan(), on.scale.requests, 0, workers=count)
        with on.server(engine, f"workers-{count}", wanted) as server:
            _spread(server, on)
            costs[count] = _measured(on, server, shares if count > 1 else {})
    for name in ASKED:
        one, two = _typical(costs[1][name]), _typical(costs[WORKERS][name])
        yield from _told(engine, name, one, two)
        yield Finding("workers", engine, f"{name}: the busier worker's share", shares[name], "of CPU")
        if engine == "postgres":
            bound = WORKERS * one.server_us / two.server_us
            what = f"{name}: bound of two workers, to that of one"
            yield Finding("workers", engine, what, bound, "times", least=LEAST_TIMES)
    wrong = 0  # A wrong answer ends the run.
    yield Finding("workers", engine, "wrong answers of two workers", wrong, "", most=0)


def _told(engine: str, name: str, one: Measurement, two: Measurement) -> Iterator[Finding]:
    for count, each in ((1, one), (WORKERS, two)):
        yield Finding("workers", engine, f"{name}: server, {count} workers", each.server_us, "us CPU")
        if engine == "postgres":
            yield Finding("workers", engine, f"{name}: PostgreSQL, {count} workers", each.database_us, "us CPU")
    yield Finding(
        "workers", engine, f"{name}: seen here on {os.cpu_count()} cores", two.per_second / one.per_second, "times"
    )
    if engine == "postgres":
        least = _MICROSECONDS / one.server_us
        yield Finding("workers", engine, f"{name}: one worker's core answers at most", least, "a second")


def _spread(server: Server, on: Stage) -> None:
    """Each worker on a core, as far as there are some that nobody else was given."""
    own = [on.cores.server, *sorted(os.sched_getaffinity(0) - {on.cores.server})]
    children = [pid for pid in processes.tree(server.target.pid) if pid != server.target.pid]
    for place, pid in enumerate(children):
        processes.pin([pid], own[place % len(own)])


def _measured(on: Stage, server: Server, shares: dict[str, float]) -> dict[str, list[Measurement]]:
    """By operation, a measurement of each round. Fills `shares`: of the CPU, the busiest worker's part."""
    found: dict[str, list[Measurement]] = {}
    for name, operation in server.operations.items():
        on.run.send(server.target, operation, operation.slice(0, server.plan.warm_up))
        before = processes.cpu_ns(processes.tree(server.target.pid))
        found[name] = [_round(on, server, operation, number) for number in range(server.plan.rounds)]
        spent = [time - before.get(pid, 0) for pid, time in processes.cpu_ns(list(before)).items()]
        shares[name] = max(spent) / sum(spent)
    return found


def _round(on: Stage, server: Server, operation: Operation, number: int) -> Measurement:
    lead, requests = server.plan.round(operation, number)
    on.run.send(server.target, operation, lead)
    return on.run.measure(server.target, operation, number, requests)


def _typical(measured: list[Measurement]) -> Measurement:
    """The round in the middle, by its CPU in runs of the calibration loop."""
    ordered = sorted(measured, key=lambda each: (each.server_us + each.database_us) / each.calibration_ns)
    return ordered[len(ordered) // 2]


PARTS: dict[str, stage.Part] = {"workers": workers}

if __name__ == "__main__":
    stage.main(PARTS, __doc__, "bench.workers")

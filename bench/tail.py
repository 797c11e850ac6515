"""`python -m bench.tail`: how long the slowest exchanges wait: alone, beside people who sign in, beside checkpoints.

Passwords are hashed in threads of the server, on the one core that it has here.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from bench import filling, stage
from bench.clusters import Cluster
from bench.findings import Finding
from bench.latencies import percentile
from bench.servers import Server, Wanted
from bench.sign_ins import ENVIRONMENT, UNANSWERED, SignIns, give_passwords
from bench.stage import Stage
from polar_server.oauth.subjects import SubjectType

EXCHANGE = "exchange ES256"
MOST_P99, MOST_TIMES = 20.0, 2.0
_CHECKPOINT_PAUSE = 0.5
"""Seconds between two checkpoints."""
_CHECKPOINTS = {"sqlite": "PRAGMA wal_checkpoint(PASSIVE)", "postgres": "CHECKPOINT"}
ALONE, SIGN_INS, CHECKPOINTS = "alone", "beside sign-ins", "beside checkpoints"


def tail(on: Stage, engine: str) -> Iterator[Finding]:
    """p50, p99 and p99.9 of exchanges in the three situations, in turn."""
    wanted = Wanted([EXCHANGE], SubjectType.USER, on.scale.plan(3), 1, 0, environment=ENVIRONMENT)
    with on.server(engine, "tail", wanted) as server:
        assert server.cluster is not None
        give_passwords(server.cluster)
        sign_ins = SignIns(server, on.scale.sign_ins)
        latencies = _latencies(on, server, sign_ins, server.cluster)
    for name, measured in latencies.items():
        limit = MOST_P99 if name == ALONE else None
        yield Finding("tail", engine, f"p50 {name}", percentile(measured, 0.5), "ms")
        yield Finding("tail", engine, f"p99 {name}", percentile(measured, 0.99), "ms", most=limit)
        yield Finding("tail", engine, f"p99.9 {name}", percentile(measured, 0.999), "ms")
    alone = percentile(latencies[ALONE], 0.99)
    for name in (SIGN_INS, CHECKPOINTS):
        times = percentile(latencies[name], 0.99) / alone
        yield Finding("tail", engine, f"p99 {name}, to that alone", times, "times", most=MOST_TIMES)
    yield from _told(engine, sign_ins)


def _told(engine: str, sign_ins: SignIns) -> Iterator[Finding]:
    tried = sum(sign_ins.statuses.values())
    yield Finding("tail", engine, "sign-ins tried in a second", tried / sign_ins.seconds, "")
    yield Finding("tail", engine, "sign-ins that succeeded in a second", sign_ins.statuses[303] / sign_ins.seconds, "")
    yield Finding("tail", engine, "sign-ins answered 503, too busy", sign_ins.statuses[503] / max(tried, 1), "of all")
    yield Finding("tail", engine, "sign-ins that nobody answered", sign_ins.statuses[UNANSWERED], "")


def _latencies(on: Stage, server: Server, sign_ins: SignIns, cluster: Cluster) -> dict[str, list[int]]:
    """By situation; each has its turn in every round."""
    asked, plan = server.operations[EXCHANGE], server.plan
    on.run.send(server.target, asked, asked.slice(0, plan.warm_up))
    latencies: dict[str, list[int]] = {ALONE: [], SIGN_INS: [], CHECKPOINTS: []}
    for number in range(plan.rounds):
        name = list(latencies)[number % len(latencies)]
        beside: dict[str, AbstractContextManager[None]] = {
            ALONE: nullcontext(),
            SIGN_INS: sign_ins.going_on(),
            CHECKPOINTS: _checkpoints(cluster),
        }
        lead, requests = plan.round(asked, number)
        with beside[name]:
            on.run.send(server.target, asked, lead)
            latencies[name] += on.run.send(server.target, asked, requests).latencies
    return latencies


@contextmanager
def _checkpoints(cluster: Cluster) -> Iterator[None]:
    """One after the other, with a pause, while the block runs. SQLite's server makes its own besides, as always."""
    ended = threading.Event()

    def work() -> None:
        filling.ask(cluster, _CHECKPOINTS[cluster.engine])
        while not ended.wait(_CHECKPOINT_PAUSE):
            filling.ask(cluster, _CHECKPOINTS[cluster.engine])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


PARTS: dict[str, stage.Part] = {"tail": tail}

if __name__ == "__main__":
    stage.main(PARTS, __doc__, "bench.tail")

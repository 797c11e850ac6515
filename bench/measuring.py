"""One measurement: some requests to one target, and what they cost it."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from bench import calibration, load, processes
from bench.load import Job
from bench.operations import Operation
from bench.processes import Cores


@dataclass(frozen=True, slots=True)
class Target:
    """A server under measure, and the first process of its database server when it has one."""

    name: str
    port: int
    pid: int
    database_pid: int | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """Microseconds of CPU for one request, milliseconds of latency, bytes of a request and its answer.

    `calibration_ns` is the speed of the core just before.
    """

    target: str
    operation: str
    round: int
    server_us: float
    database_us: float
    per_second: float
    p50: float
    p99: float
    p999: float
    bytes: float
    resident: int
    calibration_ns: int


@dataclass(frozen=True, slots=True)
class Run:
    """What all measurements of a run share."""

    generator: Executor
    cores: Cores
    connections: int

    def measure(self, target: Target, operation: Operation, round_: int, requests: Sequence[bytes]) -> Measurement:
        """Send the requests and read the clocks before and after. Raises AssertionError for a wrong answer."""
        speed = calibration.measure(self.cores.server)
        server, database = processes.tree(target.pid), self._database(target)
        before, database_before = processes.cpu_ns(server), processes.cpu_ns(database)
        job = Job(target.port, self.connections, operation.status, list(requests))
        outcome = self.generator.submit(load.run, job).result()
        spent, database_spent = processes.cpu_ns(server) - before, processes.cpu_ns(database) - database_before
        assert not outcome.failures, f"{target.name}, {operation.name}: {outcome.wrong.decode(errors='replace')}"
        count, latencies = len(requests), outcome.latencies
        return Measurement(
            target=target.name,
            operation=operation.name,
            round=round_,
            server_us=spent / count / 1e3,
            database_us=database_spent / count / 1e3,
            per_second=count / outcome.seconds,
            p50=_percentile(latencies, 0.5),
            p99=_percentile(latencies, 0.99),
            p999=_percentile(latencies, 0.999),
            bytes=(outcome.sent_bytes + outcome.received_bytes) / count,
            resident=processes.resident_bytes(target.pid),
            calibration_ns=speed,
        )

    def _database(self, target: Target) -> list[int]:
        if target.database_pid is None:
            return []
        pids = processes.tree(target.database_pid)
        # Backends start during the warm-up, wherever they like.
        processes.pin(pids, self.cores.database)
        return pids


def _percentile(ascending: Sequence[int], share: float) -> float:
    """Milliseconds."""
    return ascending[min(int(len(ascending) * share), len(ascending) - 1)] / 1e6

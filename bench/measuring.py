"""One measurement: some requests to one target, and what they cost it."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from bench import calibration, load, processes
from bench.load import Job, Outcome
from bench.operations import Operation
from bench.processes import Cores, spent_ns


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

    `resident` is the memory of the server's largest process. `calibration_ns` is the speed of the core just before.
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

    def send(self, target: Target, operation: Operation, requests: Sequence[bytes]) -> Outcome:
        """Send the requests. Raises AssertionError for a wrong answer."""
        job = Job(target.port, self.connections, operation.status, list(requests))
        outcome = self.generator.submit(load.run, job).result()
        assert not outcome.failures, f"{target.name}, {operation.name}: {outcome.wrong.decode(errors='replace')}"
        return outcome

    def measure(self, target: Target, operation: Operation, round_: int, requests: Sequence[bytes]) -> Measurement:
        """Send the requests and read the clocks before and after. Raises AssertionError for a wrong answer."""
        speed = calibration.measure(self.cores.server)
        before, database_before = self._clocks(target)
        outcome = self.send(target, operation, requests)
        after, database_after = self._clocks(target)
        spent, database_spent = spent_ns(before, after), spent_ns(database_before, database_after)
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
            resident=max(processes.resident_bytes(pid) for pid in after),
            calibration_ns=speed,
        )

    def _clocks(self, target: Target) -> tuple[dict[int, int], dict[int, int]]:
        """The server's and its database's."""
        database = [] if target.database_pid is None else processes.tree(target.database_pid)
        # Backends start during the warm-up, wherever they like.
        processes.pin(database, self.cores.database)
        return processes.cpu_ns(processes.tree(target.pid)), processes.cpu_ns(database)


def _percentile(ascending: Sequence[int], share: float) -> float:
    """Milliseconds."""
    return ascending[min(int(len(ascending) * share), len(ascending) - 1)] / 1e6

"""Processes under measure: their CPU time, memory and cores."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_WAIT = 300.0
"""Seconds for a server to listen; some fill their own store before."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Where things run: the server alone on one core; the load and PostgreSQL share the other when there are two."""

    server: int
    load: int
    database: int

    @property
    def are_apart(self) -> bool:
        return self.server != self.load

    def __str__(self) -> str:
        return f"server on core {self.server}, load on {self.load}, PostgreSQL on {self.database}"


def cores() -> Cores:
    """The first cores that this process may use; with one core, everything shares it."""
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[min(1, len(usable) - 1)], usable[min(2, len(usable) - 1)])


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_ns(pids: Sequence[int]) -> dict[int, int]:
    """CPU time of each process in nanoseconds: utime + stime of /proc/PID/stat, without its steps of 10 ms."""
    times = {}
    for pid in pids:
        try:
            # clock_getcpuclockid(3): the clock of a process, all of its threads included.
            times[pid] = time.clock_gettime_ns(~pid << 3 | 2)
        except OSError:  # it ended meanwhile
            continue
    return times


def spent_ns(before: Mapping[int, int], after: Mapping[int, int]) -> int:
    """CPU time between two readings. A process that started in between counts from its beginning."""
    return sum(time - before.get(pid, 0) for pid, time in after.items())


def resident_bytes(pid: int) -> int:
    """Resident memory of one process (VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def pin(pids: Sequence[int], core: int) -> None:
    """Keep processes, all threads of them, on one core."""
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a command to its end. Raises CalledProcessError."""
    subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)


def says(command: Sequence[str]) -> str | None:
    """What a command prints; None when it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], port: int, core: int, log: Path) -> Iterator[int]:
    """A server process on its core, from when it listens until the block ends. Gives its pid."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509 - no threads here
        )
    try:
        _wait_for(process, port, log)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_WAIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"The server does not listen:\n{log.read_text()}")


def _parent(entry: Path) -> int | None:
    try:
        # The name in parentheses may itself hold spaces and parentheses.
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it ended meanwhile
        return None

"""The servers under measure, started as real processes: ours on a seeded database, and the floor."""

import base64
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import clusters, operations, processes
from bench.measuring import Target
from bench.operations import Operation
from bench.processes import Cores
from bench.seeding import Seeder
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import SubjectType

# Calls and failures are counted as always, and nobody is refused.
_LIMITS = ("RATE_LIMIT_USER", "RATE_LIMIT_ORGANIZATION", "RATE_LIMIT_FAILED_AUTHENTICATION")
_DATABASES = {"sqlite": clusters.sqlite, "postgres": clusters.postgres}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to seed: `total` single-use rows of each operation, `each` of the others."""

    names: list[str]
    sub_type: SubjectType
    total: int
    each: int


@dataclass(frozen=True, slots=True)
class Source:
    """The code that is run: this checkout's, or another one's that it is compared with."""

    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Server:
    """A running server with what can be asked of it, by operation. `settings` are its database's."""

    target: Target
    operations: dict[str, Operation]
    settings: dict[str, str]


Started = AbstractContextManager[Server]


@contextmanager
def floor(names: list[str], cores: Cores, folder: Path) -> Iterator[Server]:
    """The bare application: whatever the operation, it is asked the same."""
    port = processes.free_port()
    command = [sys.executable, "-m", "bench.floor", "--port", str(port)]
    with processes.running(command, {}, port, cores.server, folder / "floor.log") as pid:
        yield Server(Target("floor", port, pid), {name: operations.hello(name) for name in names}, {})


@contextmanager
def ours(engine: str, source: Source, wanted: Wanted, cores: Cores, folder: Path) -> Iterator[Server]:
    """`polar-server serve` with one worker, on a database of its own."""
    key, port, name = os.urandom(32), processes.free_port(), f"{engine}{source.name}"
    folder = folder / name
    folder.mkdir()
    with _DATABASES[engine](folder) as cluster:
        environment = {
            "POLAR_ISSUER": f"http://localhost:{port}",
            "POLAR_SERVER_KEY": base64.urlsafe_b64encode(key).decode(),
            "POLAR_DATABASE_URL": cluster.url,
            "POLAR_DATA_DIR": str(folder),
            "PYTHONPATH": str(source.folder / "src"),
            **{f"POLAR_{name}": "10000000" for name in _LIMITS},
        }
        polar_server = [sys.executable, "-m", "polar_server"]
        processes.run([*polar_server, "migrate"], environment)
        seeder = Seeder(cluster, ServerKeys([key]), wanted.sub_type)
        prepared = operations.prepare(seeder, wanted.names, wanted.total, wanted.each)
        serve = [*polar_server, "serve", "--workers", "1", "--port", str(port)]
        with processes.running(serve, environment, port, cores.server, folder / "log") as pid:
            target = Target(name, port, pid, cluster.pid)
            yield Server(target, {each.name: each for each in prepared}, cluster.settings)

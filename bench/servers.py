"""The servers under measure, started as real processes: ours on a seeded database, and the floor."""

import base64
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import clusters, load, operations, processes
from bench.clusters import Cluster
from bench.load import Job
from bench.measuring import Target
from bench.operations import Operation, Plan
from bench.processes import Cores
from bench.seeding import Seeder
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import SubjectType

# Calls and failures are counted as always, and nobody is refused.
_LIMITS = ("RATE_LIMIT_USER", "RATE_LIMIT_ORGANIZATION", "RATE_LIMIT_FAILED_AUTHENTICATION", "RATE_LIMIT_CONFIRMATION")
_UVICORN = {"server": "uvicorn, uvloop, httptools, 1 worker"}
_DRIVERS = {"sqlite": "sqlite3, group commit", "postgres": "asyncpg, pool of 10, jit off"}
PEER = "fastapi-products"
"""The name of the target that others would have written."""


class Missing(Exception):
    """Something has to be installed first; the message says what."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to seed: single-use rows for the plan, `each` of the others, and `products`.

    `environment` are settings of the server beyond the usual ones, `module` is what runs it.
    """

    names: list[str]
    sub_type: SubjectType
    plan: Plan
    each: int
    products: int
    workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    module: str = "polar_server"


@dataclass(frozen=True, slots=True)
class Source:
    """The code that is run: this checkout's, or another one's that it is compared with."""

    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Server:
    """A running server with what can be asked of it, by operation, its database, its newest server key and settings."""

    target: Target
    operations: dict[str, Operation]
    plan: Plan
    cluster: Cluster | None = None
    key: bytes = b""
    settings: Mapping[str, str] = field(default_factory=dict)


Started = AbstractContextManager[Server]


@contextmanager
def floor(wanted: Wanted, cores: Cores, folder: Path) -> Iterator[Server]:
    """The bare application: whatever the operation, it is asked the same."""
    port = processes.free_port()
    command = [sys.executable, "-m", "bench.floor", "--port", str(port)]
    with processes.running(command, {}, port, cores.server, folder / "floor.log") as pid:
        asked = {name: operations.hello(name) for name in wanted.names}
        yield Server(Target("floor", port, pid), asked, wanted.plan, settings=_UVICORN)


@contextmanager
def ours(engine: str, source: Source, wanted: Wanted, cores: Cores, folder: Path) -> Iterator[Server]:
    """`polar-server serve` with one worker, on a database of its own."""
    key, port, name = os.urandom(32), processes.free_port(), f"{engine}{source.name}"
    folder = folder / name
    folder.mkdir()
    with clusters.DATABASES[engine](folder) as cluster:
        environment = {
            "POLAR_ISSUER": f"http://localhost:{port}",
            "POLAR_SERVER_KEY": base64.urlsafe_b64encode(key).decode(),
            "POLAR_DATABASE_URL": cluster.url,
            "POLAR_DATA_DIR": str(folder),
            "PYTHONPATH": str(source.folder / "src"),
            **{f"POLAR_{name}": "10000000" for name in _LIMITS},
            **wanted.environment,
        }
        polar_server = [sys.executable, "-m", "polar_server"]
        processes.run([*polar_server, "migrate"], environment)
        seeder = Seeder(cluster, ServerKeys([key]), wanted.sub_type)
        more = {
            operations.LIST_PRODUCTS: operations.list_products(seeder, wanted.products, wanted.each),
            operations.CONFIRM_ONCE: operations.confirm(seeder, wanted.plan.total, renews=False),
            operations.CONFIRM_SUBSCRIPTION: operations.confirm(seeder, wanted.plan.total, renews=True),
        }
        prepared = operations.prepare(seeder, wanted.names, wanted.plan.total, wanted.each, more)
        serve = [sys.executable, "-m", wanted.module, "serve", "--workers", str(wanted.workers), "--port", str(port)]
        with processes.running(serve, environment, port, cores.server, folder / "log") as pid:
            target = Target(name, port, pid, cluster.pid)
            settings = {**_UVICORN, "driver": _DRIVERS[engine], **cluster.settings}
            yield Server(target, {each.name: each for each in prepared}, wanted.plan, cluster, key, settings)


@contextmanager
def peer(ours: Server, python: str, cores: Cores, folder: Path) -> Iterator[Server]:
    """The list of products as it is usually written, on our server's database. Raises Missing.

    Raises AssertionError when it does not answer what our server does.
    """
    assert ours.cluster is not None
    _require_peer(python)
    port = processes.free_port()
    environment = {
        "PEER_DATABASE_URL": ours.cluster.url,
        "PEER_DIGEST_KEY": hmac.digest(ours.key, b"polar-server digest", "sha256").hex(),
    }
    command = [python, "-m", "bench.peers.fastapi_products", "--port", str(port)]
    with processes.running(command, environment, port, cores.server, folder / "peer.log") as pid:
        asked = ours.operations[operations.LIST_PRODUCTS]
        _compare(ours.target.port, port, asked)
        settings = {**_UVICORN, "driver": "SQLAlchemy on asyncpg, pool of 10, jit off", **ours.cluster.settings}
        target, cluster = Target(PEER, port, pid, ours.cluster.pid), ours.cluster
        yield Server(target, {asked.name: asked}, ours.plan, cluster, settings=settings)


def _require_peer(python: str) -> None:
    found = subprocess.run(
        [python, "-c", "import asyncpg, fastapi, sqlalchemy.ext.asyncio"], capture_output=True, check=False
    )
    if found.returncode:
        raise Missing(f"FastAPI and SQLAlchemy are missing: {python} -m pip install -r requirements/bench.txt")


def _compare(ours: int, peer: int, asked: Operation) -> None:
    """Both answer the same before either is measured."""
    for request in asked.requests[:20]:
        answers = [load.run(Job(port, 1, asked.status, [request])).answer for port in (ours, peer)]
        first, second = (json.loads(answer) for answer in answers)
        assert first == second, f"The peer answers something else:\n{first}\n{second}"
        assert len(first["items"]) == 20, "a full page"

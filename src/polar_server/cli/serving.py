"""`serve`: everything made ready, and then the server itself."""

import os
import socket
import sys
import time
from functools import partial
from urllib.parse import urlsplit

from polar_server import settings as configuration
from polar_server.cli.opening import opened
from polar_server.cli.output import Record, Refused
from polar_server.settings import Settings
from polar_server.storage import storage_for

LOCAL = ("localhost", "127.0.0.1")


async def serve(*, host: str = "127.0.0.1", port: int | None = None, workers: int = 1) -> Record:
    """Start the server.

    Parameters
    ----------
    host
        Address to listen on; 0.0.0.0 for every one.
    port
        Port to listen on. Left out, it is the one in POLAR_ISSUER when that names this machine, else 8000.
    workers
        Processes that answer. One per core is a good start on PostgreSQL; SQLite needs only one.
    """
    settings = configuration.load()
    port = _port(settings) if port is None else port
    async with opened() as at:
        # Makes what the workers share, before there are several of them: tables and the development key.
        storage_for(settings, at.server_keys, time.time)
    _require_free(host, port)
    return Record(
        f"Polar listens on {host} port {port} and is reached at {settings.issuer}.",
        {"issuer": settings.issuer, "host": host, "port": port, "workers": workers},
        _hint(settings, port),
        brief=True,
        then=partial(become_server, host, port, workers),
    )


def become_server(host: str, port: int, workers: int) -> None:
    """Go on as the processes that answer: in workers, what commands need would only take room."""
    # -P: what lies in the present folder is no module of ours.
    command = [sys.executable, "-P", "-m", "polar_server.processes", host, str(port), str(workers)]
    os.execv(sys.executable, command)  # noqa: S606 - the interpreter that runs this, no shell


def _port(settings: Settings) -> int:
    issuer = urlsplit(settings.issuer)
    return (issuer.port if issuer.hostname in LOCAL else None) or 8000


def _require_free(host: str, port: int) -> None:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        remedy = f"Stop what listens there, or choose another port: POLAR_ISSUER=http://localhost:{port + 10}."
        raise Refused(f"Cannot listen on {host} port {port}: {error.strerror}. {remedy}") from error


def _hint(settings: Settings, port: int) -> str:
    issuer = urlsplit(settings.issuer)
    if issuer.hostname in LOCAL and issuer.port != port:
        return f"The issuer names another port. Set POLAR_ISSUER=http://localhost:{port}, unless a proxy sits between."
    return "Stop it with Ctrl-C."

"""`serve`, `migrate`, `sweep` and `settings`: running the server and looking after it."""

import asyncio
import signal
import socket
import time
from functools import partial
from urllib.parse import urlsplit

import uvicorn
import uvloop

from polar_server import logs
from polar_server import settings as configuration
from polar_server.accounts.sweeping import sweep as accounts_sweep
from polar_server.app import PACKAGES
from polar_server.authorization_server.sweep import sweep as tokens_sweep
from polar_server.cli.opening import open_database, opened, server_keys
from polar_server.cli.output import Record, Records, Refused
from polar_server.database import migrations
from polar_server.house import deliver
from polar_server.plain_protocol import PlainProtocol
from polar_server.resources.files.sweeping import sweep as files_sweep
from polar_server.settings import Settings
from polar_server.storage import storage_for

GRACEFUL_SHUTDOWN = 10
"""Seconds that requests under way get when the server stops."""
BACKLOG = 2048
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: proxies and client pools, which keep theirs for less, close first."""
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
        then=partial(_run, host, port, workers),
    )


def _run(host: str, port: int, workers: int) -> None:
    uvicorn.run(
        "polar_server.app:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=PlainProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        # The app itself decides whom to believe about X-Forwarded-For: POLAR_TRUSTED_PROXIES.
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN,
    )


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


async def worker() -> Record:
    """Deliver webhooks, beside servers that were started with POLAR_WORKER=false or in addition to theirs."""
    async with opened() as at:
        settings = at.settings
    return Record(
        "Webhooks are being delivered.", {}, "Stop it with Ctrl-C.", brief=True, then=partial(_work, settings)
    )


def _work(settings: Settings) -> None:
    logs.configure(settings.log_format)
    uvloop.run(_deliver_until_stopped(settings))


async def _deliver_until_stopped(settings: Settings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await deliver(settings, server_keys(settings), time.time, ended)


async def migrate() -> Record:
    """Bring the database's tables up to date."""
    async with open_database(configuration.load()) as database:
        applied = await migrations.apply(database, PACKAGES)
    sentence = f"Applied {len(applied)} migrations." if applied else "The database is up to date."
    return Record(sentence, {"applied": [str(migration) for migration in applied]}, brief=not applied)


async def sweep() -> Record:
    """Remove what expired: codes, tokens, sessions, mailed links, unfinished uploads. Once a day is enough."""
    async with opened() as at:
        removed = await accounts_sweep(at.database, at.now)
        removed |= await tokens_sweep(at.database, at.settings, at.now)
        storage = storage_for(at.settings, at.server_keys, time.time)
        removed |= await files_sweep(at.database, storage, at.now)
        await storage.close()
    return Record(f"Removed {sum(removed.values())} rows.", removed)


def list_settings() -> Records:
    """List every setting, its default and what it means."""
    items = [{"name": name, "default": default, "text": text} for name, default, text in configuration.describe()]
    return Records(items, ("name", "default", "text"))

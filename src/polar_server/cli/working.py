"""`worker`: the work beside the requests, in a process of its own."""

import asyncio
import signal
import time
from functools import partial

import uvloop

from polar_server import logs
from polar_server.cli.opening import opened, server_keys
from polar_server.cli.output import Record
from polar_server.house import deliver
from polar_server.settings import Settings


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

"""Jobs beside the requests: run with the application, tried again after a failure, patient with the database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from polar_server.database import Unavailable

START_TRIES = 60
"""How often a worker asks for the database, once a second, before it gives up."""

Job = Callable[[], Awaitable[None]]
DueWork = Callable[[], Awaitable[int]]
"""Does a part of what is due and gives how much that was; 0 when nothing was."""

log = structlog.get_logger()


@asynccontextmanager
async def running(*jobs: Job) -> AsyncIterator[None]:
    """Run the jobs beside the requests, and end them with the application."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def patiently(job: Job) -> None:
    """Do it as soon as the database can. A worker that gave up at its start would take the others down with it."""
    for _ in range(START_TRIES):
        try:
            return await job()
        except Unavailable as error:
            log.warning("waiting_for_database", reason=str(error))
            await asyncio.sleep(1)
    return await job()


async def guarded(name: str, job: Job) -> None:
    """A background job that fails is logged and tried again at its next turn."""
    try:
        await job()
    except Exception:
        log.exception("background_job_failed", job=name)


async def whenever_due(name: str, work: DueWork, pause: float) -> None:
    """Do what is due, again at once while there is more, and look again after a pause in seconds."""
    while True:
        try:
            done = await work()
        except Exception:
            log.exception("background_job_failed", job=name)
            done = 0
        await asyncio.sleep(0 if done else pause)

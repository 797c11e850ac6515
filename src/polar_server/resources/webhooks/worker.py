"""The delivery worker: looks for due events, drives a lane for each endpoint, and ends without losing any."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from polar_server.database import DatabaseError
from polar_server.resource_server import event_queries, events
from polar_server.resources.webhooks.dispatching import BATCH, dispatch
from polar_server.resources.webhooks.lanes import Desk, Lane, claim, drive
from polar_server.resources.webhooks.upkeep import UPKEEP_EVERY, keep_up

LANES = 100
"""Endpoints that one worker sends to at the same time; a lane is little more than a socket."""
TURN = 20.0
"""Seconds after which a lane with more to send goes to the end of the line."""
POLL = 2.0
"""Seconds between two looks, give or take half of it: other processes' events are found by looking."""
SOON = (0.02, 0.1, 0.5)
"""Seconds to the looks after this process recorded an event: its commit comes a moment later."""
CLOSING_GRACE = 12.0

log = structlog.get_logger(__name__)


class DeliveryWorker:
    """One worker. Any number of them may run, in one process or on many hosts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lanes: set[asyncio.Task[None]] = set()
        self._rung = asyncio.Event()
        self._soon: list[float] = []
        self._closing = False
        self._upkeep_at = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work beside whatever the block does; at its end attempts under way are finished, and no other begins."""
        with events.listening(self._ring):
            task = asyncio.create_task(self._work(), name="webhooks")
            try:
                yield
            finally:
                await self._close(task)

    async def work_once(self) -> int:
        """Send everything that is due now, and return how many endpoints were served."""
        while await self._dispatch():
            pass
        lanes = await claim(self._desk, LANES)
        await asyncio.gather(*(drive(self._desk, lane, self._may_go_on()) for lane in lanes))
        return len(lanes)

    def _ring(self) -> None:
        self._soon = list(SOON)
        self._rung.set()

    async def _close(self, task: asyncio.Task[None]) -> None:
        self._closing = True
        self._rung.set()
        await task
        if self._lanes:
            await asyncio.wait(self._lanes, timeout=CLOSING_GRACE)
        late = [lane for lane in self._lanes if lane.cancel()]
        await asyncio.gather(*late, return_exceptions=True)

    async def _work(self) -> None:
        while not self._closing:
            try:
                found = await self._look()
                await self._keep_up()
            except DatabaseError as error:
                log.warning("webhooks_delayed", reason=str(error))
                found = False
            except Exception:
                log.exception("background_job_failed", job="webhooks")
                found = False
            await self._pause(found=found)

    async def _look(self) -> bool:
        """Queue new events and start lanes for what is due; whether there may be more to do at once."""
        more = await self._dispatch()
        lanes = await claim(self._desk, LANES - len(self._lanes))
        for lane in lanes:
            task = asyncio.create_task(self._drive(lane))
            self._lanes.add(task)
            task.add_done_callback(self._lanes.discard)
        return more or bool(lanes)

    async def _dispatch(self) -> bool:
        async with self._desk.database.read() as tx:
            if not await event_queries.waits(tx):
                return False
        return await dispatch(self._desk.database, self._desk.now) >= BATCH

    async def _drive(self, lane: Lane) -> None:
        try:
            await drive(self._desk, lane, self._may_go_on())
        except DatabaseError as error:
            # The lease ends by itself, and then the event is sent again.
            log.warning("webhook_lane_ended", endpoint_id=lane.endpoint_id, reason=str(error))
        except Exception:
            log.exception("background_job_failed", job="webhook lane", endpoint_id=lane.endpoint_id)
        self._rung.set()

    def _may_go_on(self) -> "_Turn":
        return _Turn(self)

    @property
    def closing(self) -> bool:
        return self._closing

    async def _keep_up(self) -> None:
        now = self._desk.clock()
        if now >= self._upkeep_at:
            self._upkeep_at = now + UPKEEP_EVERY
            await keep_up(self._desk.database, self._desk.server_keys, int(now))

    async def _pause(self, *, found: bool) -> None:
        if found or self._closing:
            return
        wait = self._soon.pop(0) if self._soon else POLL * (0.5 + self._desk.random())
        if self._soon:
            await asyncio.sleep(wait)
            return
        self._rung.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._rung.wait()


class _Turn:
    """Whether a lane may send one more: not when the worker closes, and not without end while others wait."""

    def __init__(self, worker: DeliveryWorker) -> None:
        self._worker = worker
        self._ends_at = asyncio.get_running_loop().time() + TURN

    def __call__(self) -> bool:
        return not self._worker.closing and asyncio.get_running_loop().time() < self._ends_at

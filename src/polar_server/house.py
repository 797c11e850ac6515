"""The house: every part of the server, made once, with the work that goes on beside the requests."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
from litestar import Litestar

from polar_server import accounts, authorization_server, dashboard, resource_server
from polar_server.accounts import sessions
from polar_server.accounts.passwords import Passwords
from polar_server.accounts.sweeping import sweep as sweep_accounts
from polar_server.audit.client_events import ClientEvents
from polar_server.audit.sweeping import sweep as sweep_audit
from polar_server.authorization_server.scanning_keys import ScanningKeys
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.signing_keys import RELOAD_EVERY, SigningKeys, ensure_keys, load_keys
from polar_server.authorization_server.sweep import sweep as sweep_grants
from polar_server.background import Job, guarded, patiently, running, whenever_due
from polar_server.database import Database, connect
from polar_server.html import PageRequest, Pages, cookies
from polar_server.mail import Mailer, mailer_for
from polar_server.oauth.server_keys import ServerKeys
from polar_server.outbound import Outbound
from polar_server.rate_limits import RateLimits
from polar_server.resource_server.money import money
from polar_server.resources import checkouts, orders, webhooks
from polar_server.resources.benefit_grants.resealing import reseal_license_keys
from polar_server.resources.benefit_grants.reviewing import review_grants
from polar_server.resources.checkouts.expiring import expire_checkouts
from polar_server.resources.files.sweeping import sweep as sweep_files
from polar_server.resources.subscriptions.renewals import renew_subscriptions
from polar_server.resources.webhooks.lanes import Desk
from polar_server.resources.webhooks.notices import teller
from polar_server.resources.webhooks.worker import DeliveryWorker
from polar_server.settings import Settings
from polar_server.storage import storage_for
from polar_server.telemetry import Telemetry

SWEEP_EVERY = 600
"""Seconds between two rounds of the sweeper."""

DUE: tuple[Callable[[AuthorizationServer, int], Awaitable[int]], ...] = (
    review_grants,
    reseal_license_keys,
    expire_checkouts,
    renew_subscriptions,
)
"""What the clock starts: each does a part of what is due at a time, and gives how much that was."""

LOOK_EVERY = 2.0
"""Seconds between two looks for what is due."""

Clock = Callable[[], float]

log = structlog.get_logger()


class House:
    """The parts, each made once."""

    def __init__(self, settings: Settings, server_keys: ServerKeys, clock: Clock) -> None:
        self.settings, self.server_keys, self.clock = settings, server_keys, clock
        self.database: Database = connect(settings.database, settings.database_connections)
        self.signing_keys = SigningKeys([])
        self.passwords = Passwords(settings.password_workers, apart=True)
        self.mailer: Mailer = mailer_for(settings, clock)
        folders = {
            package.__name__.rpartition(".")[2]: Path(package.__path__[0]) / "templates"
            for package in (accounts, authorization_server, resource_server, checkouts, orders, webhooks, dashboard)
        }
        self.pages = Pages(folders, settings, server_keys, filters={"money": money})
        self.telemetry = Telemetry(settings.data_dir / "telemetry")
        self.rate_limits = RateLimits(settings, clock, self.telemetry.count_store_error)
        self.outbound = Outbound(loopback=settings.outbound_loopback)
        self.scanning_keys = ScanningKeys(settings.secret_scanning_keys, self.outbound, clock)
        self.storage = storage_for(settings, server_keys, clock)
        self.client_events = ClientEvents(self.database)
        self.server = AuthorizationServer(
            settings, self.database, server_keys, self.signing_keys, clock, self.rate_limits, self.client_events
        )

    @asynccontextmanager
    async def open(self, _: Litestar) -> AsyncIterator[None]:
        """Open what needs the event loop, for as long as the application runs."""
        self.telemetry.open()
        await self.database.open()
        try:
            await patiently(self._prepare_keys)
            self.mailer.open()
            self.rate_limits.open()
            async with running(self._reload_keys, self._sweep, self._write_client_events):
                if not self.settings.worker:
                    yield
                    return
                async with self.working():
                    yield
        finally:
            await self.rate_limits.close()
            await self.close()

    async def close(self) -> None:
        """Send the mail that waits, and let go of everything."""
        await self.mailer.close()
        self.outbound.close()
        await self.storage.close()
        self.passwords.close()
        await self.database.close()
        self.telemetry.close()

    async def _prepare_keys(self) -> None:
        await ensure_keys(self.database, self.server_keys, int(self.clock()))
        await self._load_keys()

    async def _load_keys(self) -> None:
        self.signing_keys.replace(await load_keys(self.database, self.server_keys, int(self.clock())))

    async def _reload_keys(self) -> None:
        while True:
            await asyncio.sleep(RELOAD_EVERY)
            await guarded("reload_keys", self._load_keys)

    async def _write_client_events(self) -> None:
        while True:
            await guarded("write_client_events", self.client_events.keep_writing)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            await guarded("sweep", self._sweep_once)

    async def _sweep_once(self) -> None:
        now = int(self.clock())
        removed = await sweep_grants(self.database, self.settings, now) | await sweep_accounts(self.database, now)
        removed |= await sweep_files(self.database, self.storage, now)
        removed |= await sweep_audit(self.database, self.settings.audit_retention, now)
        log.info("swept", **removed)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Deliver webhooks and do what the clock starts, beside whatever the block does."""
        tell, count = teller(self.database, self.pages.text, self.mailer.post), self.telemetry.count_delivery
        desk = Desk(self.database, self.server_keys, self.outbound, self.clock, random.random, tell, count)
        async with DeliveryWorker(desk).running(), running(*(self._due(work) for work in DUE)):
            yield

    def _due(self, work: Callable[[AuthorizationServer, int], Awaitable[int]]) -> Job:
        return partial(whenever_due, work.__name__, lambda: work(self.server, int(self.clock())), LOOK_EVERY)

    async def session(self, request: PageRequest) -> sessions.Session | None:
        """The session of a request, looked up only where a page asks for it."""
        cookie = cookies.session(request, self.settings)
        return await sessions.find_session(self.database, self.server_keys, self.settings, cookie, int(self.clock()))


async def deliver(settings: Settings, server_keys: ServerKeys, clock: Clock, ended: asyncio.Event) -> None:
    """Do the work beside the requests and answer none, until the end is asked for."""
    house = House(settings, server_keys, clock)
    house.telemetry.open()
    await house.database.open()
    house.mailer.open()
    try:
        async with house.working():
            await ended.wait()
    finally:
        await house.close()

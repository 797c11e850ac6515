"""The composition root: builds every part once and joins the floors into one ASGI application."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from litestar import Litestar
from litestar.di import Provide
from litestar.types import ASGIApp

from polar_server import accounts, authorization_server, dashboard, logs, resource_server
from polar_server import settings as configuration
from polar_server.accounts import sessions
from polar_server.accounts.endpoints import routes as account_routes
from polar_server.accounts.passwords import Passwords
from polar_server.accounts.sweeping import sweep as sweep_accounts
from polar_server.audit.client_events import ClientEvents
from polar_server.audit.sweeping import sweep as sweep_audit
from polar_server.authorization_server.grant_queries import revoke_grants_of
from polar_server.authorization_server.person_queries import end_with_person, kept_of_person
from polar_server.authorization_server.routes import AT_ONCE, EXACT, PREFIXES
from polar_server.authorization_server.routes import routes as authorization_routes
from polar_server.authorization_server.scanning_keys import ScanningKeys
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.signing_keys import RELOAD_EVERY, SigningKeys, ensure_keys, load_keys
from polar_server.authorization_server.sweep import sweep as sweep_grants
from polar_server.authorization_server.visitors import describe_return_to
from polar_server.background import Job, guarded, patiently, running, whenever_due
from polar_server.dashboard.routes import dashboard_router
from polar_server.database import Database, Transaction, connect
from polar_server.html import PageRequest, Pages, cookies
from polar_server.html.endpoints import routes as html_routes
from polar_server.mail import Mailer, mailer_for
from polar_server.oauth.server_keys import ServerKeys
from polar_server.outbound import Outbound
from polar_server.plain_asgi import PlainEndpoints
from polar_server.rate_limits import RateLimits
from polar_server.refusals import exception_handlers
from polar_server.resource_server.money import money
from polar_server.resource_server.reference import routes as reference_routes
from polar_server.resource_server.routing import api_router
from polar_server.resources import checkouts, orders, webhooks
from polar_server.resources.benefit_grants.endpoints import routes as grant_routes
from polar_server.resources.benefit_grants.resealing import reseal_license_keys
from polar_server.resources.benefit_grants.reviewing import review_grants
from polar_server.resources.benefit_grants.revoking import revoke_of_customer
from polar_server.resources.benefits.endpoints import routes as benefit_routes
from polar_server.resources.checkouts.endpoints import routes as checkout_routes
from polar_server.resources.checkouts.expiring import expire_checkouts
from polar_server.resources.checkouts.pages import routes as checkout_page_routes
from polar_server.resources.customers.deleting import OnDeletion
from polar_server.resources.customers.endpoints import routes as customer_routes
from polar_server.resources.files.endpoints import routes as file_routes
from polar_server.resources.files.sweeping import sweep as sweep_files
from polar_server.resources.files.transfers import routes as transfer_routes
from polar_server.resources.metrics.endpoints import routes as metric_routes
from polar_server.resources.orders.document_pages import routes as document_routes
from polar_server.resources.orders.endpoints import routes as order_routes
from polar_server.resources.organizations.endpoints import routes as organization_routes
from polar_server.resources.products.endpoints import routes as product_routes
from polar_server.resources.refunds.endpoints import routes as refund_routes
from polar_server.resources.subscriptions.ending import end_subscriptions_of
from polar_server.resources.subscriptions.endpoints import routes as subscription_routes
from polar_server.resources.subscriptions.renewals import renew_subscriptions
from polar_server.resources.users.endpoints import routes as user_routes
from polar_server.resources.webhooks.delivery_endpoints import routes as delivery_routes
from polar_server.resources.webhooks.endpoints import routes as webhook_routes
from polar_server.resources.webhooks.lanes import Desk
from polar_server.resources.webhooks.notices import teller
from polar_server.resources.webhooks.worker import DeliveryWorker
from polar_server.settings import Settings
from polar_server.storage import storage_for
from polar_server.telemetry import Telemetry, metrics_endpoints

RESOURCES = {
    "organizations": organization_routes,
    "users": user_routes,
    "files": [*file_routes, *transfer_routes],
    "products": product_routes,
    "benefits": benefit_routes,
    "customers": customer_routes,
    "benefit_grants": grant_routes,
    "orders": order_routes,
    "subscriptions": subscription_routes,
    "refunds": refund_routes,
    "checkouts": checkout_routes,
    "metrics": metric_routes,
    "webhooks": [*webhook_routes, *delivery_routes],
}
"""The resources of the API with their routes, in a line: each may use those before it. Nowhere else are they named."""

PACKAGES = (
    "polar_server.audit",
    "polar_server.accounts",
    "polar_server.authorization_server",
    "polar_server.resource_server",
    *(f"polar_server.resources.{name}" for name in RESOURCES),
)
"""The packages that own tables, lowest floor first: the order of migrations."""

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


async def _end_grants(transaction: Transaction, user_id: str, now: int) -> None:
    await revoke_grants_of(transaction, user_id, "the person's password changed", now)


ON_CREDENTIALS_CHANGED = (_end_grants,)
"""What else ends with a person's old password, in the same transaction."""

ON_ACCOUNT_DELETED = (end_with_person,)
"""What else ends with a person's account, in the same transaction."""

KEPT_ELSEWHERE = (kept_of_person,)
"""What the floors above accounts add to the file in which people take away what is kept about them."""

ON_CUSTOMER_DELETION: tuple[OnDeletion, ...] = (end_subscriptions_of, revoke_of_customer)
"""What else ends with a customer, in the same transaction and in this order."""


def create() -> ASGIApp:
    """The application from the environment's settings, as `serve` starts it in each worker."""
    settings = configuration.load()
    logs.configure(settings.log_format)
    keys = settings.server_keys() or [configuration.development_server_key(settings.data_dir)]
    return build(settings, ServerKeys(keys), time.time)


def build(settings: Settings, server_keys: ServerKeys, clock: Clock) -> ASGIApp:
    """The application from its settings, keys and clock."""
    house = _House(settings, server_keys, clock)
    pages_and_api = _framework(house)
    exact = {**EXACT, **metrics_endpoints(house.telemetry, settings.metrics_token)}
    # Reads from SQLite never wait. Drivers of servers do, with timeouts that want a task.
    at_once = AT_ONCE if house.database.engine == "sqlite" and not settings.rate_limit_url else ()
    return PlainEndpoints(house.server, exact, PREFIXES, pages_and_api, house.telemetry.count_request, at_once)


async def deliver(settings: Settings, server_keys: ServerKeys, clock: Clock, ended: asyncio.Event) -> None:
    """Do the work beside the requests and answer none, until the end is asked for."""
    house = _House(settings, server_keys, clock)
    house.telemetry.open()
    await house.database.open()
    house.mailer.open()
    try:
        async with house.working():
            await ended.wait()
    finally:
        await house.close()


class _House:
    """The parts, each made once."""

    def __init__(self, settings: Settings, server_keys: ServerKeys, clock: Clock) -> None:
        self.settings, self.server_keys, self.clock = settings, server_keys, clock
        self.database: Database = connect(settings.database, settings.database_connections)
        self.signing_keys = SigningKeys([])
        self.passwords = Passwords(settings.password_workers)
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


def _framework(house: _House) -> Litestar:
    async def describe(return_to: str) -> Any:
        return await describe_return_to(house.server, return_to)

    parts = {
        "settings": house.settings,
        "database": house.database,
        "server_keys": house.server_keys,
        "clock": house.clock,
        "passwords": house.passwords,
        "mailer": house.mailer,
        "pages": house.pages,
        "outbound": house.outbound,
        "scanning_keys": house.scanning_keys,
        "storage": house.storage,
        "server": house.server,
        "on_credentials_changed": ON_CREDENTIALS_CHANGED,
        "on_account_deleted": ON_ACCOUNT_DELETED,
        "kept_elsewhere": KEPT_ELSEWHERE,
        "on_deletion": ON_CUSTOMER_DELETION,
        "describe_return_to": describe,
    }
    return Litestar(
        [
            *html_routes,
            *account_routes,
            *authorization_routes,
            *reference_routes,
            *document_routes,
            *checkout_page_routes,
            dashboard_router(house.pages),
            api_router(route for routes in RESOURCES.values() for route in routes),
        ],
        dependencies={name: _constant(part) for name, part in parts.items()} | {"session": Provide(house.session)},
        exception_handlers=exception_handlers(house.pages),
        lifespan=[house.open],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=1_000_000,
    )


def _constant(part: Any) -> Provide:
    return Provide(lambda: part, use_cache=True, sync_to_thread=False)

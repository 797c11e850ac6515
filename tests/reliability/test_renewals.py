"""Subscriptions that several workers renew at the same time, and workers that are killed while they do.

The figures are printed. What is due lies in the past: each subscription began some days ago and is renewed every day.
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import structlog
from tests import servers
from tests.servers import Server

from polar_server import settings as configuration
from polar_server.accounts import organizations, people
from polar_server.accounts.organizations import NewOrganization
from polar_server.accounts.people import NewPerson
from polar_server.app import ON_CUSTOMER_DELETION
from polar_server.audit.client_events import ClientEvents
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.signing_keys import SigningKeys
from polar_server.database import Statement, Transaction, connect
from polar_server.oauth.server_keys import ServerKeys
from polar_server.payments import Card
from polar_server.rate_limits import RateLimits
from polar_server.resources.customers import changes as customers
from polar_server.resources.customers import queries as customer_queries
from polar_server.resources.customers.deleting import delete_customer
from polar_server.resources.customers.payment_method_queries import add_payment_method
from polar_server.resources.customers.schemas import CustomerCreate
from polar_server.resources.products import changes as products
from polar_server.resources.products import queries as product_queries
from polar_server.resources.products.schemas import FixedPriceCreate, ProductCreate
from polar_server.resources.subscriptions.renewals import renew_subscriptions
from polar_server.resources.subscriptions.starting import NewSubscription, start_subscription
from polar_server.settings import Settings

from .conftest import Place, Tell
from .lines import workers

_SUBSCRIPTIONS = 100
_DAYS = 6
_DAY = 86400
_KILLS = 3
_PATIENCE = 90

_ORDERS = Statement("""
    SELECT o.subscription_id, o.status, o.invoice_number, i.starts_at, i.ends_at
    FROM orders o JOIN order_items i ON i.order_id = o.id AND i.organization_id = o.organization_id
    WHERE o.organization_id = :organization_id ORDER BY o.subscription_id, i.starts_at
""")
_SHOWN = Statement("""
    SELECT id, status, current_period_start, current_period_end, due_at FROM subscriptions
    WHERE organization_id = :organization_id ORDER BY id
""")
_CYCLED = Statement("""
    SELECT count(*) FROM events WHERE organization_id = :organization_id AND type = 'subscription.cycled'
""")
_CUSTOMERS = Statement("SELECT customer_id FROM subscriptions WHERE organization_id = :organization_id ORDER BY id")
_COUNT = Statement("SELECT count(*) FROM orders WHERE organization_id = :organization_id")


@dataclass(frozen=True)
class Due:
    """An organization whose subscriptions all have the same periods to make up for."""

    organization_id: str
    began_at: int


@asynccontextmanager
async def _opened(settings: Settings, keys: ServerKeys) -> AsyncIterator[AuthorizationServer]:
    """What a worker works with: connections of its own."""
    database = connect(settings.database, 3)
    await database.open()
    limits = RateLimits(settings, time.time)
    try:
        yield AuthorizationServer(settings, database, keys, SigningKeys([]), time.time, limits, ClientEvents(database))
    finally:
        await database.close()


async def _fill(server: AuthorizationServer, began_at: int) -> Due:
    """An organization with customers who subscribed at that moment."""
    async with server.database.write() as tx:
        slug = f"renewals-{uuid4().hex[:12]}"
        person = await people.create_user(tx, NewPerson(f"{slug}@example.com", "Ada", "unused", True), began_at)
        assert person is not None
        made = await organizations.create_organization(tx, NewOrganization(slug, "Lighthouse"), person.id, began_at)
        for number in range(_SUBSCRIPTIONS):
            await _subscribe(tx, server, made.id, f"{number}@example.com", began_at)
    return Due(made.id, began_at)


async def _subscribe(
    tx: Transaction, server: AuthorizationServer, organization_id: str, email: str, began_at: int
) -> None:
    new_product = ProductCreate("Night lamp", [FixedPriceCreate(1000)], recurring_interval="day")
    product_id = await products.create_product(tx, new_product, organization_id, began_at)
    customer = await customers.create_customer(tx, CustomerCreate(email=email), organization_id, began_at)
    place: dict[str, Any] = {"organization_id": organization_id, "customer_id": customer["id"]}
    card = Card("test_success", "visa", "4242", 9, 2099)
    payment_method_id = await add_payment_method(tx, **place, card=card, now=began_at)
    reach = f'["{organization_id}"]'
    product = await product_queries.find_product(tx, product_id, reach)
    [price] = (await product_queries.list_prices(tx, [product_id], reach))[product_id]
    assert product is not None
    new = NewSubscription(
        organization_id, customer["id"], product, price, 1000, "usd", payment_method_id=payment_method_id
    )
    await start_subscription(tx, server, new, began_at)


async def _check(server: AuthorizationServer, due: Due) -> None:
    """Every subscription has each of its periods once, paid, and the invoices are numbered without a gap."""
    async with server.database.read() as tx:
        orders = await tx.all(_ORDERS, organization_id=due.organization_id)
        shown = await tx.all(_SHOWN, organization_id=due.organization_id)
    starts = [due.began_at + day * _DAY for day in range(_DAYS + 1)]
    assert len(shown) == _SUBSCRIPTIONS
    for row in shown:
        assert (row["status"], row["current_period_start"], row["due_at"]) == ("active", starts[-1], starts[-1] + _DAY)
        periods = [order["starts_at"] for order in orders if order["subscription_id"] == row["id"]]
        assert periods == starts, "each period once"
    assert {order["status"] for order in orders} == {"paid"}
    numbers = sorted(int(order["invoice_number"].rpartition("-")[2]) for order in orders)
    assert numbers == list(range(1, len(orders) + 1))


async def _orders(server: AuthorizationServer, due: Due) -> int:
    async with server.database.read() as tx:
        count: int = (await tx.one(_COUNT, organization_id=due.organization_id))[0]
    return count


async def test_workers_at_the_same_time_renew_each_period_once(
    anyio_backend: object, careless: Place, tell: Tell
) -> None:
    """Four that begin at the same moment, each with connections of its own: 100 subscriptions, 6 days each."""
    settings = configuration.load({"POLAR_DATABASE_URL": careless.database_url, "POLAR_DATA_DIR": str(careless.folder)})
    keys, now = ServerKeys([bytes(range(32))]), int(time.time())
    async with (
        _opened(settings, keys) as first,
        _opened(settings, keys) as second,
        _opened(settings, keys) as third,
        _opened(settings, keys) as fourth,
    ):
        due = await _fill(first, now - _DAYS * _DAY - 60)
        crowd, everything = (first, second, third, fourth), _SUBSCRIPTIONS * (_DAYS + 1)

        async def work(server: AuthorizationServer) -> int:
            done = 0
            while await _orders(server, due) < everything:
                done += await renew_subscriptions(server, now)
            return done

        since = time.monotonic()
        done = await asyncio.wait_for(asyncio.gather(*(work(server) for server in crowd)), _PATIENCE)
        tell(f"{sum(done)} periods by {sorted(done)} in {time.monotonic() - since:.1f} s")
        assert [await renew_subscriptions(server, now) for server in crowd] == [0] * 4
        await _check(first, due)
        async with first.database.read() as tx:
            cycled = (await tx.one(_CYCLED, organization_id=due.organization_id))[0]
    assert cycled == sum(done) == _SUBSCRIPTIONS * _DAYS
    assert min(done) > 0, "all of them worked"


async def test_customers_can_be_deleted_while_their_subscriptions_are_renewed(
    anyio_backend: object, careless: Place, tell: Tell
) -> None:
    """Neither waits for the other for ever: everything is canceled, and nobody is charged after the deletion."""
    settings = configuration.load({"POLAR_DATABASE_URL": careless.database_url, "POLAR_DATA_DIR": str(careless.folder)})
    keys, now = ServerKeys([bytes(range(32))]), int(time.time())
    async with _opened(settings, keys) as first, _opened(settings, keys) as second:
        due = await _fill(first, now - _DAYS * _DAY - 60)
        deleting = asyncio.ensure_future(_delete_customers(second, due, now))
        with structlog.testing.capture_logs() as logs:
            while not deleting.done():
                await asyncio.gather(renew_subscriptions(first, now), renew_subscriptions(second, now))
        await deleting
        async with first.database.read() as tx:
            shown = await tx.all(_SHOWN, organization_id=due.organization_id)
        orders = await _orders(first, due)
    tell(f"{orders - _SUBSCRIPTIONS} of {_SUBSCRIPTIONS * _DAYS} periods were renewed before the deletions")
    assert {row["status"] for row in shown} == {"canceled"}
    assert orders > _SUBSCRIPTIONS
    assert [entry for entry in logs if entry["event"] == "subscription_not_renewed"] == []


async def _delete_customers(server: AuthorizationServer, due: Due, now: int) -> None:
    reach = f'["{due.organization_id}"]'
    async with server.database.read() as tx:
        ids = [row["customer_id"] for row in await tx.all(_CUSTOMERS, organization_id=due.organization_id)]
    for customer_id in ids:
        async with server.database.write() as tx:
            row = await customer_queries.lock_customer(tx, customer_id, reach)
            assert row is not None
            await delete_customer(tx, server, row, ON_CUSTOMER_DELETION, now, anonymize=False)


@pytest.fixture
def server(careless: Place) -> Iterator[Server]:
    """Four workers, which do what is due beside their requests."""
    with servers.serve(careless.folder, careless.database_url, workers=4) as server:
        yield server


async def test_workers_that_are_killed_lose_and_double_nothing(
    anyio_backend: object, server: Server, seeded: random.Random, tell: Tell
) -> None:
    """Kill -9 of a worker or of the whole server while they renew; whoever is left or comes back makes up for it."""
    now, seen = int(time.time()), list[int]()
    everything = _SUBSCRIPTIONS * (_DAYS + 1)
    async with _opened(server.settings, server.server_keys) as outside:
        due = await _fill(outside, now - _DAYS * _DAY - 60)
        for number in range(_KILLS):
            await _until_more(outside, due, seeded.randrange(40, 120))
            if number % 2:
                server.kill()
                await asyncio.to_thread(server.start)
            else:
                os.kill(seeded.choice(workers(server)), signal.SIGKILL)
            seen.append(await _orders(outside, due))
        assert seen[0] < everything, "it was killed in the middle"
        await _until_more(outside, due, everything)
        await _check(outside, due)
    tell(f"killed at {seen} of {everything} orders")


async def _until_more(server: AuthorizationServer, due: Due, more: int) -> None:
    """Wait for so many more orders, or for all of them."""
    wanted = min(await _orders(server, due) + more, _SUBSCRIPTIONS * (_DAYS + 1))
    async with asyncio.timeout(_PATIENCE):
        while await _orders(server, due) < wanted:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)

"""Filling an organization with ninety days of business: the real operations, each at a time of its own.

Nobody is told: webhooks would deliver a quarter of a year at once. The audit log has one entry instead of hundreds.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Literal

from msgspec import UNSET

from polar_server.accounts.roles import Role
from polar_server.audit import Actor
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.payments import TEST_CARDS
from polar_server.resource_server.caller import Caller
from polar_server.resources.benefits import changes as benefits
from polar_server.resources.benefits import queries as benefit_queries
from polar_server.resources.checkouts import creating
from polar_server.resources.checkouts.confirming import Confirmed, card_from_token, confirm
from polar_server.resources.checkouts.schemas import CheckoutCreate, CheckoutUpdatePublic
from polar_server.resources.orders.queries import find_order
from polar_server.resources.products import changes as products
from polar_server.resources.refunds.refunding import refund_order
from polar_server.resources.refunds.schemas import RefundCreate
from polar_server.resources.subscriptions import changes as subscriptions
from polar_server.resources.subscriptions.queries import lock_subscription
from polar_server.resources.subscriptions.renewals import advance
from polar_server.resources.subscriptions.schemas import SubscriptionUpdate
from polar_server.sample_data import queries
from polar_server.sample_data.catalogue import BENEFITS, PRODUCTS, email_of
from polar_server.sample_data.story import DAYS, Fate, Sale, tell

DAY = 86_400
_SCOPE = "checkouts:write"
_FATES: dict[Fate, tuple[int, SubscriptionUpdate]] = {
    "leaves": (20, SubscriptionUpdate(cancel_at_period_end=True, customer_cancellation_reason="too_expensive")),
    "is leaving": (2, SubscriptionUpdate(cancel_at_period_end=True, customer_cancellation_reason="unused")),
    "rests": (10, SubscriptionUpdate(pause_at_period_end=True)),
    "is thrown out": (25, SubscriptionUpdate(revoke=True)),
}
"""What becomes of a subscription: so many days after its beginning, this change."""


class _Within:
    """A database that is one open transaction: what the operations do one after the other is seen all at once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.engine: Literal["sqlite", "postgres"] = tx.engine
        self.read = self.long_read = self.statement = self.write
        self.ask = tx.first

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        yield self._tx

    async def open(self) -> None: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Shop:
    """The organization, and the ids of what it sells."""

    server: AuthorizationServer
    organization_id: str
    products: dict[str, str]

    def at(self, moment: int) -> AuthorizationServer:
        """The server as it would have been at a moment in epoch seconds."""
        return replace(self.server, clock=lambda: float(moment))

    @property
    def reach(self) -> str:
        return json.dumps([self.organization_id])

    @property
    def caller(self) -> Caller:
        subject = Subject(SubjectType.ORGANIZATION, "", self.organization_id)
        return Caller(subject=subject, organizations={self.organization_id: Role.OWNER}, actor=Actor(None))


async def fill(server: AuthorizationServer, organization_id: str, now: int) -> None:
    """Add products, benefits, customers, orders, subscriptions, refunds and checkouts of the ninety days before `now`.

    Meant for an organization that is empty. Relative to `now` it is the same each time, but for ids and license keys.
    """
    # In one transaction: a worker that saw a subscription begin two months ago would renew it today.
    async with server.database.write() as tx:
        await _live_through(replace(server, database=_Within(tx)), organization_id, now)
        await queries.expire_checkouts(tx, organization_id, now)
        await queries.drop_events(tx, organization_id)


async def _live_through(server: AuthorizationServer, organization_id: str, now: int) -> None:
    begun = now - DAYS * DAY
    shop = _Shop(server, organization_id, await _stock(server, organization_id, begun - DAY))
    later: list[tuple[int, str, SubscriptionUpdate]] = []
    for sale in tell():
        await _go_on(shop, later, begun + sale.at)
        await _sell(shop, later, sale, begun + sale.at)
    await _go_on(shop, later, now)


async def _stock(server: AuthorizationServer, organization_id: str, now: int) -> dict[str, str]:
    """Store what is sold; the ids of the products by their names in the catalogue."""
    async with server.database.write() as tx:
        given = {name: await benefits.create_benefit(tx, new, organization_id, now) for name, new in BENEFITS.items()}
        made = {}
        for name, (new, names) in PRODUCTS.items():
            made[name] = await products.create_product(tx, new, organization_id, now)
            await benefit_queries.replace_of_product(tx, made[name], organization_id, [given[each] for each in names])
    return made


async def _sell(shop: _Shop, later: list[tuple[int, str, SubscriptionUpdate]], sale: Sale, moment: int) -> None:
    server = shop.at(moment)
    async with server.database.write() as tx:
        new = CheckoutCreate(
            products=[shop.products[sale.product]],
            amount=UNSET if sale.amount is None else sale.amount,
            customer_name=sale.customer,
            customer_email=email_of(sale.customer),
        )
        checkout = await creating.create_checkout(tx, server, shop.caller, new, _SCOPE, moment)
    if sale.abandoned:
        return
    paid_at = moment + 90
    card = card_from_token(TEST_CARDS[sale.card].token, paid_at)
    confirmed = await confirm(shop.at(paid_at), checkout, CheckoutUpdatePublic(), card, paid_at)
    if sale.refund is not None:
        await _refund(shop, confirmed, sale, paid_at + 3600)
    if sale.fate in _FATES:
        days, change = _FATES[sale.fate]
        later.append((moment + days * DAY, confirmed.row["subscription_id"], change))


async def _refund(shop: _Shop, confirmed: Confirmed, sale: Sale, now: int) -> None:
    server = shop.at(now)
    async with server.database.write() as tx:
        order = await find_order(tx, confirmed.row["order_id"], shop.reach)
        assert order is not None, "it was paid a moment ago"
        paid = order["subtotal_amount"]
        amount = paid if sale.refund == "whole" else paid // 2
        await refund_order(tx, server, order, RefundCreate(order["id"], "customer_request", amount), now)


async def _go_on(shop: _Shop, later: list[tuple[int, str, SubscriptionUpdate]], until: int) -> None:
    """Let everything happen that the clock or a customer does before a moment, in its order."""
    while True:
        async with shop.server.database.read() as tx:
            due = await queries.find_due(tx, shop.organization_id, until)
        change = min(later, default=None, key=lambda each: each[0])
        if change is not None and change[0] <= min(until, due[1] if due else until):
            later.remove(change)
            await _change(shop, *change)
        elif due is not None:
            await advance(shop.at(due[1]), due[0], shop.organization_id, due[1])
        else:
            return


async def _change(shop: _Shop, moment: int, subscription_id: str, change: SubscriptionUpdate) -> None:
    server = shop.at(moment)
    async with server.database.write() as tx:
        row: Row | None = await lock_subscription(tx, subscription_id, shop.reach)
        assert row is not None, "it began a moment ago"
        await subscriptions.update_subscription(tx, server, row, change, moment)

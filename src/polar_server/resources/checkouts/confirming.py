"""Confirming a checkout: in one transaction the customer pays and has what was bought, or nothing happened.

Two confirmations at the same moment wait for each other at the row; the second finds a checkout that is not open.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from polar_server import payments
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction, UniqueViolation
from polar_server.payments import Card
from polar_server.resource_server.errors import invalid
from polar_server.resource_server.events import record_event
from polar_server.resources.benefit_grants.granting import Granted, Sale, give
from polar_server.resources.checkouts import queries, rules
from polar_server.resources.checkouts.answers import (
    Catalog,
    address_of,
    checkout_from,
    held_catalog_of,
    members_of,
    needs_address,
)
from polar_server.resources.checkouts.buying import check_buyer, find_buyer, keep_buyer, make_buyer
from polar_server.resources.checkouts.editing import changed_columns, columns_of, require_open
from polar_server.resources.checkouts.refusals import CheckoutLocked
from polar_server.resources.checkouts.schemas import CheckoutUpdatePublic
from polar_server.resources.checkouts.terms import Terms
from polar_server.resources.customers.changes import tell_known_state, tell_state_of
from polar_server.resources.customers.payment_method_queries import add_payment_method
from polar_server.resources.customers.schemas import CustomerState
from polar_server.resources.customers.state import state_from
from polar_server.resources.orders.answers import Belongings
from polar_server.resources.orders.placing import NewItem, NewOrder, next_invoice_number, place_order
from polar_server.resources.subscriptions import queries as subscriptions
from polar_server.resources.subscriptions.starting import (
    Known,
    NewSubscription,
    Started,
    start_subscription,
    upgrade_subscription,
)

TRIES = 3
"""Two checkouts of the same new customer: the one that comes second finds the customer at its next try."""


@dataclass(frozen=True, slots=True)
class _KeptCard:
    """A card as it is kept; `own` when only this sale may be charged to it, and this sale to nothing else."""

    id: str | None
    own: bool = False


@dataclass(frozen=True, slots=True)
class _Sold:
    """What a sale made: the subscription, if it is one, its order, and what it gave."""

    subscription: Row | None
    order_id: str
    granted: Sequence[Granted]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the bank said, and the checkout as it is then; `members` are what all its shapes share."""

    outcome: payments.Outcome
    row: Row
    members: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Deal:
    """A locked checkout, what becomes of it, its terms, and the card that is to pay."""

    tx: Transaction
    server: AuthorizationServer
    checkout: Row
    seen: dict[str, Any]
    catalog: Catalog
    terms: Terms
    card: Card | None
    now: int

    @property
    def organization_id(self) -> str:
        return str(self.checkout["organization_id"])


async def confirm(
    server: AuthorizationServer, checkout: Row, sent: CheckoutUpdatePublic, card: Card | None, now: int
) -> Confirmed:
    """Buy what the checkout sells, with what was sent last. `card` is needed where there is something to pay.

    Raises RequestValidationError for what is missing, the refusals of `require_open` and those of `check_buyer`.
    """

    async def settle(tx: Transaction, current: Row) -> Confirmed:
        require_open(current, now)
        columns = await changed_columns(tx, current, sent)
        return await _settle(await _deal(tx, server, current, columns, card, now), confirmed=False)

    return await _held(server, checkout, settle)


async def finish(server: AuthorizationServer, checkout: Row, now: int, *, approved: bool) -> Confirmed:
    """Go on after the bank has asked its customer: pay, or let them try another card. Raises as `confirm` does."""

    async def settle(tx: Transaction, current: Row) -> Confirmed:
        card = _waiting_card(current, now)
        columns = columns_of(current) | {"status": "open", "step": None}
        deal = await _deal(tx, server, current, columns, card, now)
        if not approved:
            declined = payments.Declined("authentication_failed", "You did not confirm the payment. Try again.")
            return await _save(deal, declined)
        return await _settle(deal, confirmed=True)

    return await _held(server, checkout, settle)


def card_from_token(token: str, now: int) -> Card:
    """The card behind a token that a program sends in the place of what a person types."""
    known = payments.card_of(token)
    brand, last4 = ("", "") if known is None else (known.brand, known.last4)
    return Card(token, brand, last4, 12, datetime.fromtimestamp(now, UTC).year + 3)


async def _held(server: AuthorizationServer, checkout: Row, settle: Any) -> Confirmed:
    """Run it in a transaction that holds the checkout."""
    for _ in range(TRIES - 1):
        try:
            return await _held_once(server, checkout, settle)
        except UniqueViolation:
            continue
    return await _held_once(server, checkout, settle)


async def _held_once(server: AuthorizationServer, checkout: Row, settle: Any) -> Confirmed:
    async with server.database.write() as tx:
        current = await queries.lock_for_sale(tx, checkout)
        assert current is not None, "a checkout is never deleted"
        done: Confirmed = await settle(tx, current)
        return done


def _waiting_card(current: Row, now: int) -> Card:
    """The card whose bank asks its customer. Raises the refusals of `require_open` when none does."""
    try:
        require_open(current, now)
    except CheckoutLocked:
        return msgspec.json.decode(current["step"], type=Card)
    raise CheckoutLocked("The bank has not asked about a payment of this checkout.")


async def _deal(
    tx: Transaction, server: AuthorizationServer, current: Row, columns: dict[str, Any], card: Card | None, now: int
) -> _Deal:
    seen = dict(current) | columns
    catalog = await held_catalog_of(tx, [seen], json.dumps([current["organization_id"]]), server)
    return _Deal(tx, server, current, seen, catalog, catalog.terms(seen), card, now)


async def _settle(deal: _Deal, *, confirmed: bool) -> Confirmed:
    """Charge the card, and sell, wait for the bank, or leave the checkout open."""
    seen, terms = deal.seen, deal.terms
    if deal.catalog.rows[seen["product_id"]]["is_archived"]:
        raise invalid("product_id", "This product is not for sale any more.")
    rules.check_complete(deal.seen, address_of(seen), needs_address=needs_address(seen))
    buyer = await find_buyer(deal.tx, deal.checkout, deal.seen)
    await check_buyer(deal.tx, deal.checkout, buyer, terms)
    outcome = _charge(deal.card, terms, confirmed=confirmed)
    match outcome:
        case payments.ActionRequired():
            deal.seen.update(status="confirmed", step=msgspec.json.encode(deal.card).decode())
        case payments.Paid():
            await _sell(deal, buyer)
    return await _save(deal, outcome)


def _charge(card: Card | None, terms: Terms, *, confirmed: bool) -> payments.Outcome:
    """Ask the bank; also before a trial, after which the card is charged without its holder."""
    if not terms.is_card_required:
        return payments.Paid()
    if card is None:
        raise invalid("confirmation_token_id", "A card is needed: send the token that stands for it.", "missing")
    return payments.charge(card.token, confirmed=confirmed)


async def _sell(deal: _Deal, buyer: Row | None) -> None:
    """The customer, the card, what was bought and what it gives."""
    tx, now = deal.tx, deal.now
    # What reads comes first, so that the rest is written together.
    number = await next_invoice_number(tx, deal.organization_id)
    customer, card = await _keep_customer(deal, buyer)
    sell = _subscribe if deal.terms.is_recurring else _order
    sold = await sell(deal, customer, card, number)
    deal.seen.update(
        status="succeeded",
        succeeded_at=now,
        step=None,
        customer_id=customer["id"],
        order_id=sold.order_id,
        subscription_id=None if sold.subscription is None else sold.subscription["id"],
    )
    if buyer is None:
        await tell_known_state(tx, _first_state(customer, sold), now)
    else:
        await tell_state_of(tx, customer, now)


def _first_state(customer: Row, sold: _Sold) -> CustomerState:
    """What a customer has who had nothing before."""
    grants = [
        {**dict(row), "benefit_type": benefit["type"], "benefit_metadata": benefit["metadata"]}
        for row, benefit in sorted(sold.granted, key=lambda granted: granted.row["id"])
    ]
    return state_from(customer, [] if sold.subscription is None else [sold.subscription], grants)


async def _keep_customer(deal: _Deal, buyer: Row | None) -> tuple[Row, _KeptCard]:
    """The customer and the card of this sale."""
    card = deal.card if deal.terms.is_card_required else None
    if buyer is None:
        customer = await make_buyer(deal.tx, deal.checkout, deal.seen, card, deal.now)
        return customer, _KeptCard(customer["default_payment_method_id"])
    customer = await keep_buyer(deal.tx, deal.checkout, buyer, deal.seen, deal.now)
    if card is None:
        return customer, _KeptCard(None)
    kept = await _keep_card(deal, card, customer["id"])
    return (customer if kept.own else {**dict(customer), "default_payment_method_id": kept.id}), kept


async def _keep_card(deal: _Deal, card: Card, customer_id: str) -> _KeptCard:
    """A known customer's card. Who only typed their address pays with their own card and chooses none for them."""
    named = deal.checkout["customer_id"] is not None or deal.checkout["external_customer_id"] is not None
    place = {"organization_id": deal.organization_id, "customer_id": customer_id}
    kept = await add_payment_method(deal.tx, **place, card=card, now=deal.now, is_default=named)
    return _KeptCard(kept, own=not named)


async def _order(deal: _Deal, customer: Row, card: _KeptCard, number: str) -> _Sold:
    """Something that is bought once."""
    seen, customer_id = deal.seen, customer["id"]
    product = deal.catalog.rows[seen["product_id"]]
    new = NewOrder(
        organization_id=deal.organization_id,
        customer_id=customer_id,
        currency=seen["currency"],
        billing_reason="purchase",
        items=(NewItem(product["name"], deal.terms.amount, seen["product_price_id"]),),
        product_id=product["id"],
        checkout_id=seen["id"],
        payment_method_id=card.id,
        billing_name=_billing_name(seen),
        billing_address=seen["customer_billing_address"],
        metadata=seen["metadata"],
        shown=Belongings(customer, product, None),
        invoice_number=number,
    )
    order_id = await place_order(deal.tx, deal.server, new, deal.now, paid=True)
    sale = Sale(deal.organization_id, customer_id, order_id=order_id)
    granted = await give(deal.tx, deal.server, sale, customer, deal.catalog.benefits(product["id"]), deal.now)
    return _Sold(None, order_id, granted)


async def _subscribe(deal: _Deal, customer: Row, card: _KeptCard, number: str) -> _Sold:
    """Something that renews, in the place of a free subscription where the checkout is for that."""
    seen = deal.seen
    new = NewSubscription(
        organization_id=deal.organization_id,
        customer_id=customer["id"],
        product=deal.catalog.rows[seen["product_id"]],
        price=deal.catalog.prices[seen["product_price_id"]],
        amount=deal.terms.amount,
        currency=seen["currency"],
        checkout_id=seen["id"],
        payment_method_id=card.id,
        own_card=card.own,
        trial=deal.terms.trial,
        metadata=seen["metadata"],
        billing_name=_billing_name(seen),
        billing_address=seen["customer_billing_address"],
        known=Known(customer, deal.catalog.products[seen["product_id"]], deal.catalog.benefits(seen["product_id"])),
        invoice_number=number,
    )
    started = await _start(deal, customer, new)
    return _Sold(started.row, started.order_id, started.granted)


async def _start(deal: _Deal, customer: Row, new: NewSubscription) -> Started:
    seen = deal.seen
    if seen["subscription_id"] is not None:
        reach = json.dumps([deal.organization_id])
        current = await subscriptions.lock_subscription(deal.tx, seen["subscription_id"], reach)
        if current is not None and current["ended_at"] is None and current["customer_id"] == customer["id"]:
            return await upgrade_subscription(deal.tx, deal.server, current, new, deal.now)
    return await start_subscription(deal.tx, deal.server, new, deal.now)


def _billing_name(seen: Row) -> str | None:
    name: str | None = seen["customer_billing_name"] or seen["customer_name"]
    return name


async def _save(deal: _Deal, outcome: payments.Outcome) -> Confirmed:
    """Keep the checkout and tell of it, if anything changed. Nobody else changed it, since it is held."""
    if columns_of(deal.seen) == columns_of(deal.checkout):
        return Confirmed(outcome, deal.checkout, members_of(deal.seen, deal.catalog, deal.server, deal.now))
    await queries.save_checkout(deal.tx, deal.checkout, deal.seen, deal.now)
    row = {**deal.seen, "modified_at": deal.now}
    members = members_of(row, deal.catalog, deal.server, deal.now)
    await record_event(
        deal.tx, deal.organization_id, "checkout.updated", checkout_from(row, members, deal.now), deal.now
    )
    return Confirmed(outcome, row, members)

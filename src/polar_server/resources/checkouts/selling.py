"""What a paid checkout makes: the customer with the card, the order or the subscription, and what it gives."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.payments import Card
from polar_server.resources.benefit_grants.granting import Granted, Sale, give
from polar_server.resources.checkouts.answers import (
    Catalog,
)
from polar_server.resources.checkouts.buying import keep_buyer, make_buyer
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
class Deal:
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


async def sell(deal: Deal, buyer: Row | None) -> None:
    """The customer, the card, what was bought and what it gives."""
    tx, now = deal.tx, deal.now
    # What reads comes first, so that the rest is written together.
    number = await next_invoice_number(tx, deal.organization_id)
    customer, card = await _keep_customer(deal, buyer)
    make = _subscribe if deal.terms.is_recurring else _order
    sold = await make(deal, customer, card, number)
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


async def _keep_customer(deal: Deal, buyer: Row | None) -> tuple[Row, _KeptCard]:
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


async def _keep_card(deal: Deal, card: Card, customer_id: str) -> _KeptCard:
    """A known customer's card. Who only typed their address pays with their own card and chooses none for them."""
    named = deal.checkout["customer_id"] is not None or deal.checkout["external_customer_id"] is not None
    place = {"organization_id": deal.organization_id, "customer_id": customer_id}
    kept = await add_payment_method(deal.tx, **place, card=card, now=deal.now, is_default=named)
    return _KeptCard(kept, own=not named)


async def _order(deal: Deal, customer: Row, card: _KeptCard, number: str) -> _Sold:
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


async def _subscribe(deal: Deal, customer: Row, card: _KeptCard, number: str) -> _Sold:
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


async def _start(deal: Deal, customer: Row, new: NewSubscription) -> Started:
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

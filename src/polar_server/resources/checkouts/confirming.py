"""Confirming a checkout: in one transaction the customer pays and has what was bought, or nothing happened.

Two confirmations at the same moment wait for each other at the row; the second finds a checkout that is not open.
"""

import json
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
from polar_server.resources.checkouts import queries, rules
from polar_server.resources.checkouts.answers import (
    address_of,
    checkout_from,
    held_catalog_of,
    members_of,
    needs_address,
)
from polar_server.resources.checkouts.buying import check_buyer, find_buyer
from polar_server.resources.checkouts.editing import changed_columns, columns_of, require_open
from polar_server.resources.checkouts.refusals import CheckoutLocked
from polar_server.resources.checkouts.schemas import CheckoutUpdatePublic
from polar_server.resources.checkouts.selling import Deal, sell
from polar_server.resources.checkouts.terms import Terms

TRIES = 3
"""Two checkouts of the same new customer: the one that comes second finds the customer at its next try."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the bank said, and the checkout as it is then; `members` are what all its shapes share."""

    outcome: payments.Outcome
    row: Row
    members: dict[str, Any]


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
) -> Deal:
    seen = dict(current) | columns
    catalog = await held_catalog_of(tx, [seen], json.dumps([current["organization_id"]]), server)
    return Deal(tx, server, current, seen, catalog, catalog.terms(seen), card, now)


async def _settle(deal: Deal, *, confirmed: bool) -> Confirmed:
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
            await sell(deal, buyer)
    return await _save(deal, outcome)


def _charge(card: Card | None, terms: Terms, *, confirmed: bool) -> payments.Outcome:
    """Ask the bank; also before a trial, after which the card is charged without its holder."""
    if not terms.is_card_required:
        return payments.Paid()
    if card is None:
        raise invalid("confirmation_token_id", "A card is needed: send the token that stands for it.", "missing")
    return payments.charge(card.token, confirmed=confirmed)


async def _save(deal: Deal, outcome: payments.Outcome) -> Confirmed:
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

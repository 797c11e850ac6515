"""What a customer has: subscriptions, benefits with their license keys, orders and cards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.dashboard.places import Place
from polar_server.dashboard.sales import list_orders, list_subscriptions, listed
from polar_server.database import Row, Transaction
from polar_server.resource_server.times import moment_or_none
from polar_server.resources.benefit_grants import license_key_queries as license_keys
from polar_server.resources.benefit_grants.answers import grants_of
from polar_server.resources.benefit_grants.license_keys import key_text
from polar_server.resources.benefit_grants.queries import GrantFilter, list_grants
from polar_server.resources.benefit_grants.schemas import BenefitGrant
from polar_server.resources.customers.payment_method_queries import list_payment_methods
from polar_server.resources.orders.schemas import Order
from polar_server.resources.subscriptions.schemas import Subscription

SHOWN = 10
"""How many of each thing a customer's page shows; the rest is a link away."""
_MOST_GRANTS = 50


@dataclass(frozen=True, slots=True)
class LicenseKey:
    """A license key as its seller sees it."""

    id: str
    text: str
    status: str
    limit_activations: int | None
    validations: int
    last_validated_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """The newest of each thing, and how many there are."""

    subscriptions: list[Subscription]
    subscriptions_total: int
    orders: list[Order]
    orders_total: int
    grants: list[BenefitGrant]
    keys: dict[str, LicenseKey]
    """By the id of their grant."""
    cards: list[Row]


async def holdings_of(tx: Transaction, place: Place, customer_id: str) -> Holdings:
    """What a customer of the organization has."""
    theirs = listed([customer_id])
    subscriptions = await list_subscriptions(tx, place, "s.started_at DESC, s.id", SHOWN, customer_ids=theirs)
    orders = await list_orders(tx, place, "o.created_at DESC, o.id", SHOWN, customer_ids=theirs)
    wanted = GrantFilter(place.caller.reach(), customer_ids=theirs, is_granted=True)
    rows, _ = await list_grants(tx, wanted, "g.created_at DESC, g.id", _MOST_GRANTS, 0)
    keys = await license_keys.list_of_grants(tx, [row["id"] for row in rows], place.organization_id) if rows else {}
    cards, _ = await list_payment_methods(tx, customer_id, place.organization_id, SHOWN, 0)
    return Holdings(
        *subscriptions,
        *orders,
        grants=await grants_of(tx, rows, place.caller.reach()),
        keys={grant_id: _key(place.server, row) for grant_id, row in keys.items()},
        cards=_usable(cards),
    )


def _usable(cards: list[Row]) -> list[Row]:
    """Each card once: whoever types a card again brings it again, and the last one typed is what is charged."""
    newest = {(card["brand"], card["last4"], card["exp_month"], card["exp_year"]): card for card in reversed(cards)}
    return [card for card in newest.values() if card["token"]]


def _key(server: AuthorizationServer, row: Row) -> LicenseKey:
    same: dict[str, Any] = {name: row[name] for name in ("id", "status", "limit_activations", "validations")}
    times: dict[str, Any] = {name: moment_or_none(row[name]) for name in ("last_validated_at", "expires_at")}
    return LicenseKey(text=key_text(server.server_keys, row), **same, **times)

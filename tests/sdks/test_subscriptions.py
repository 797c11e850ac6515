"""Subscriptions through the published SDKs."""

import csv
import json
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import httpx
import pytest

from polar_server.payments import Card
from polar_server.resource_server.events import payload_for
from polar_server.resources.customers.payment_method_queries import add_payment_method
from polar_server.resources.webhooks.signatures import new_secret, sign

from .conftest import Shop
from .libraries import Refused, Sdk

EVENTS = frozenset(
    ["created", "updated", "active", "canceled", "uncanceled", "cycled", "revoked", "past_due", "paused", "resumed"]
)
UNKNOWN_TO_0 = {"cycled", "paused", "resumed"}
NOBODY = "00000000-0000-4000-8000-000000000000"


def _product(sdk: Sdk, name: str = "Night lamp", amount: int = 0) -> dict[str, Any]:
    prices = [{"amount_type": "fixed", "price_amount": amount, "price_currency": "usd"}]
    made: dict[str, Any] = sdk.call(
        "products", "create", {"name": name, "prices": prices, "recurring_interval": "month"}
    )
    return made


def _customer(sdk: Sdk, email: str = "ada@example.com", **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = sdk.call("customers", "create", {"email": email, "name": "Ada", **body})
    return made


def _subscribe(sdk: Sdk, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = sdk.call("subscriptions", "create", body)
    return made


def _update(sdk: Sdk, subscription: dict[str, Any], **body: Any) -> dict[str, Any]:
    changed: dict[str, Any] = sdk.call("subscriptions", "update", body, id=subscription["id"])
    assert changed == sdk.call("subscriptions", "get", id=subscription["id"])
    return changed


def _refused(sdk: Sdk, subscription: dict[str, Any], **body: Any) -> tuple[str, int | None]:
    """The name of the error and its status. Errors that share a status have one class for all in each library."""
    with pytest.raises(Refused) as refused:
        sdk.call("subscriptions", "update", body, id=subscription["id"])
    return refused.value.body["error"], refused.value.status


def _card(shop: Shop, customer: dict[str, Any]) -> None:
    place = {"organization_id": shop.organization_id, "customer_id": customer["id"]}
    card = Card("test_success", "visa", "4242", 9, 2035)
    shop.server.write(lambda tx: add_payment_method(tx, **place, card=card, now=int(time.time())))


def test_the_life_of_a_subscription(sdk: Sdk, shop: Shop) -> None:
    """Given away, changed to something that costs, canceled, taken back, paused, and revoked."""
    ada, free, paid = _customer(sdk), _product(sdk), _product(sdk, "Day lamp", 3000)
    made = _subscribe(sdk, product_id=free["id"], customer_id=ada["id"], metadata={"plan": "a", "n": 7})
    assert (made["status"], made["amount"], made["metadata"]) == ("active", 0, {"plan": "a", "n": 7})
    assert (made["customer"]["id"], made["product"]["id"]) == (ada["id"], free["id"])
    assert sdk.call("subscriptions", "get", id=made["id"]) == made
    wish = {"product_id": paid["id"], "proration_behavior": "invoice"}
    assert _refused(sdk, made, **wish) == ("PaymentFailed", 402)
    _card(shop, ada)
    changed = _update(sdk, made, **wish)
    assert (changed["product"]["name"], changed["amount"]) == ("Day lamp", 3000)
    pending = _update(sdk, made, product_id=free["id"], proration_behavior="next_period")
    assert pending["pending_update"]["product_id"] == free["id"]
    assert _update(sdk, made, pending_update=None)["pending_update"] is None
    later = (datetime.now(UTC) + timedelta(days=10)).replace(microsecond=0)
    assert _moment(_update(sdk, made, current_billing_period_end=later.isoformat())["current_period_end"]) == later
    trial = _update(sdk, made, trial_end=(later + timedelta(days=1)).isoformat())
    assert trial["status"] == "trialing"
    if sdk.version is not None:
        assert _update(sdk, made, trial_end="now")["status"] == "active"
    assert _update(sdk, made, pause_at_period_end=True)["pause_at_period_end"] is True
    assert _update(sdk, made, pause_at_period_end=False)["pause_at_period_end"] is False
    canceled = _update(sdk, made, cancel_at_period_end=True, customer_cancellation_reason="unused")
    assert (canceled["cancel_at_period_end"], canceled["customer_cancellation_reason"]) == (True, "unused")
    assert _refused(sdk, made, cancel_at_period_end=True) == ("AlreadyCanceledSubscription", 403)
    assert _update(sdk, made, cancel_at_period_end=False)["ends_at"] is None
    assert sdk.call("subscriptions", "revoke", id=made["id"])["status"] == "canceled"


def _moment(shown: Any) -> datetime:
    return datetime.fromisoformat(str(shown))


def test_events_of_a_subscription_verify(sdk: Sdk) -> None:
    """The library reads every kind of event that is told, with what the API answers, signed as we sign."""
    ada, lamp = _customer(sdk), _product(sdk)
    made = _subscribe(sdk, product_id=lamp["id"], customer_id=ada["id"])
    secret, now = new_secret(bytes(range(32))), int(time.time())
    headers = {"Authorization": f"Bearer {sdk.token}"}
    data = httpx.get(f"{sdk.server}/v1/subscriptions/{made['id']}", headers=headers).json()
    for name in EVENTS if sdk.version is not None else EVENTS - UNKNOWN_TO_0:
        event = {"type": f"subscription.{name}", "timestamp": data["created_at"], "data": data}
        body = payload_for(json.dumps(event), "2026-10")
        signed = {"webhook-id": "x", "webhook-timestamp": str(now), "webhook-signature": sign(secret, "x", now, body)}
        read = sdk.call("webhooks", "validate_event", message={"body": body, "headers": signed, "secret": secret})
        assert (read["type"], read["data"]["id"]) == (f"subscription.{name}", made["id"])


def test_mistakes_are_typed(sdk: Sdk) -> None:
    """HTTPValidationError at the place of the mistake, ResourceNotFound for what is not there."""
    ada, paid, free = _customer(sdk), _product(sdk, "Day lamp", 3000), _product(sdk)
    for body, place in (
        ({"product_id": paid["id"], "customer_id": ada["id"]}, "product_id"),
        ({"product_id": NOBODY, "customer_id": ada["id"]}, "product_id"),
        ({"product_id": free["id"], "customer_id": NOBODY}, "customer_id"),
        ({"product_id": free["id"], "external_customer_id": "nobody"}, "external_customer_id"),
    ):
        with pytest.raises(Refused) as refused:
            _subscribe(sdk, **body)
        assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", place])
    made = _subscribe(sdk, product_id=free["id"], customer_id=ada["id"])
    for body, place in (({"seats": 3}, "seats"), ({"resume": True}, "resume"), ({"product_id": NOBODY}, "product_id")):
        with pytest.raises(Refused) as refused:
            sdk.call("subscriptions", "update", body, id=made["id"])
        assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", place])
    for do, sent in (("get", None), ("update", {"cancel_at_period_end": True}), ("revoke", None)):
        with pytest.raises(Refused) as refused:
            sdk.call("subscriptions", do, sent, id=NOBODY)
        assert (refused.value.kind, refused.value.status) == ("ResourceNotFound", 404)
    sdk.call("subscriptions", "revoke", id=made["id"])
    with pytest.raises(Refused) as refused:
        sdk.call("subscriptions", "revoke", id=made["id"])
    assert (refused.value.body["error"], refused.value.status) == ("AlreadyCanceledSubscription", 403)


def test_lists_go_through_pages_and_filters(sdk: Sdk) -> None:
    """Every subscription once, over pages; by customer, product, status, metadata; and as a file."""
    ada, bob = _customer(sdk), _customer(sdk, "bob@example.com", name="Bob", external_id="b-1")
    lamp, book = _product(sdk), _product(sdk, "Book")
    _subscribe(sdk, product_id=lamp["id"], customer_id=ada["id"], metadata={"tier": "a"})
    his = _subscribe(sdk, product_id=book["id"], external_customer_id="b-1", metadata={"tier": "b"})
    _update(sdk, his, cancel_at_period_end=True, customer_cancellation_reason="other")

    def names(**query: Any) -> str:
        items = sdk.call("subscriptions", "pages", limit=1, sorting=["customer"], **query)
        return "".join(item["customer"]["name"][0] for item in items)

    assert names() == "AB"
    assert names(external_customer_id="b-1") == "B"
    assert names(customer_id=[ada["id"], bob["id"]], product_id=lamp["id"]) == "A"
    assert names(status=["active", "trialing"], cancel_at_period_end=True) == "B"
    assert names(customer_cancellation_reason="other") == "B"
    assert names(active=False) == ""
    assert names(metadata={"tier": ["a", "c"]}) == "A"
    rows = list(csv.reader(StringIO(str(sdk.call("subscriptions", "export")))))
    assert sorted(row[0] for row in rows) == ["ada@example.com", "bob@example.com", "email"]

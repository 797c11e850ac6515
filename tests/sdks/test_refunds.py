"""Refunds through the published SDKs."""

import json
import time
from typing import Any

import httpx
import pytest

from polar_server.resource_server.events import payload_for
from polar_server.resources.webhooks.signatures import new_secret, sign

from .conftest import Shop
from .libraries import Refused, Sdk
from .test_orders import _card, _customer, _product


def _paid(sdk: Sdk, shop: Shop) -> dict[str, Any]:
    ada, lamp = _customer(sdk), _product(sdk)
    _card(shop, ada)
    draft = sdk.call("orders", "create", {"customer_id": ada["id"], "product_id": lamp["id"]})
    order: dict[str, Any] = sdk.call("orders", "finalize", {}, id=draft["id"])
    return order


def test_an_order_is_refunded(sdk: Sdk, shop: Shop) -> None:
    """In two parts, found again by the order; then nothing is left, which is RefundedAlready."""
    order = _paid(sdk, shop)
    body = {"order_id": order["id"], "reason": "customer_request", "comment": "Sorry", "metadata": {"ticket": 7}}
    first = sdk.call("refunds", "create", {**body, "amount": 400})
    assert (first["status"], first["amount"], first["tax_amount"], first["metadata"]) == (
        *("succeeded", 400, 0),
        {"ticket": 7},
    )
    assert sdk.call("orders", "get", id=order["id"])["status"] == "partially_refunded"
    second = sdk.call("refunds", "create", {**body, "amount": 600, "revoke_benefits": True})
    shown = sdk.call("orders", "get", id=order["id"])
    assert (shown["status"], shown["refundable_amount"], shown["refunded_amount"]) == ("refunded", 0, 1000)
    found = sdk.call("refunds", "pages", limit=1, order_id=[order["id"]], sorting=["amount"], succeeded=True)
    assert found == [first, second]
    assert sdk.call("refunds", "list", id=[second["id"]])["items"] == [second]
    with pytest.raises(Refused) as refused:
        sdk.call("refunds", "create", {**body, "amount": 1})
    assert (refused.value.kind, refused.value.status) == ("RefundedAlready", 403)


def test_events_of_a_refund_verify(sdk: Sdk, shop: Shop) -> None:
    """The library reads what receivers are told, which is what the API answers, signed as we sign."""
    order = _paid(sdk, shop)
    sdk.call("refunds", "create", {"order_id": order["id"], "reason": "other", "amount": 1})
    secret, now = new_secret(bytes(range(32))), int(time.time())
    headers = {"Authorization": f"Bearer {sdk.token}"}
    for event_type in ("order.paid", "order.refunded", "refund.created"):
        path = f"{event_type.partition('.')[0]}s"
        data = httpx.get(f"{sdk.server}/v1/{path}/", headers=headers).json()["items"][0]
        event = {"type": event_type, "timestamp": data["created_at"], "data": data}
        body = payload_for(json.dumps(event), "2026-10")
        signed = {"webhook-id": "x", "webhook-timestamp": str(now), "webhook-signature": sign(secret, "x", now, body)}
        read = sdk.call("webhooks", "validate_event", message={"body": body, "headers": signed, "secret": secret})
        assert (read["type"], read["data"]["id"]) == (event_type, data["id"])


def test_mistakes_are_typed(sdk: Sdk, shop: Shop) -> None:
    """HTTPValidationError with the place: more than was paid, nothing at all, and an order that is not there."""
    order = _paid(sdk, shop)
    good = {"order_id": order["id"], "reason": "other", "amount": 1}
    for changes, name in (({"amount": 1001}, "amount"), ({"amount": 0}, "amount"), ({"order_id": "x"}, "order_id")):
        with pytest.raises(Refused) as refused:
            sdk.call("refunds", "create", {**good, **changes})
        assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", name])
    assert sdk.call("refunds", "list")["items"] == []

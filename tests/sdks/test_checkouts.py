"""Checkouts through the published SDKs: from the link to what was sold."""

import json
import time
from typing import Any

import httpx
import pytest

from polar_server.resource_server.events import payload_for
from polar_server.resources.webhooks.signatures import new_secret, sign

from .conftest import Shop
from .libraries import Refused, Sdk

ADA = {"customer_email": "ada@example.com", "customer_name": "Ada"}
FIXED = {"amount_type": "fixed", "price_amount": 1000, "price_currency": "usd"}
NOBODY = "00000000-0000-4000-8000-000000000000"


def _product(sdk: Sdk, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = sdk.call("products", "create", {"name": "Night lamp", "prices": [FIXED], **body})
    return made


def _create(sdk: Sdk, *products: dict[str, Any], **body: Any) -> dict[str, Any]:
    ids = [product["id"] for product in products]
    made: dict[str, Any] = sdk.call("checkouts", "create", {"products": ids, **body})
    return made


def _confirm(sdk: Sdk, made: dict[str, Any], token: str = "test_success") -> dict[str, Any]:
    body = {**ADA, "confirmation_token_id": token}
    confirmed: dict[str, Any] = sdk.call("checkouts", "client_confirm", body, client_secret=made["client_secret"])
    return confirmed


def test_from_the_link_to_the_order(sdk: Sdk, shop: Shop) -> None:
    """Created, changed by both sides, confirmed with the token of a card; then there is an order of a customer."""
    lamp, desk = _product(sdk), _product(sdk, name="Desk")
    made = _create(sdk, lamp, desk, metadata={"n": 7}, success_url="https://shop.example/?id={CHECKOUT_ID}")
    assert (made["organization_id"], made["status"], made["metadata"]) == (shop.organization_id, "open", {"n": 7})
    assert made["success_url"] == f"https://shop.example/?id={made['id']}"
    assert sdk.call("checkouts", "get", id=made["id"])["client_secret"] == made["client_secret"]
    changed = sdk.call("checkouts", "update", {"metadata": {"n": 8}, "locale": "fr"}, id=made["id"])
    assert (changed["metadata"], changed["locale"]) == ({"n": 8}, "fr")
    secret = made["client_secret"]
    chosen = sdk.call("checkouts", "client_update", {"product_id": desk["id"]}, client_secret=secret)
    assert (chosen["product"]["name"], chosen["organization"]["id"]) == ("Desk", shop.organization_id)
    confirmed = _confirm(sdk, made)
    assert (confirmed["status"], confirmed["customer_name"]) == ("confirmed", "Ada")
    assert sdk.call("checkouts", "client_get", client_secret=secret)["status"] == "succeeded"
    done = sdk.call("checkouts", "get", id=made["id"])
    (order,) = sdk.call("orders", "pages", checkout_id=made["id"])
    assert (order["total_amount"], order["customer_id"], order["metadata"]) == (1000, done["customer_id"], {"n": 8})


def test_a_subscription_with_a_trial(sdk: Sdk) -> None:
    """The trial that holds is told before, and the subscription that begins is named afterwards.

    0.32.0 sends `allow_trial: false` with every change and confirmation of a customer, which gives the trial up.
    """
    monthly = _product(sdk, recurring_interval="month", trial_interval="day", trial_interval_count=14)
    made = _create(sdk, monthly)
    assert (made["active_trial_interval"], made["active_trial_interval_count"]) == ("day", 14)
    _confirm(sdk, made)
    done = sdk.call("checkouts", "get", id=made["id"])
    assert sdk.call("subscriptions", "get", id=done["subscription_id"])["status"] == (
        "trialing" if sdk.version else "active"
    )


def test_refusals_are_typed(sdk: Sdk) -> None:
    """PaymentError, NotOpenCheckout, ResourceNotFound and HTTPValidationError, as the library declares them."""
    lamp = _product(sdk)
    made = _create(sdk, lamp)
    with pytest.raises(Refused) as refused:
        _confirm(sdk, made, "test_declined")
    assert refused.value.status == 400
    assert "declined" in str(refused.value.body)
    _confirm(sdk, made)
    with pytest.raises(Refused) as refused:
        _confirm(sdk, made)
    assert refused.value.status == 403
    assert "NotOpenCheckout" in str(refused.value.body)
    missing: list[tuple[str, dict[str, Any]]] = [("get", {"id": NOBODY}), ("client_get", {"client_secret": "polar_c_"})]
    for do, place in missing:
        with pytest.raises(Refused) as refused:
            sdk.call("checkouts", do, **place)
        assert (refused.value.kind, refused.value.status) == ("ResourceNotFound", 404)
    with pytest.raises(Refused) as refused:
        _create(sdk, lamp, success_url="http://shop.example/")
    assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", "success_url"])


def test_lists_go_through_pages_and_filters(sdk: Sdk) -> None:
    """Every checkout once, over pages; by product, status and email."""
    lamp, desk = _product(sdk), _product(sdk, name="Desk")
    for number in range(5):
        _create(sdk, (lamp, desk)[number % 2], customer_email=f"{number}@example.com")

    def emails(**query: Any) -> str:
        items = sdk.call("checkouts", "pages", limit=2, sorting=["created_at"], **query)
        return "".join(sorted(item["customer_email"][0] for item in items))

    assert emails() == "01234"
    assert emails(product_id=desk["id"]) == "13"
    assert emails(status=["open"], product_id=[lamp["id"]]) == "024"
    assert emails(query="3@") == "3"
    assert emails(status="succeeded") == ""


def test_its_events_can_be_read(sdk: Sdk) -> None:
    """What a webhook tells of a checkout is what the library expects, before and after the sale."""
    made = _create(sdk, _product(sdk, recurring_interval="month"), customer_billing_address={"country": "FR"})
    for type_ in ("checkout.created", "checkout.updated"):
        headers = {"Authorization": f"Bearer {sdk.token}"}
        data = httpx.get(f"{sdk.server}/v1/checkouts/{made['id']}", headers=headers).json()
        event = json.dumps({"type": type_, "timestamp": data["created_at"], "data": data})
        body, secret, now = payload_for(event, "2026-10"), new_secret(bytes(range(32))), int(time.time())
        signed = {"webhook-id": "x", "webhook-timestamp": str(now), "webhook-signature": sign(secret, "x", now, body)}
        message = {"body": body, "headers": signed, "secret": secret}
        told = sdk.call("webhooks", "validate_event", message=message)
        assert told["data"]["id"] == made["id"]
        if data["status"] == "open":
            _confirm(sdk, made)
    assert told["data"]["status"] == "succeeded"

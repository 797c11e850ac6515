"""Webhooks through the published SDKs: their calls, and their own check of what we send."""

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from polar_server.database import Transaction
from polar_server.resource_server.events import payload_for, record_event
from polar_server.resources.webhooks import queries
from polar_server.resources.webhooks.signatures import new_secret, seal_secret, sign

from .conftest import Shop
from .libraries import Refused, Sdk

BODY = {"url": "https://8.8.8.8/hook", "format": "raw", "events": ["order.paid"]}
PRICE = {"amount_type": "fixed", "price_amount": 1000, "price_currency": "usd"}


def test_the_life_of_an_endpoint(sdk: Sdk, shop: Shop) -> None:
    """Created, read, listed, changed, given a new secret, and deleted; mistakes are typed."""
    made = sdk.call("webhooks", "create_webhook_endpoint", BODY)
    assert (made["organization_id"], made["enabled"]) == (shop.organization_id, True)
    assert sdk.call("webhooks", "get_webhook_endpoint", id=made["id"]) == made
    assert sdk.call("webhooks", "list_webhook_endpoints")["items"] == [made]
    changed = sdk.call("webhooks", "update_webhook_endpoint", {"name": "Shop"}, id=made["id"])
    assert (changed["name"], changed["secret"]) == ("Shop", made["secret"])
    renewed = sdk.call("webhooks", "reset_webhook_endpoint_secret", id=made["id"])
    assert renewed["secret"] != made["secret"]
    with pytest.raises(Refused) as refused:
        sdk.call("webhooks", "create_webhook_endpoint", {**BODY, "url": "https://10.0.0.5/"})
    assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", "url"])
    assert sdk.call("webhooks", "delete_webhook_endpoint", id=made["id"]) is None
    with pytest.raises(Refused) as refused:
        sdk.call("webhooks", "get_webhook_endpoint", id=made["id"])
    assert refused.value.kind == "ResourceNotFound"


def test_deliveries_are_read_and_repeated(sdk: Sdk, shop: Shop) -> None:
    """An attempt that the server itself refuses to make is listed, and its event can be asked for once more."""
    columns = {"url": "https://127.0.0.1/", "name": None, "format": "raw", "api_version": "2026-04"}

    async def happen(tx: Transaction) -> None:
        endpoint_id, keys = str(uuid4()), shop.server.server_keys
        secret = seal_secret(keys, endpoint_id, new_secret(bytes(32)))
        place: dict[str, Any] = {"id": endpoint_id, "organization_id": shop.organization_id, "now": int(time.time())}
        await queries.add_endpoint(tx, **place, **columns, secret=secret, events='["order.paid"]')
        await record_event(tx, shop.organization_id, "order.paid", {"name": "One"}, int(time.time()))

    shop.server.write(happen)
    [delivery] = _wait_for_deliveries(sdk)
    assert (delivery["succeeded"], delivery["http_code"]) == (False, None)
    assert delivery["webhook_event"]["type"] == "order.paid"
    assert sdk.call("webhooks", "redeliver_webhook_event", id=delivery["webhook_event"]["id"]) is None


def _wait_for_deliveries(sdk: Sdk) -> list[dict[str, Any]]:
    """The worker of the server finds what another process wrote when it looks again."""
    for _ in range(200):
        items: list[dict[str, Any]] = sdk.call("webhooks", "list_webhook_deliveries", event_type=["order.paid"])[
            "items"
        ]
        if items:
            return items
        time.sleep(0.05)
    raise AssertionError("the worker did not try")


def test_what_we_send_verifies(sdk: Sdk) -> None:
    """Each SDK and the library of Standard Webhooks take signature and data, and refuse them for a changed body."""
    made = sdk.call("products", "create", {"name": "Night lamp", "prices": [PRICE]})
    headers = {"Authorization": f"Bearer {sdk.token}"}
    product = httpx.get(f"{sdk.server}/v1/products/{made['id']}", headers=headers).json()
    event = {"type": "product.created", "timestamp": product["created_at"], "data": product}
    body, secret, now = payload_for(json.dumps(event), "2026-10"), new_secret(bytes(range(32))), int(time.time())
    signed = {"webhook-id": "x", "webhook-timestamp": str(now), "webhook-signature": sign(secret, "x", now, body)}
    given = {"body": body, "headers": signed, "secret": secret}
    read = sdk.call("webhooks", "validate_event", message=given)
    assert (read["type"], read["data"]["name"]) == ("product.created", "Night lamp")
    with pytest.raises(Refused) as refused:
        sdk.call("webhooks", "validate_event", message={**given, "body": body + " "})
    assert "Verification" in refused.value.kind

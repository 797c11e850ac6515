"""Benefit grants through the published SDKs."""

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from polar_server.audit.client_events import ClientEvents
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.signing_keys import SigningKeys
from polar_server.database import Transaction, connect
from polar_server.rate_limits import RateLimits
from polar_server.resource_server.events import payload_for
from polar_server.resources.benefit_grants.granting import Sale, sync_grants
from polar_server.resources.webhooks.signatures import new_secret, sign

from .conftest import Shop
from .libraries import Refused, Sdk

PRICE = {"amount_type": "fixed", "price_amount": 1000, "price_currency": "usd"}
CUSTOM = {"type": "custom", "description": "A letter each month", "properties": {"note": "Write to us"}}
FLAG = {"type": "feature_flag", "description": "Beta", "properties": {}, "metadata": {"tier": "gold"}}
KEYS = {"type": "license_keys", "description": "A key of your own", "properties": {"prefix": "LAMP"}}


def sell(sdk: Sdk, shop: Shop, customer_id: str, *benefits: dict[str, Any]) -> list[str]:
    """Give a customer these benefits, as a paid order does; their ids."""
    ids = [sdk.call("benefits", "create", benefit)["id"] for benefit in benefits]
    product = sdk.call("products", "create", {"name": "Night lamp", "prices": [PRICE]})
    sdk.call("products", "update_benefits", {"benefits": ids}, id=product["id"])
    sale = Sale(shop.organization_id, customer_id, order_id=str(uuid4()))
    server = _server(shop)

    async def give(tx: Transaction) -> bool:
        return await sync_grants(tx, server, sale, product["id"], int(time.time()))

    assert shop.server.write(give)
    return ids


def _server(shop: Shop) -> AuthorizationServer:
    """The parts of the server that a sale needs."""
    settings, keys = shop.server.settings, shop.server.server_keys
    limits = RateLimits(settings, time.time)
    database = connect(settings.database, 1)
    return AuthorizationServer(settings, database, keys, SigningKeys([]), time.time, limits, ClientEvents(database))


def test_grants_are_listed_with_what_they_are_of(sdk: Sdk, shop: Shop) -> None:
    """Every grant once, over pages, with its customer and its benefit; by customer, external id and state."""
    ada = sdk.call("customers", "create", {"email": "ada@example.com", "external_id": "ada"})
    bob = sdk.call("customers", "create", {"email": "bob@example.com"})
    ids = sell(sdk, shop, ada["id"], CUSTOM, FLAG, KEYS)
    sell(sdk, shop, bob["id"], FLAG)
    grants = sdk.call("benefit_grants", "pages", limit=3)
    assert len(grants) == 4
    mine = {grant["benefit_id"]: grant for grant in sdk.call("benefit_grants", "list", customer_id=ada["id"])["items"]}
    assert set(mine) == set(ids)
    grant = mine[ids[0]]
    assert (grant["is_granted"], grant["is_revoked"], grant["subscription_id"]) == (True, False, None)
    assert grant["benefit"]["properties"] == {"note": "Write to us"}
    assert grant["customer"]["email"] == "ada@example.com"
    by_external = sdk.call("benefit_grants", "list", external_customer_id="ada", sorting=["granted_at"])
    assert by_external["pagination"]["total_count"] == 3
    assert sdk.call("benefit_grants", "list", is_granted=False)["items"] == []
    of_flag = sdk.call("benefits", "grants", id=ids[1], is_granted=True)["items"]
    assert [each["customer_id"] for each in of_flag] == [ada["id"]]
    with pytest.raises(Refused) as refused:
        sdk.call("benefits", "grants", id="00000000-0000-4000-8000-000000000000")
    assert refused.value.kind == "ResourceNotFound"


def test_a_deleted_benefit_is_revoked_by_the_clock(sdk: Sdk, shop: Shop) -> None:
    """The server finds by itself what a deletion leaves to be done."""
    ada = sdk.call("customers", "create", {"email": "ada@example.com"})
    [benefit_id] = sell(sdk, shop, ada["id"], FLAG)
    sdk.call("benefits", "delete", id=benefit_id)
    for _ in range(100):
        [grant] = sdk.call("benefit_grants", "list")["items"]
        if grant["is_revoked"]:
            break
        time.sleep(0.1)
    assert (grant["is_granted"], grant["benefit"]["is_deleted"]) == (False, True)


def test_the_state_names_granted_benefits(sdk: Sdk, shop: Shop) -> None:
    """The state of a customer without a subscription is read by every library."""
    ada = sdk.call("customers", "create", {"email": "ada@example.com"})
    ids = sell(sdk, shop, ada["id"], FLAG)
    state = sdk.call("customers", "get_state", id=ada["id"])
    [grant] = state["granted_benefits"]
    assert (grant["benefit_id"], grant["benefit_type"]) == (ids[0], "feature_flag")
    assert grant["benefit_metadata"] == {"tier": "gold"}


def test_events_of_grants_are_read(sdk: Sdk, shop: Shop) -> None:
    """An event names the customer's key in the shape of its benefit, and the state that follows is read."""
    ada = sdk.call("customers", "create", {"email": "ada@example.com"})
    sell(sdk, shop, ada["id"], KEYS)
    [grant] = _plain(sdk, "/v1/benefit-grants/")["items"]
    read = _received(sdk, "benefit_grant.created", {**grant, "previous_properties": None})
    assert read["data"]["properties"]["display_key"] == grant["properties"]["display_key"]
    state = _plain(sdk, f"/v1/customers/{ada['id']}/state")
    assert _received(sdk, "customer.state_changed", state)["data"]["id"] == ada["id"]


def _plain(sdk: Sdk, path: str) -> dict[str, Any]:
    """What the API answers."""
    answer: dict[str, Any] = httpx.get(sdk.server + path, headers={"Authorization": f"Bearer {sdk.token}"}).json()
    return answer


def _received(sdk: Sdk, event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    """The event as the library gives it to the receiver's program."""
    event = {"type": event_type, "timestamp": "2026-11-24T08:00:00Z", "data": data}
    body, secret, now = payload_for(json.dumps(event), "2026-10"), new_secret(bytes(range(32))), int(time.time())
    signed = {"webhook-id": "x", "webhook-timestamp": str(now), "webhook-signature": sign(secret, "x", now, body)}
    read: dict[str, Any] = sdk.call(
        "webhooks", "validate_event", message={"body": body, "headers": signed, "secret": secret}
    )
    return read

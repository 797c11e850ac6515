"""Test events: made up, sent to one endpoint at once, and counted for nothing."""

import json
from typing import Any

import msgspec
import pytest
from tests.receiver import Receiver, answer
from tests.world import World

from polar_client.webhooks import verify
from polar_server.dashboard.webhooks.forms import TYPES
from polar_server.resource_server.benefits import Benefit
from polar_server.resources.benefit_grants.schemas import BenefitGrantWebhook
from polar_server.resources.checkouts.schemas import Checkout
from polar_server.resources.customers.schemas import Customer, CustomerState
from polar_server.resources.orders.schemas import Order
from polar_server.resources.organizations.schemas import Organization
from polar_server.resources.products.schemas import Product
from polar_server.resources.refunds.schemas import Refund
from polar_server.resources.subscriptions.schemas import Subscription
from polar_server.resources.webhooks import samples
from polar_server.resources.webhooks.schedule import FAILURES
from polar_server.resources.webhooks.worker import DeliveryWorker

from .conftest import Desk
from .test_webhooks import LAMP, _endpoint, receiver, settings, worker

__all__ = ["receiver", "settings", "worker"]

NOW = 1_900_000_000
THINGS: dict[str, Any] = {
    "benefit": Benefit,
    "benefit_grant": BenefitGrantWebhook,
    "checkout": Checkout,
    "customer": Customer,
    "order": Order,
    "organization": Organization,
    "product": Product,
    "refund": Refund,
    "subscription": Subscription,
}


@pytest.mark.parametrize("name", TYPES)
def test_made_up_data_are_what_the_api_answers(name: Any) -> None:
    """The data of each kind of event are those of a real one, with every member, of this organization and minute."""
    told = json.loads(samples.payload_of(name, "our-organization", NOW))
    assert (told["type"], told["timestamp"], told["test"]) == (name, "2030-03-17T17:46:40Z", True)
    kind = CustomerState if name == "customer.state_changed" else THINGS[name.partition(".")[0]]
    msgspec.convert(told["data"], kind)
    assert told["data"].get("organization_id", "our-organization") == "our-organization"


async def test_a_test_is_sent_once_and_counts_for_nothing(
    world: World, desk: Desk, receiver: Receiver, worker: DeliveryWorker
) -> None:
    """It is signed, delivered and logged like others, holds up nothing, and never disables an endpoint."""
    endpoint_id = await _endpoint(desk, url=receiver.url)
    page = f"webhooks/{endpoint_id}"
    receiver.answers += [answer(503, "Down")] * FAILURES
    for _ in range(FAILURES):
        sent = await desk.post(page, f"{page}/test", type="product.created")
        await worker.work_once()
    shown = (await desk.browser.open(sent.headers["location"])).text
    assert "This is a test with made-up data" in shown
    assert ("Given up" in shown, shown.count("Answer 503")) == (True, 1)
    await desk.api.post("/v1/products/", LAMP)
    await desk.post(page, f"{page}/test", type="product.created")
    await worker.work_once()
    assert len(receiver.got) == FAILURES + 2, "each test once, the real event at once"

    secret = (await desk.api.get(f"/v1/webhooks/endpoints/{endpoint_id}")).json()["secret"]
    last = receiver.got[-1]
    event = verify(last.body, last.headers, secret, now=float(world.clock()))
    assert event.type == "product.created"
    marked = [request.json.get("test", False) for request in receiver.got]
    assert marked.count(True) == FAILURES + 1
    assert (await desk.open("webhooks/events")).text.count('<span class="badge">Test</span>') == FAILURES + 1
    assert "sent a test event to a webhook endpoint" in (await desk.open("activity")).text

    await desk.open(page)
    await desk.api.patch(f"/v1/webhooks/endpoints/{endpoint_id}", {"enabled": False})
    assert (await desk.browser.submit(desk.path(f"{page}/test"))).headers["location"] == desk.path(page)
    assert "Send a test event" not in (await desk.open(page)).text

"""Webhooks in the dashboard: endpoints with how they do, and the log of what was sent to them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from tests.receiver import Receiver, answer, receiving
from tests.world import World

from polar_server.dashboard.webhooks.forms import TYPES
from polar_server.outbound import Outbound
from polar_server.resources.webhooks.lanes import Desk as SendingDesk
from polar_server.resources.webhooks.worker import DeliveryWorker
from polar_server.settings import Settings

from .conftest import Desk

LAMP = {"name": "Night <lamp>", "prices": [{"amount_type": "fixed", "price_amount": 4900}]}
HOOK = {"url": "http://127.0.0.1:1/hook", "name": "Shop", "format": "raw", "event-product.created": "true"}
FOLLOWS = 'data-hx-trigger="every 3s"'


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Receivers are on this machine, and events are sent when a test says so."""
    return replace(settings, outbound_loopback=True, worker=False)


@pytest.fixture
async def receiver(anyio_backend: object) -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def worker(world: World) -> Iterator[DeliveryWorker]:
    async def tell(organization_id: str, url: str) -> None:
        """The mail has its own test."""

    outbound = Outbound(loopback=True)
    server = world.server
    yield DeliveryWorker(SendingDesk(server.database, server.server_keys, outbound, world.clock, lambda: 0.5, tell))
    outbound.close()


async def _endpoint(desk: Desk, **changes: str) -> str:
    """An endpoint made by the form; its id."""
    made = await desk.post("webhooks/new", **HOOK | changes)
    assert made.status_code == 303, desk.errors
    return made.headers["location"].rpartition("/")[2].partition("?")[0]


async def test_a_form_that_is_sent_twice_makes_one_endpoint(desk: Desk) -> None:
    """Both answers lead to it, so nothing is delivered twice."""
    form, places = await desk.open("webhooks/new"), set()
    for _ in range(2):
        desk.browser.page = form
        places.add((await desk.browser.submit(desk.path("webhooks/new"), **HOOK)).headers["location"])
    assert len(places) == 1
    assert (await desk.api.get("/v1/webhooks/endpoints")).json()["pagination"]["total_count"] == 1


async def test_an_endpoint_is_made_changed_disabled_and_deleted(desk: Desk, receiver: Receiver) -> None:
    """The API shows each step, and what a form does not know of an endpoint stays as it was."""
    endpoint_id = await _endpoint(desk, url=receiver.url, **{"event-order.paid": "true"})
    page, address = f"webhooks/{endpoint_id}", f"/v1/webhooks/endpoints/{endpoint_id}"
    made = (await desk.api.get(address)).json()
    assert (made["url"], made["name"], made["format"]) == (receiver.url, "Shop", "raw")
    assert made["events"] == ["product.created", "order.paid"]
    shown = (await desk.open(page)).text
    assert made["secret"] in shown
    assert "Nothing sent yet" in (await desk.open("webhooks")).text

    await desk.api.patch(address, {"events": ["order.paid", "member.created"]})
    kept = {"url": receiver.url, "name": "", "format": "raw"}
    await desk.post(f"{page}/edit", **kept, **{"event-order.refunded": "true"})
    changed = (await desk.api.get(address)).json()
    assert (changed["name"], changed["events"]) == (None, ["order.refunded", "member.created"])
    assert changed["secret"] == made["secret"]
    await desk.post(page, f"{page}/secret")
    assert (await desk.api.get(address)).json()["secret"] != made["secret"]
    await desk.post(page, f"{page}/enable")
    assert (await desk.api.get(address)).json()["enabled"] is False
    assert "Somebody disabled it." in (await desk.open(page)).text
    await desk.post(page, f"{page}/enable")
    assert (await desk.api.get(address)).json()["enabled"] is True
    acts = (await desk.open("activity/export?kind=webhook_endpoint")).text
    assert acts.count("webhook_endpoint.updated") == 4
    assert made["secret"] not in acts

    answer = await desk.post(f"{page}/delete")
    assert answer.headers["location"] == desk.path("webhooks?done=deleted")
    assert (await desk.api.get(address)).status_code == 404


MISTAKES = (
    ({"url": ""}, "url"),
    ({"url": "ftp://shop.example/hook"}, "url"),
    ({"url": "https://user@shop.example/"}, "url"),
    ({"url": "http://10.0.0.1/hook"}, "url"),
    ({"format": "xml"}, "format"),
    ({"name": "x" * 300}, "name"),
    ({"event-product.exploded": "true"}, "events"),
)


async def test_a_mistake_is_named_at_its_field(desk: Desk) -> None:
    """The page says what is wrong there, keeps what was typed, and nothing is made."""
    for changes, field in MISTAKES:
        answer = await desk.post("webhooks/new", **HOOK | changes)
        assert (answer.status_code, list(desk.errors)) == (422, [field]), changes
        assert 'name="event-product.created" value="true" checked' in answer.text
    assert (await desk.api.get("/v1/webhooks/endpoints")).json()["pagination"]["total_count"] == 0


async def test_buttons_tick_all_events_or_none(desk: Desk) -> None:
    """Without script the form comes back with every box ticked, or none; none at all is a mistake."""
    form = {name: text for name, text in HOOK.items() if not name.startswith("event-")}
    all_of_them = await desk.post("webhooks/new", **form, choose_events="all")
    assert (all_of_them.status_code, all_of_them.text.count('value="true" checked')) == (200, len(TYPES))
    none = await desk.post("webhooks/new", **HOOK, choose_events="none")
    assert (none.text.count('value="true" checked'), HOOK["url"] in none.text) == (0, True)
    await desk.post("webhooks/new", **form)
    assert desk.errors == {"events": "Choose at least one event."}


async def test_the_log_tells_each_attempt_and_sends_again(
    world: World, desk: Desk, receiver: Receiver, worker: DeliveryWorker, stranger_desk: Desk
) -> None:
    """What failed shows the answer and the next try; an event is found by state, type and content, and sent again."""
    endpoint_id = await _endpoint(desk, url=receiver.url)
    receiver.answers.append(answer(503, "Down <for> repair"))
    await desk.api.post("/v1/products/", LAMP)
    await worker.work_once()
    assert "The first of 10 tries failed. The last answer was 503." in (await desk.open(f"webhooks/{endpoint_id}")).text
    log = await desk.open("webhooks/events?state=pending&type=product.created&query=night")
    assert "Trying again" in log.text
    assert FOLLOWS in log.text
    event = log.text.partition(f"{desk.path('webhooks')}/events/")[2].partition('"')[0]
    page = f"webhooks/events/{event}"
    shown = (await desk.open(page)).text
    assert "Down &lt;for&gt; repair" in shown
    assert "Try 2 of 10 follows" in shown
    assert "&#34;name&#34;: &#34;Night &lt;lamp&gt;&#34;" in shown
    assert FOLLOWS in shown
    for query in ("state=succeeded", "type=order.paid", "query=elephant"):
        assert "Nothing fits" in (await desk.open(f"webhooks/events?{query}")).text

    await desk.open("webhooks/events?state=pending")
    log_of = {"log": f"{desk.path('webhooks/events')}?state=pending&query=%22night&odd=%0d%0a"}
    again = await desk.post("webhooks/events", f"{page}/again", **log_of)
    back = "/webhooks/events?state=pending&query=%22night&odd=%0D%0A&done=again"
    assert again.headers["location"].endswith(back)
    assert "stands at the end of the queue" in (await desk.browser.open(again.headers["location"])).text

    world.clock.now += 60
    await worker.work_once()
    arrived = (await desk.open(page)).text
    assert ("Arrived" in arrived, FOLLOWS in arrived) == (True, False)
    sent_again = await desk.post(page, f"{page}/again")
    assert sent_again.headers["location"].endswith("?done=again")
    await worker.work_once()
    assert receiver.ids == [event] * 3
    shown = (await desk.open(page)).text
    assert (shown.count("Answer 503"), shown.count("Answer 200")) == (1, 2)
    assert "Healthy" in (await desk.open("webhooks")).text
    assert (await stranger_desk.open(page)).status_code == 404

    await desk.open(page)
    await desk.api.patch(f"/v1/webhooks/endpoints/{endpoint_id}", {"enabled": False})
    refused = await desk.browser.submit(desk.path(page))
    assert (refused.status_code, "The endpoint is disabled. Enable it" in refused.text) == (409, True)


async def test_an_endpoint_that_is_disabled_for_failures_says_why(
    world: World, desk: Desk, receiver: Receiver, worker: DeliveryWorker
) -> None:
    """After ten events in a row that did not arrive the page names the cause; enabling it starts anew."""
    endpoint_id = await _endpoint(desk, url=receiver.url)
    receiver.answers.extend(answer(500) for _ in range(100))
    for _ in range(10):
        await desk.api.post("/v1/products/", LAMP)
    while "Disabled" not in (await desk.open("webhooks")).text:
        await worker.work_once()
        world.clock.now += 1200
    page = f"webhooks/{endpoint_id}"
    assert (
        "10 events in a row did not arrive, so it was disabled. The last answer was 500."
        in (await desk.open(page)).text
    )
    await desk.post(page, f"{page}/enable")
    assert "Healthy" in (await desk.open(page)).text


async def test_members_do_not_see_webhooks(member_desk: Desk, desk: Desk) -> None:
    """Secrets are in them, so only owners and admins open any of the pages."""
    endpoint_id = await _endpoint(desk)
    for part in (
        "webhooks",
        "webhooks/new",
        "webhooks/events",
        f"webhooks/{endpoint_id}",
        f"webhooks/{endpoint_id}/edit",
    ):
        assert (await member_desk.open(part)).status_code == 403

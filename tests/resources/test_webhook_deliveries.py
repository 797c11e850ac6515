"""Events on their way: from the change to a receiver that really listens."""

import asyncio
import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.receiver import Received, Receiver, answer, receiving
from tests.world import Api, World, api_of

from polar_server.database import Statement
from polar_server.html import Pages
from polar_server.outbound import Outbound
from polar_server.resource_server import event_queries
from polar_server.resource_server.events import record_event, record_events
from polar_server.resources import webhooks
from polar_server.resources.webhooks import attempts, lanes, upkeep
from polar_server.resources.webhooks.dispatching import dispatch
from polar_server.resources.webhooks.lanes import LEASE, Desk
from polar_server.resources.webhooks.notices import teller
from polar_server.resources.webhooks.schedule import ATTEMPTS, FAILURES, HELD
from polar_server.resources.webhooks.worker import DeliveryWorker
from polar_server.settings import Settings

PRICE = {"amount_type": "fixed", "price_amount": 1000}
FAILURE = answer(500, "Out of order")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Receivers are on this machine, and events are sent when a test says so."""
    return replace(settings, worker=False, outbound_loopback=True, access_token_lifetime=10**8)


@pytest.fixture
async def receiver(anyio_backend: object) -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    """What a worker needs; chance is always 0, so waits are the shortest."""
    outbound = Outbound(loopback=True)
    yield Desk(world.server.database, world.server.server_keys, outbound, world.clock, lambda: 0.0, _tell_nobody)
    outbound.close()


@pytest.fixture
def worker(desk: Desk) -> DeliveryWorker:
    return DeliveryWorker(desk)


async def _tell_nobody(organization_id: str, url: str) -> None:
    raise AssertionError("no endpoint is disabled here")


async def _listen(api: Api, url: str, *events: str, **members: Any) -> dict[str, Any]:
    wanted = list(events) or ["product.created"]
    response = await api.post("/v1/webhooks/endpoints", {"url": url, "format": "raw", "events": wanted, **members})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def _product(api: Api, name: str = "Lamp") -> dict[str, Any]:
    response = await api.post("/v1/products/", {"name": name, "prices": [PRICE]})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def _deliveries(api: Api, query: str = "") -> list[dict[str, Any]]:
    response = await api.get(f"/v1/webhooks/deliveries?limit=100&{query}")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def _check_signatures(request: Received, secret: str) -> None:
    keys = (secret.encode(), base64.b64decode(secret.removeprefix("whsec_")))
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = [f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}" for key in keys]
    assert request.headers["webhook-signature"].split() == expected


async def test_an_event_is_what_the_api_answers_signed_twice(
    api: Api, worker: DeliveryWorker, receiver: Receiver, world: World
) -> None:
    """The change reaches the receiver with id, time and both signatures, and the delivery is listed."""
    endpoint = await _listen(api, receiver.url, api_version="2026-10")
    product = await _product(api)
    assert await worker.work_once() == 1
    [request] = receiver.got
    assert request.json == {
        "type": "product.created",
        "timestamp": product["created_at"],
        "data": product,
        "api_version": "2026-10",
    }
    _check_signatures(request, endpoint["secret"])
    assert request.headers["user-agent"] == "polar.sh webhooks"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-timestamp"] == str(int(world.clock()))
    [delivery] = await _deliveries(api)
    assert (delivery["succeeded"], delivery["http_code"], delivery["response"]) == (True, 200, "")
    event = delivery["webhook_event"]
    assert (event["id"], event["payload"].encode()) == (request.headers["webhook-id"], request.body)
    assert (event["succeeded"], event["skipped"], event["is_archived"]) == (True, False, False)
    assert await worker.work_once() == 0


async def test_every_change_that_can_be_told_is_told(api: Api, worker: DeliveryWorker, receiver: Receiver) -> None:
    """Products and customers, each with the answer of its request; only to who asked for the type."""
    types = ["product.created", "product.updated", "customer.created", "customer.updated", "customer.deleted"]
    await _listen(api, receiver.url, *types)
    await _listen(api, receiver.url + "/other", "order.paid")
    product = await _product(api)
    changed = (await api.patch(f"/v1/products/{product['id']}", {"name": "Day lamp"})).json()
    made = (await api.post("/v1/customers/", {"email": "c@example.com", "external_id": "x1"})).json()
    customer = (await api.patch(f"/v1/customers/{made['id']}", {"name": "Cleo"})).json()
    assert (await api.delete(f"/v1/customers/{made['id']}")).status_code == 204
    await worker.work_once()
    assert [request.json["type"] for request in receiver.got] == types
    assert [request.json["data"] for request in receiver.got[:4]] == [product, changed, made, customer]
    gone = receiver.got[4].json["data"]
    assert (gone["external_id"], gone["deleted_at"] is None) == ("x1", False)


async def test_organizations_tell_their_changes(world: World, worker: DeliveryWorker, receiver: Receiver) -> None:
    """organization.updated comes when a person changes it."""
    api = await api_of(world, "p@example.com", "shop", sub_type="user")
    await _listen(api, receiver.url, "organization.updated", organization_id=api.organization_id)
    changed = await api.patch(f"/v1/organizations/{api.organization_id}", {"name": "Shop Two"})
    assert changed.status_code == 200, changed.text
    await worker.work_once()
    assert [request.json["data"] for request in receiver.got] == [changed.json()]


async def test_a_change_that_is_rolled_back_is_never_told(
    api: Api, worker: DeliveryWorker, receiver: Receiver, world: World
) -> None:
    """The outbox is written with the change or not at all; what nobody listens to is not kept."""
    await _listen(api, receiver.url)
    assert api.organization_id is not None
    with suppress(ZeroDivisionError):
        async with world.server.database.write() as tx:
            await record_event(tx, api.organization_id, "product.created", {"name": "Never"}, 1)
            raise ZeroDivisionError
    async with world.server.database.write() as tx:
        await record_event(tx, api.organization_id, "order.paid", {"name": "Unheard"}, 1)
    await worker.work_once()
    assert receiver.got == []
    async with world.server.database.write() as tx:
        assert await event_queries.archive_events(tx, 10**10, 10) == 0


async def test_events_of_a_transaction_are_told_in_their_order_or_not_at_all(
    api: Api, worker: DeliveryWorker, receiver: Receiver, world: World
) -> None:
    """Events are stored at the end of their transaction, in the order they happened; one that fails leaves nothing."""
    await _listen(api, receiver.url, "product.created", "product.updated")
    organization_id = api.organization_id
    assert organization_id is not None
    with suppress(ZeroDivisionError):
        async with world.server.database.write() as tx:
            await record_event(tx, organization_id, "product.created", {"name": "Never"}, 1)
            raise ZeroDivisionError
    async with world.server.database.write() as tx:
        await record_event(tx, organization_id, "product.created", {"name": "First"}, 1)
        await record_events(tx, organization_id, ["product.updated", "product.created"], {"name": "Both"}, 2)
    await worker.work_once()
    told = [(request.json["type"], request.json["data"]["name"]) for request in receiver.got]
    assert told == [("product.created", "First"), ("product.updated", "Both"), ("product.created", "Both")]


async def test_failures_are_tried_again_later_and_in_order(
    api: Api, worker: DeliveryWorker, receiver: Receiver, world: World
) -> None:
    """Later events wait for one that failed; its next attempt has the same id and a signature of its own second."""
    endpoint = await _listen(api, receiver.url)
    for name in ("One", "Two", "Three"):
        await _product(api, name=f"{name} lamp")
    receiver.answers = [FAILURE, answer(302, location="http://169.254.169.254/")]
    await worker.work_once()
    world.clock.now += 3
    await worker.work_once()
    assert len(receiver.got) == 1, "too early"
    world.clock.now += 1
    await worker.work_once()
    assert len(receiver.got) == 2, "a redirect is a failure, and is not followed"
    world.clock.now += 8
    await worker.work_once()
    assert receiver.names == ["One lamp"] * 3 + ["Two lamp", "Three lamp"]
    assert len(set(receiver.ids)) == 3
    assert receiver.got[0].headers["webhook-signature"] != receiver.got[1].headers["webhook-signature"]
    for request in receiver.got:
        _check_signatures(request, endpoint["secret"])
    tried = [(d["succeeded"], d["http_code"], d["response"]) for d in await _deliveries(api)]
    assert tried == [(True, 200, "")] * 3 + [(False, 302, ""), (False, 500, "Out of order")]


async def test_an_event_that_keeps_failing_is_overtaken_after_a_minute(
    api: Api, worker: DeliveryWorker, receiver: Receiver, world: World
) -> None:
    """One event that a receiver cannot digest does not hold up the others for long."""
    await _listen(api, receiver.url)
    await _product(api, name="Poison")
    await _product(api, name="Lamp")

    async def respond(request: Received) -> bytes:
        return FAILURE if request.json["data"]["name"] == "Poison" else answer()

    receiver.respond = respond
    for _ in range(HELD):
        await worker.work_once()
        world.clock.now += 1
    assert set(receiver.names) == {"Poison"}
    await worker.work_once()
    assert receiver.names[-1] == "Lamp"


async def test_a_worker_that_dies_after_sending_sends_again(
    api: Api, desk: Desk, receiver: Receiver, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: what was sent and not written down is sent again, with the same id, when the lease ends."""
    await _listen(api, receiver.url)
    await _product(api)

    async def die(*_: Any) -> None:
        raise SystemError("the machine lost its power")

    with monkeypatch.context() as patch, suppress(SystemError):
        patch.setattr(lanes, "_record", die)
        await DeliveryWorker(desk).work_once()
    world.clock.now += LEASE - 1
    assert await DeliveryWorker(desk).work_once() == 0, "the dead one still holds the endpoint"
    world.clock.now += 1
    assert await DeliveryWorker(desk).work_once() == 1
    assert len(receiver.got) == 2
    assert len(set(receiver.ids)) == 1


async def test_a_worker_that_lost_its_lease_writes_nothing(
    api: Api, desk: Desk, receiver: Receiver, world: World
) -> None:
    """One that was away too long leaves the result to the one that took over."""
    await _listen(api, receiver.url)
    await _product(api)

    async def take_over(_: Received) -> bytes:
        receiver.respond = None
        world.clock.now += LEASE
        assert await DeliveryWorker(desk).work_once() == 1
        return FAILURE

    receiver.respond = take_over
    await DeliveryWorker(desk).work_once()
    assert [delivery["succeeded"] for delivery in await _deliveries(api)] == [True]


async def test_workers_share_the_work(api: Api, desk: Desk, receiver: Receiver) -> None:
    """Several at once send every event once, each endpoint's in order."""
    for number in range(4):
        await _listen(api, f"{receiver.url}/{number}")
    for number in range(5):
        await _product(api, name=f"Lamp {number}")
    workers = [DeliveryWorker(desk) for _ in range(3)]
    for _ in range(2):
        await asyncio.gather(*(worker.work_once() for worker in workers))
    assert len(receiver.ids) == len(set(receiver.ids)) == 20
    for number in range(4):
        names = [got.json["data"]["name"] for got in receiver.got if got.path == f"/hook/{number}"]
        assert names == [f"Lamp {n}" for n in range(5)]


async def test_an_event_can_be_delivered_once_more(api: Api, worker: DeliveryWorker, receiver: Receiver) -> None:
    """Redelivery answers null, keeps the id, and is another delivery of the same event; not to a disabled endpoint."""
    endpoint = await _listen(api, receiver.url)
    await _product(api)
    await worker.work_once()
    [event_id] = receiver.ids
    response = await api.post(f"/v1/webhooks/events/{event_id}/redeliver", None)
    assert (response.status_code, response.text) == (202, "null")
    await worker.work_once()
    assert receiver.ids == [event_id, event_id]
    assert [delivery["webhook_event"]["id"] for delivery in await _deliveries(api)] == [event_id, event_id]
    await api.patch(f"/v1/webhooks/endpoints/{endpoint['id']}", {"enabled": False})
    refused = await api.post(f"/v1/webhooks/events/{event_id}/redeliver", None)
    assert (refused.status_code, refused.json()["error"]) == (409, "WebhookEndpointDisabled")


async def test_ten_failed_events_in_a_row_disable_the_endpoint(
    api: Api, desk: Desk, receiver: Receiver, world: World
) -> None:
    """Its people are told by mail, what waits is skipped, and events from then on are not kept for it."""
    told: list[tuple[str, str]] = []

    async def tell(organization_id: str, url: str) -> None:
        told.append((organization_id, url))

    worker = DeliveryWorker(replace(desk, tell_disabled=tell))
    endpoint = await _listen(api, receiver.url)
    path = f"/v1/webhooks/endpoints/{endpoint['id']}"

    async def fail(_: Received) -> bytes:
        return FAILURE

    receiver.respond = fail
    for number in range(FAILURES):
        await _product(api, name=f"Lamp {number}")
    # The first event is tried at once, the others when they have waited for it.
    for _ in range(ATTEMPTS):
        await worker.work_once()
        world.clock.now += 1201
        assert (await api.get(path)).json()["enabled"] is True
    await _product(api, name="Too late")
    await worker.work_once()
    assert (await api.get(path)).json()["enabled"] is False
    assert told == [(api.organization_id, receiver.url)]
    assert len(receiver.got) == FAILURES * ATTEMPTS
    receiver.respond = None
    await _product(api, name="Unheard")
    await worker.work_once()
    assert (await api.patch(path, {"enabled": True})).json()["enabled"] is True
    await _product(api, name="Back")
    await worker.work_once()
    assert receiver.names[FAILURES * ATTEMPTS :] == ["Back"]


async def test_owners_and_admins_get_the_mail(api: Api, world: World) -> None:
    """Whoever can enable the endpoint again hears of it, with its URL."""
    posted: list[Any] = []
    assert api.organization_id is not None
    pages = Pages(
        {"webhooks": Path(webhooks.__path__[0]) / "templates"}, world.server.settings, world.server.server_keys
    )
    await teller(world.server.database, pages.text, posted.append)(api.organization_id, "https://8.8.8.8/hook")
    assert [message.to for message in posted] == ["owner@example.com"]
    assert posted[0].subject == "A webhook endpoint was disabled"
    assert "https://8.8.8.8/hook" in posted[0].text


async def test_what_waits_for_a_disabled_or_deleted_endpoint_is_not_sent(
    api: Api, worker: DeliveryWorker, receiver: Receiver, world: World
) -> None:
    """Disabling skips, deleting removes, and a secret or URL that changes counts for the next attempt."""
    first, second = await _listen(api, receiver.url + "/1"), await _listen(api, receiver.url + "/2")
    third = await _listen(api, receiver.url + "/3")
    await _product(api)
    receiver.answers = [FAILURE] * 3
    await worker.work_once()
    await api.patch(f"/v1/webhooks/endpoints/{first['id']}", {"enabled": False})
    await api.delete(f"/v1/webhooks/endpoints/{second['id']}")
    path = f"/v1/webhooks/endpoints/{third['id']}"
    await api.patch(path, {"url": receiver.url + "/4"})
    third = (await api.patch(f"{path}/secret", None)).json()
    world.clock.now += 10
    await worker.work_once()
    assert [got.path for got in receiver.got[3:]] == ["/hook/4"]
    _check_signatures(receiver.got[3], third["secret"])
    skipped = await _deliveries(api, f"endpoint_id={first['id']}")
    assert [delivery["webhook_event"]["skipped"] for delivery in skipped] == [True]


async def test_an_endpoint_that_leads_inside_later_is_refused_then(
    api: Api, desk: Desk, receiver: Receiver, world: World
) -> None:
    """The URL was public when it was set; at the delivery its name has another address."""

    async def inside(_: str) -> list[str]:
        return ["127.0.0.1"]

    await _listen(api, "https://8.8.8.8/hook")
    await _product(api)
    await DeliveryWorker(replace(desk, outbound=Outbound(resolve=inside))).work_once()
    [delivery] = await _deliveries(api)
    assert (delivery["succeeded"], delivery["http_code"]) == (False, None)
    assert delivery["response"] == "The host has an address that is not public."
    assert receiver.got == []


async def test_deliveries_are_filtered(api: Api, worker: DeliveryWorker, receiver: Receiver, world: World) -> None:
    """By endpoint, type, time, success, class of code and a part of the payload."""
    endpoint = await _listen(api, receiver.url, "product.created", "product.updated")
    product = await _product(api, name="Night lamp")
    receiver.answers = [answer(503, "x" * 5000 + "\0")]
    await worker.work_once()
    world.clock.now += 3600
    await api.patch(f"/v1/products/{product['id']}", {"name": "Day lamp"})
    await worker.work_once()

    async def count(query: str) -> int:
        return len(await _deliveries(api, query))

    assert await count("") == await count(f"endpoint_id={endpoint['id']}") == 3
    assert await count("endpoint_id=other") == await count("organization_id=other") == 0
    assert await count("event_type=product.created") == 2
    assert await count("event_type=product.created&event_type=product.updated") == 3
    assert await count("succeeded=false") == await count("http_code_class=5xx") == 1
    assert await count("http_code_class=4xx") == 0
    assert await count("query=DAY+lamp") == 1
    assert await count("start_timestamp=2027-01-15T08:30:00Z") == 2
    assert await count("end_timestamp=2027-01-15T08:30:00") == 1
    [failed] = await _deliveries(api, "succeeded=false")
    assert failed["response"] == "x" * attempts.KEPT


async def test_events_stay_within_their_organization(
    api: Api, stranger: Api, worker: DeliveryWorker, receiver: Receiver
) -> None:
    """Nobody else's endpoint gets them, and nobody else sees or repeats their deliveries."""
    await _listen(api, receiver.url + "/mine")
    await _listen(stranger, receiver.url + "/theirs")
    await _product(api)
    await worker.work_once()
    assert [got.path for got in receiver.got] == ["/hook/mine"]
    assert await _deliveries(stranger) == []
    assert await _deliveries(stranger, f"organization_id={api.organization_id}") == []
    repeated = await stranger.post(f"/v1/webhooks/events/{receiver.ids[0]}/redeliver", None)
    assert repeated.status_code == 404


async def test_old_payloads_are_forgotten_and_secrets_follow_the_key(
    api: Api, worker: DeliveryWorker, receiver: Receiver, world: World
) -> None:
    """After 90 days the payload is gone, its event says so and cannot be repeated."""
    await _listen(api, receiver.url)
    await _product(api)
    await worker.work_once()
    database, keys = world.server.database, world.server.server_keys
    await upkeep.keep_up(database, keys, int(world.clock()) + upkeep.ARCHIVED_AFTER)
    assert (await _deliveries(api))[0]["webhook_event"]["is_archived"] is False
    await upkeep.keep_up(database, keys, int(world.clock()) + upkeep.ARCHIVED_AFTER + 1)
    [delivery] = await _deliveries(api)
    assert (delivery["webhook_event"]["is_archived"], delivery["webhook_event"]["payload"]) == (True, None)
    assert (await api.post(f"/v1/webhooks/events/{receiver.ids[0]}/redeliver", None)).status_code == 404


async def test_old_events_are_removed(
    api: Api, worker: DeliveryWorker, receiver: Receiver, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 180 days an event goes with all that was delivered of it, in batches; a younger one and its stay."""
    monkeypatch.setattr(upkeep, "BATCH", 2)
    database, keys = world.server.database, world.server.server_keys
    await _listen(api, receiver.url)
    for name in ("one", "two", "three"):
        await _product(api, name)
    await worker.work_once()
    world.clock.now += 60
    await _product(api, "young")
    await worker.work_once()
    later = int(world.clock()) + upkeep.REMOVED_AFTER
    await upkeep.keep_up(database, keys, later - 60)
    assert len(await _deliveries(api)) == 4
    await upkeep.keep_up(database, keys, later - 59)
    [left] = await _deliveries(api)
    assert left["webhook_event"]["id"] == receiver.ids[-1]
    async with database.read() as tx:
        for table in ("events", "webhook_events", "webhook_deliveries"):
            assert (await tx.one(Statement(f"SELECT count(*) FROM {table}")))[0] == 1, table


async def test_an_organization_has_its_share_of_lanes(
    api: Api, stranger: Api, worker: DeliveryWorker, receiver: Receiver, desk: Desk
) -> None:
    """Endpoints beyond it wait until one of its lanes ends, whoever drives those; others come first."""
    for number in range(lanes.SHARE + 2):
        await _listen(api, f"{receiver.url}/{number}")
    await _listen(stranger, receiver.url + "/theirs")
    await _product(api)
    await _product(stranger)
    await dispatch(desk.database, desk.now)
    held = await lanes.claim(desk, 100)
    by_organization = Counter(lane.organization_id for lane in held)
    assert by_organization == {api.organization_id: lanes.SHARE, stranger.organization_id: 1}
    assert await lanes.claim(desk, 100) == []
    for lane in held[:3]:
        await lanes.drive(desk, lane, lambda: True)
    ended = sum(lane.organization_id == api.organization_id for lane in held[:3])
    assert len(await lanes.claim(desk, 100)) == min(ended, 2)

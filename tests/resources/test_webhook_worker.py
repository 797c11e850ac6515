"""The delivery worker at work: woken by events, not held up by one slow receiver, and ending in good order."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests import servers
from tests.receiver import Received, Receiver, answer, receiving
from tests.world import Api, World

from polar_server.database import Transaction, Unavailable
from polar_server.oauth.server_keys import ServerKeys
from polar_server.outbound import Outbound
from polar_server.resource_server.events import record_event
from polar_server.resources.webhooks import lanes, queries, sending_queries, upkeep
from polar_server.resources.webhooks import worker as worker_module
from polar_server.resources.webhooks.lanes import Desk
from polar_server.resources.webhooks.signatures import open_secret, seal_secret
from polar_server.resources.webhooks.worker import DeliveryWorker
from polar_server.settings import Settings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Receivers are on this machine; the application's own worker rests unless a test asks for it."""
    return replace(settings, outbound_loopback=True, worker="own_worker" in request.fixturenames)


@pytest.fixture
def own_worker() -> None:
    """The application's own worker runs."""


@pytest.fixture
async def receiver(anyio_backend: object) -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    outbound = Outbound(loopback=True)
    yield Desk(world.server.database, world.server.server_keys, outbound, world.clock, lambda: 0.5, _tell_nobody)
    outbound.close()


async def _tell_nobody(organization_id: str, url: str) -> None:
    raise AssertionError("no endpoint is disabled here")


async def _add_endpoint(tx: Transaction, keys: ServerKeys, organization_id: str, url: str) -> str:
    endpoint_id = str(uuid4())
    columns = {"url": url, "name": None, "format": "raw", "api_version": "2026-04", "events": '["order.paid"]'}
    secret = seal_secret(keys, endpoint_id, SECRET)
    await queries.add_endpoint(tx, id=endpoint_id, organization_id=organization_id, secret=secret, now=1, **columns)
    return endpoint_id


async def _listen(world: World, api: Api, url: str) -> str:
    assert api.organization_id is not None
    async with world.server.database.write() as tx:
        return await _add_endpoint(tx, world.server.server_keys, api.organization_id, url)


async def _happen(world: World, api: Api, name: str) -> None:
    assert api.organization_id is not None
    async with world.server.database.write() as tx:
        await record_event(tx, api.organization_id, "order.paid", {"name": name}, int(world.clock()))


async def test_the_application_delivers_by_itself(own_worker: None, api: Api, world: World, receiver: Receiver) -> None:
    """`serve` has a worker, which a commit in its process wakes: nobody waits for the next look."""
    await _listen(world, api, receiver.url)
    began = asyncio.get_running_loop().time()
    for name in ("One", "Two", "Three"):
        await _happen(world, api, name)
    await receiver.until(3)
    assert receiver.names == ["One", "Two", "Three"]
    assert asyncio.get_running_loop().time() - began < worker_module.POLL / 2


async def test_a_slow_receiver_delays_nobody_else_and_is_waited_for(
    api: Api, world: World, desk: Desk, receiver: Receiver
) -> None:
    """While one endpoint takes its time, others get their events; at the end the attempt under way is finished."""
    slow, fast = await _listen(world, api, receiver.url + "/slow"), await _listen(world, api, receiver.url + "/fast")
    patience = asyncio.Event()

    async def respond(request: Received) -> bytes:
        if request.path.endswith("slow"):
            await patience.wait()
        return answer()

    receiver.respond = respond
    async with DeliveryWorker(desk).running():
        for number in range(3):
            await _happen(world, api, str(number))
        await receiver.until(4)
        asyncio.get_running_loop().call_later(0.1, patience.set)
    paths = [request.path for request in receiver.got]
    assert (paths.count("/hook/slow"), paths.count("/hook/fast")) == (1, 3), "no other attempt began"
    deliveries = (await api.get(f"/v1/webhooks/deliveries?endpoint_id={slow}")).json()["items"]
    assert [delivery["succeeded"] for delivery in deliveries] == [True]
    assert len((await api.get(f"/v1/webhooks/deliveries?endpoint_id={fast}")).json()["items"]) == 3


async def test_a_worker_survives_what_fails(
    api: Api, world: World, desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away, or a mistake of ours, costs a moment and not the worker."""
    await _listen(world, api, receiver.url)
    failures: list[Exception] = [Unavailable("away"), ValueError("a mistake")]
    monkeypatch.setattr(worker_module, "POLL", 0.01)
    claim = lanes.claim

    async def fail_at_first(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return await claim(*arguments)

    monkeypatch.setattr(worker_module, "claim", fail_at_first)
    await _happen(world, api, "One")
    async with DeliveryWorker(desk).running():
        await receiver.until(1)
    assert failures == []


async def test_secrets_follow_the_server_key(api: Api, world: World, receiver: Receiver) -> None:
    """What an older key sealed is sealed under the newest one, after which the older can be taken away."""
    endpoint_id = await _listen(world, api, receiver.url)
    old, new = bytes(range(32)), bytes(range(1, 33))
    await upkeep.keep_up(world.server.database, ServerKeys([new, old]), 1)
    async with world.server.database.read() as tx:
        [row] = await sending_queries.list_outdated_secrets(tx, "another", 10)
    assert open_secret(ServerKeys([new]), endpoint_id, row["secret"]) == SECRET
    await upkeep.keep_up(world.server.database, ServerKeys([bytes(32)]), 1)
    async with world.server.database.read() as tx:
        assert len(await sending_queries.list_outdated_secrets(tx, ServerKeys([new]).key_id, 10)) == 0


async def test_the_worker_command_delivers_and_stops(tmp_path: Path, receiver: Receiver) -> None:
    """`polar-server worker` sends what `serve` with POLAR_WORKER=false left, and ends when it is told to."""
    with servers.serve(tmp_path, worker="false", outbound_loopback="true") as server:
        person = server.person()
        organization_id = server.organization(person).id

        async def prepare(tx: Transaction) -> None:
            await _add_endpoint(tx, server.server_keys, organization_id, receiver.url)
            await record_event(tx, organization_id, "order.paid", {"name": "One"}, int(time.time()))

        server.write(prepare)
        command = [sys.executable, "-m", "polar_server", "worker"]
        process = await asyncio.create_subprocess_exec(*command, env=server.variables, stdout=subprocess.PIPE)
        try:
            await receiver.until(1)
        finally:
            process.send_signal(signal.SIGTERM)
            said, _ = await process.communicate()
        assert (process.returncode, receiver.names) == (0, ["One"])
        assert b"Webhooks are being delivered." in said

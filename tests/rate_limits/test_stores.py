"""Limits that hosts share, against a real Valkey or Redis."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import free_port

from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.rate_limits import RateLimits
from polar_server.rate_limits.limits import StoreDown
from polar_server.rate_limits.stores import SharedStore
from polar_server.settings import Settings

KEY = bytes(16)


def start(port: int, folder: Path) -> "subprocess.Popen[bytes]":
    """A store that answers, without anything on disk."""
    command = shutil.which("valkey-server") or shutil.which("redis-server")
    assert command, "script/test installs Valkey or Redis"
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen([command, *options], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while subprocess.run(["bash", "-c", f": </dev/tcp/127.0.0.1/{port}"], check=False, capture_output=True).returncode:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    process = start(port, tmp_path_factory.mktemp("store"))
    yield f"redis://127.0.0.1:{port}"
    process.terminate()
    process.wait()


async def test_hosts_admit_exactly_the_limit_together(url: str) -> None:
    """Two hosts that try at the same time get the limit together and not one more."""
    hosts = [SharedStore(url), SharedStore(url)]
    taken = await asyncio.gather(*(host.take(KEY, 100) for _ in range(80) for host in hosts))
    assert sum(standing.admitted for standing in taken) == 100
    assert min(standing.remaining for standing in taken) == 0
    assert all(3500 < standing.reset <= 3660 for standing in taken)
    for host in hosts:
        await host.close()


async def test_what_is_old_stops_counting(url: str) -> None:
    """A bucket from before the window is removed by the next call, and an idle key by the store itself."""
    store = SharedStore(url, width=1)
    key = b"old" + bytes(13)
    await store._redis.hset(b"polar:limit:" + key, mapping={str(int(time.time()) - 100): 5})
    standing = await store.take(key, 2)
    assert (standing.admitted, standing.remaining) == (True, 1)
    assert await store._redis.hlen(b"polar:limit:" + key) == 1
    assert 0 < await store._redis.ttl(b"polar:limit:" + key) <= 61
    await store.close()


async def test_a_store_that_is_down_is_named(tmp_path: Path) -> None:
    """Nobody listens: StoreDown, and soon."""
    store = SharedStore(f"redis://127.0.0.1:{free_port()}")
    started = time.monotonic()
    with pytest.raises(StoreDown, match="ConnectionError"):
        await store.take(KEY, 1)
    assert time.monotonic() - started < 2
    await store.close()


async def test_the_api_goes_on_while_the_store_restarts(tmp_path: Path) -> None:
    """Calls are admitted before, during and after; while it is down the host counts for itself."""
    port, ada = free_port(), Subject(SubjectType.USER, "ada")
    settings = Settings(data_dir=tmp_path, rate_limit_url=f"redis://127.0.0.1:{port}", rate_limit_user=5)
    now = 1_800_000_000.0
    made = RateLimits(settings, lambda: now)
    made.open()

    async def left() -> int:
        counted = await made.count_call(ada, "app")
        assert counted is not None
        return counted.standing.remaining

    process = start(port, tmp_path)
    assert [await left(), await left()] == [4, 3]
    process.kill()
    process.wait()
    assert [await left(), await left()] == [4, 3], "the host's own count begins"
    process = start(port, tmp_path)
    now += 10
    assert await left() == 4, "the store kept nothing here, and is asked again"
    process.kill()
    process.wait()
    await made.close()

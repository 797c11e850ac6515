"""PostgreSQL goes away for some seconds under load: the server says so, and goes on by itself."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests import servers
from tests.servers import Server
from tests.visitors import Visitor

from .apps import App, Pair, pair_of
from .clusters import Cluster, StopMode
from .conftest import Place, Tell
from .lines import Answer, Line, get

_CLIENTS = 16
_SECONDS = 3
"""How long PostgreSQL is away."""
_RECOVERY = 5
_KINDS = ("use", "introspect", "refresh", "redeem", "page")


@dataclass(frozen=True)
class Seen:
    """One request. Times are of this process, which also stops and starts PostgreSQL."""

    kind: str
    sent: float
    answered: float
    status: int
    retry_after: str | None


@pytest.fixture
def server(durable: Place) -> Iterator[Server]:
    """Two workers on the PostgreSQL that goes away."""
    with servers.serve(durable.folder, durable.database_url, workers=2) as server:
        yield server


class Client:
    """Somebody whose requests go on through the outage. A refresh that failed is tried again with the same token."""

    def __init__(self, app: App, pair: Pair, codes: Iterator[str], cookie: str) -> None:
        self._app, self._pair, self._codes, self._cookie = app, pair, codes, cookie
        self.seen: list[Seen] = []

    async def go_on(self, line: Line, ended: asyncio.Event, seeded: random.Random) -> None:
        while not ended.is_set():
            kind, sent = seeded.choice(_KINDS), time.monotonic()
            answer = await line.ask(self._request(kind))
            retry_after = answer.headers.get("retry-after")
            self.seen.append(Seen(kind, sent, time.monotonic(), answer.status, retry_after))
            self._learn(kind, answer)
            await asyncio.sleep(0.01)

    def _request(self, kind: str) -> bytes:
        match kind:
            case "use":
                return self._app.use(self._pair.access_token)
            case "introspect":
                return self._app.introspect(self._pair.access_token)
            case "refresh":
                return self._app.refresh(self._pair.refresh_token)
            case "redeem":
                return self._app.redeem(next(self._codes))
        return get("/account", cookie=self._cookie)

    def _learn(self, kind: str, answer: Answer) -> None:
        if answer.status == 200 and kind == "refresh":
            self._pair = pair_of(answer)
        if answer.status == 200 and kind == "introspect":
            assert answer.json["active"]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_the_database_goes_away(
    mode: StopMode, server: Server, cluster: Cluster, seeded: random.Random, tell: Tell
) -> None:
    """Meanwhile every answer is 503 with Retry-After; afterwards everybody goes on with the tokens they had."""
    clients, lines = await _clients(server)
    ended = asyncio.Event()
    tasks = [
        asyncio.ensure_future(client.go_on(line, ended, seeded)) for client, line in zip(clients, lines, strict=True)
    ]
    await asyncio.sleep(1)
    away, coming, back = await _outage(cluster, mode)
    await asyncio.sleep(_RECOVERY)
    ended.set()
    await asyncio.gather(*tasks)
    for line in lines:
        line.close()
    seen = [each for client in clients for each in client.seen]
    during = [each for each in seen if each.sent > away and each.answered < coming]
    recovery = max((each.answered - back for each in seen if each.status == 503), default=0.0)
    tell(f"{len(during)} requests during the outage: {_statuses(during)}; all {len(seen)}: {_statuses(seen)}")
    tell(f"the last 503 came {recovery:.2f} s after PostgreSQL was back")
    assert {each.kind for each in during} == set(_KINDS)
    assert {(each.status, each.retry_after) for each in during} == {(503, "5")}
    assert {each.status for each in seen} == {200, 503}
    assert recovery < _RECOVERY - 1
    assert sum(each.sent > back + recovery for each in seen) > 100


async def _outage(cluster: Cluster, mode: StopMode) -> tuple[float, float, float]:
    """When PostgreSQL was gone, when it was told to start, and when it had started."""
    await asyncio.to_thread(cluster.stop, mode)
    away = time.monotonic()
    await asyncio.sleep(_SECONDS)
    coming = time.monotonic()
    await asyncio.to_thread(cluster.start)
    return away, coming, time.monotonic()


async def _clients(server: Server) -> tuple[list[Client], list[Line]]:
    person, app = server.person(), App(server)
    with Visitor(server) as visitor:
        visitor.sign_in(person.email)
        cookie = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
    codes = iter(app.codes(3000, person.id))
    lines = [await Line.open(server.port) for _ in range(_CLIENTS)]
    return [Client(app, await app.pair(line, next(codes)), codes, cookie) for line in lines], lines


def _statuses(seen: list[Seen]) -> dict[int, int]:
    return dict(Counter(each.status for each in seen))

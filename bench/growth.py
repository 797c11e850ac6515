"""`python -m bench.growth`: requests with many tokens in the database and beside the sweeper, and whether files grow.

The same requests go to a server with few and to one with many tokens, in turn; to a server whose sweeper removes
expired rows; and in rounds of exchange, expiry and sweep, after each of which the size of the database is read.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

from bench import filling, goals, names, operations, plot, rounds, stage
from bench.clusters import Cluster
from bench.filling import Filler
from bench.findings import Finding
from bench.latencies import percentile
from bench.operations import Operation, Plan
from bench.seeding import Seeder
from bench.servers import Server, Wanted
from bench.stage import Stage, say
from polar_server.authorization_server.sweep import KEPT, sweep
from polar_server.database import connect
from polar_server.oauth import metadata
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import SubjectType
from polar_server.settings import Settings

EXCHANGE, USERINFO = "exchange ES256", "userinfo"
MOST_GROWTH, MOST_SWEEPING = 1.3, 2.0
MOST_STEADY = 1.1
"""How much larger a database may be in the end than after a third of the rounds."""
_SWEEPER = "bench.sweeping_server"
_TABLES = """
    SELECT sum(pg_total_relation_size(name::regclass))::bigint
    FROM (VALUES ('authorization_codes'), ('access_tokens'), ('refresh_tokens'), ('grants')) t (name)
"""
_LINES = {"sqlite": ("file", "pages in use"), "postgres": ("tables of tokens", "whole database")}
"""What is drawn: first what must not grow, on PostgreSQL with its indexes."""
_PIECE = 200
"""Exchanges between two looks at whether the sweeper is done."""


def growth(on: Stage, engine: str) -> Iterator[Finding]:
    """CPU of exchange and userinfo with many tokens in the database, and with few."""
    wanted = Wanted([EXCHANGE, USERINFO], SubjectType.USER, on.scale.plan(), 1, 0)
    sizes = {"small": on.scale.small, "large": on.scale.large}
    with ExitStack() as stack:
        started = []
        for name, size in sizes.items():
            server = stack.enter_context(on.server(engine, name, wanted))
            began = time.perf_counter()
            started.append(filled(server, size, on.scale.requests))
            seconds = time.perf_counter() - began
            yield Finding("growth", engine, f"time to put {size:,} tokens and their grants in", seconds, "s")
        rounds.warm(on.run, started)
        measured = list(rounds.measure(on.run, started))
    for name in wanted.names:
        ratio = goals.times(measured, name, started[1].target.name, started[0].target.name)
        assert ratio is not None, "both were measured"
        for server, size in zip(started, sizes.values(), strict=True):
            costs = [each for each in measured if (each.target, each.operation) == (server.target.name, name)]
            cost = sorted(each.server_us + each.database_us for each in costs)[len(costs) // 2]
            yield Finding("growth", engine, f"{name} with {size:,} tokens", cost, "us CPU")
        yield Finding("growth", engine, f"{name}, the second to the first", ratio, "times", most=MOST_GROWTH)


def filled(server: Server, size: int, presented: int) -> Server:
    """The server with so many tokens in its database; its userinfo is asked with some from everywhere among them."""
    assert server.cluster is not None
    userinfo = server.operations[USERINFO]
    texts = Filler(server.cluster, ServerKeys([server.key]), userinfo.client_id).fill(size, presented)
    random.Random(1).shuffle(texts)
    asked = replace(userinfo, requests=[operations.get(metadata.USERINFO, text) for text in texts])
    return replace(server, operations={**server.operations, USERINFO: asked})


def sweeping(on: Stage, engine: str) -> Iterator[Finding]:
    """Latency of exchanges while the server's own sweeper removes expired rows, and without."""
    pieces = max(on.scale.expired // 4_000, 4)
    plan = Plan(on.scale.warm_up, 1, (pieces + 8) * _PIECE)
    wanted = Wanted([EXCHANGE], SubjectType.USER, plan, 1, 0, module=_SWEEPER)
    with on.server(engine, "sweep", wanted) as server:
        asked = _Asked(on, server, server.operations[EXCHANGE])
        asked.send(on.scale.warm_up)
        before = asked.send(8 * _PIECE)
        expired = _Expired(server, on.scale.expired)
        during, seconds, left = _while_sweeping(asked, expired, pieces)
    rate = (on.scale.expired - left) / seconds
    calm, busy = percentile(before, 0.99), percentile(during, 0.99)
    yield Finding("sweeping", engine, "expired rows that the sweeper removes in a second", rate, "rows")
    yield Finding("sweeping", engine, "exchanges measured beside it", len(during), "")
    yield Finding("sweeping", engine, "p99 of exchanges without", calm, "ms")
    yield Finding("sweeping", engine, "p99 of exchanges while it removes them", busy, "ms")
    yield Finding("sweeping", engine, "p99, the second to the first", busy / calm, "times", most=MOST_SWEEPING)


def sweep_now(cluster: Cluster) -> None:
    """One round of the sweeper, with the usual settings."""
    asyncio.run(_sweep(cluster, Settings(), int(time.time())))


class _Asked:
    """Requests that work once, sent some at a time."""

    def __init__(self, on: Stage, server: Server, operation: Operation) -> None:
        self._run, self._server, self._operation, self._place = on.run, server, operation, 0

    def send(self, count: int) -> list[int]:
        requests = self._operation.slice(self._place, count)
        self._place += count
        return self._run.send(self._server.target, self._operation, requests).latencies


class _Expired:
    """Rows that wait for the sweeper."""

    def __init__(self, server: Server, count: int) -> None:
        assert server.cluster is not None
        self._cluster = server.cluster
        client_id = server.operations[EXCHANGE].client_id
        Filler(self._cluster, ServerKeys([server.key]), client_id).fill_expired(count)

    @property
    def left(self) -> int:
        # The filler's rows hang from no grant at all.
        return int(filling.ask(self._cluster, "SELECT count(*) FROM access_tokens WHERE grant_id = '0'")[0][0])


def _while_sweeping(asked: _Asked, expired: _Expired, pieces: int) -> tuple[list[int], float, int]:
    """Latencies until all rows are gone or no requests are left; how long that took, and the rows that are left."""
    began, latencies, left = time.perf_counter(), [], expired.left
    for _ in range(pieces):
        latencies += asked.send(_PIECE)
        if (left := expired.left) == 0:
            break
    return latencies, time.perf_counter() - began, left


def steady(on: Stage, engine: str) -> Iterator[Finding]:
    """Bytes of the database after each round of exchanges, expiry and sweep."""
    # So long that the moved clock, which ends a round's rows, does not reach those of the next one.
    lifetimes = {"POLAR_ACCESS_TOKEN_LIFETIME": str(KEPT // 2), "POLAR_REFRESH_TOKEN_LIFETIME": "1"}
    wanted = Wanted([USERINFO], SubjectType.USER, Plan(0, 0, 0), 1, 0, environment=lifetimes)
    with on.server(engine, "steady", wanted) as server:
        used = list(_rounds(on, server))
    picture = on.output / f"steady-{engine}.svg"
    first, second = _LINES[engine]
    lines = {first: [each.bytes / 1e6 for each in used], second: [each.other / 1e6 for each in used]}
    picture.write_text(plot.draw(f"Size of the database on {names.STORES[engine]}", "MB", lines))
    third, last = used[len(used) // 3], used[-1]
    yield Finding("steady", engine, f"size after {len(used) // 3 + 1} rounds", third.bytes / 1e6, "MB")
    yield Finding("steady", engine, f"size after {len(used)} rounds", last.bytes / 1e6, "MB")
    yield Finding("steady", engine, "access tokens after the last round", last.rows, "rows")
    yield Finding("steady", engine, "the last size to the one before", last.bytes / third.bytes, "times", MOST_STEADY)


@dataclass(frozen=True, slots=True)
class _Used:
    """A database after a round: bytes of the two lines, and the access tokens in it."""

    bytes: int
    other: int
    rows: int


def _rounds(on: Stage, server: Server) -> Iterator[_Used]:
    assert server.cluster is not None
    cluster, count = server.cluster, on.scale.steady_codes
    people = [row[0] for row in filling.ask(cluster, "SELECT id FROM users")]
    seeder = Seeder(cluster, ServerKeys([server.key]), SubjectType.USER, people)
    client, settings = seeder.client("ES256"), Settings(access_token_lifetime=KEPT // 2, refresh_token_lifetime=1)
    for number in range(on.scale.steady_rounds):
        began = _next_second()
        requests = operations.exchange(client, seeder.codes(client, count))
        on.run.send(server.target, Operation(EXCHANGE, 200, requests, single_use=True), requests)
        asyncio.run(_sweep(cluster, settings, began + KEPT))
        used = _used(cluster)
        say(f"round {number + 1}: {used.bytes / 1e6:.1f} MB, {used.rows} access tokens")
        yield used


def _next_second() -> int:
    """Wait for it: what the round before issued is then older, in whole seconds."""
    time.sleep(1 - time.time() % 1)
    return int(time.time())


async def _sweep(cluster: Cluster, settings: Settings, now: int) -> None:
    """What the server's sweeper does, at another time than now."""
    database = connect(cluster.url)
    await database.open()
    await sweep(database, settings, now)
    await database.close()


def _used(cluster: Cluster) -> _Used:
    rows = filling.ask(cluster, "SELECT count(*) FROM access_tokens")[0][0]
    if cluster.engine == "postgres":
        # What autovacuum does within a minute, which is longer than a round.
        filling.ask(cluster, "VACUUM")
        size = int(filling.ask(cluster, "SELECT pg_database_size(current_database())")[0][0])
        return _Used(filling.ask(cluster, _TABLES)[0][0], size, rows)
    filling.settle(cluster)
    page, pages, free = (
        filling.ask(cluster, f"PRAGMA {name}")[0][0] for name in ("page_size", "page_count", "freelist_count")
    )
    return _Used(page * pages, page * (pages - free), rows)


PARTS: dict[str, stage.Part] = {"growth": growth, "sweeping": sweeping, "steady": steady}

if __name__ == "__main__":
    stage.main(PARTS, __doc__, "bench.growth")

"""`python -m bench.write_ahead`: bytes, flushes and transactions that a request costs PostgreSQL's disk."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench import filling, stage
from bench.clusters import Cluster
from bench.findings import Finding
from bench.servers import Server, Wanted
from bench.stage import Stage
from polar_server.oauth.subjects import SubjectType

ASKED = ("exchange ES256", "refresh", "revoke", "introspect")
# Since PostgreSQL 18 flushes are in pg_stat_io.
_READ = """
    SELECT wal_records, wal_fpi, pg_stat_get_db_xact_commit(d.oid),
        (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal')
    FROM pg_stat_wal, pg_database d WHERE d.datname = current_database()
"""
_END = "SELECT pg_current_wal_insert_lsn() - '0/0'"
_TELLS = 11
"""Seconds until a backend that has nothing to do has told what it did (PGSTAT_IDLE_INTERVAL is 10)."""


@dataclass(frozen=True, slots=True)
class Written:
    """What PostgreSQL wrote to its log: bytes in all, records, whole pages (once after each checkpoint), flushes."""

    bytes: float
    records: float
    pages: float
    commits: float
    flushes: float


def write_ahead(on: Stage, engine: str) -> Iterator[Finding]:
    """PostgreSQL only: the log of SQLite is a file of whole pages, which a checkpoint moves."""
    if engine != "postgres":
        return
    wanted = Wanted(list(ASKED), SubjectType.USER, on.scale.plan(), on.scale.requests, 0)
    with on.server(engine, "write-ahead", wanted) as server:
        for name, written in _written(on, server).items():
            for what, value, unit in (
                ("log", written.bytes, "bytes"),
                ("records in it", written.records, ""),
                ("whole pages in it", written.pages, ""),
                ("commits", written.commits, ""),
                ("flushes to disk", written.flushes, ""),
            ):
                yield Finding("write_ahead", engine, f"{name}: {what} of a request", value, unit)


def _written(on: Stage, server: Server) -> dict[str, Written]:
    """Of one request of each operation. They follow a checkpoint and a warm-up, so that few pages are written whole."""
    assert server.cluster is not None
    found, plan = {}, server.plan
    filling.ask(server.cluster, "CHECKPOINT")
    for operation in server.operations.values():
        on.run.send(server.target, operation, operation.slice(0, plan.warm_up))
    before = _read(server.cluster)
    for operation in server.operations.values():
        began = filling.ask(server.cluster, _END)[0][0]
        for number in range(plan.rounds):
            on.run.send(server.target, operation, plan.round(operation, number)[1])
        # Read at once: while the others are waited for, autovacuum may write as well.
        written = float(filling.ask(server.cluster, _END)[0][0] - began)
        after, count = _read(server.cluster), plan.rounds * plan.count
        told = (b - a for a, b in zip(before, after, strict=True))
        found[operation.name] = Written(*(each / count for each in (written, *told)))
        before = after
    return found


def _read(cluster: Cluster) -> list[float]:
    time.sleep(_TELLS)
    return [float(each) for each in filling.ask(cluster, _READ)[0]]


PARTS: dict[str, stage.Part] = {"write_ahead": write_ahead}

if __name__ == "__main__":
    stage.main(PARTS, __doc__, "bench.write_ahead")

"""The audit log as people read it: entries in words, and as CSV."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from litestar.response import Stream

from polar_server.audit import ACTS, OPERATOR
from polar_server.database import Database, Row
from polar_server.resource_server import audit_queries as queries
from polar_server.resource_server.audit_queries import EntryFilter, Log
from polar_server.resource_server.exports import Cells, csv_stream
from polar_server.resource_server.times import moment

PAGE = 500
"""How many entries of an export are read at a time."""

HEADER = ("at", "who", "did", "act", "what", "what_id", "app", "address", "user_agent", "detail", "id")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `who` is the name of whoever acted, `did` reads on from it; `at` is epoch seconds."""

    id: str
    at: int
    who: str
    did: str
    act: str
    user_id: str | None
    client_id: str | None
    app: str | None
    target_id: str | None
    target_name: str | None
    address: str
    user_agent: str
    detail: Mapping[str, Any]


async def list_entries(
    database: Database, log: Log, wanted: EntryFilter, limit: int, offset: int
) -> tuple[list[Entry], int]:
    """A page of a log, newest first, and how many entries there are in all."""
    async with database.read() as tx:
        rows, total = await queries.list_entries(tx, log, wanted, limit, offset)
    return [entry_of(row) for row in rows], total


def export_entries(database: Database, log: Log, wanted: EntryFilter) -> Stream:
    """A log as CSV, newest first."""
    return csv_stream("audit-log.csv", HEADER, _pages(database, log, wanted))


def entry_of(row: Row) -> Entry:
    """An entry from its row."""
    return Entry(
        id=row["id"],
        at=row["at"],
        who=_who(row),
        did=ACTS.get(row["act"], row["act"]),
        act=row["act"],
        user_id=row["user_id"],
        client_id=row["client_id"],
        app=row["client_name"],
        target_id=row["target_id"],
        target_name=row["target_name"] or row["subject_name"],
        address=row["address"],
        user_agent=row["user_agent"],
        detail=json.loads(row["detail"]),
    )


def _who(row: Row) -> str:
    if row["user_id"] is not None:
        return row["user_name"] or row["user_email"] or "Somebody who has left"
    if row["user_agent"] == OPERATOR.user_agent:
        return "The operator"
    return row["client_name"] or "Somebody unknown"


async def _pages(database: Database, log: Log, wanted: EntryFilter) -> AsyncIterator[list[Cells]]:
    """Each page is read by itself, so that a slow reader holds no connection."""
    before, full = None, True
    while full:
        async with database.read() as tx:
            rows = await queries.export_entries(tx, log, wanted, before, PAGE)
        full = len(rows) == PAGE
        if rows:
            before = rows[-1]["id"]
            yield [_cells(entry_of(row)) for row in rows]


def _cells(entry: Entry) -> Cells:
    return [
        moment(entry.at).isoformat(),
        entry.who,
        entry.did,
        entry.act,
        entry.target_name,
        entry.target_id,
        entry.app,
        entry.address,
        entry.user_agent,
        json.dumps(entry.detail) if entry.detail else None,
        entry.id,
    ]

"""A lane: one endpoint, held by one worker, its queue sent in order and one at a time.

Each step is one transaction: it keeps what came of the last attempt, holds the endpoint longer, and finds
what to send next. A worker that dies in between has sent something that nobody wrote down; the next one
sends it again with the same id.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import structlog

from polar_server.database import Database, Row, Transaction
from polar_server.database.ordered_ids import ordered_id
from polar_server.oauth.server_keys import ServerKeys
from polar_server.outbound import Outbound
from polar_server.resources.webhooks import queries, sending_queries
from polar_server.resources.webhooks.attempts import Outcome, attempt
from polar_server.resources.webhooks.schedule import ATTEMPTS, FAILURES, delay

LEASE = 60
"""Seconds that an endpoint stays a worker's without word from it: an attempt takes ten at most."""
SHARE = 10
"""Endpoints of one organization that are sent to at the same time; a few more when several workers look at once."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """What sending needs.

    `tell_disabled` gets (organization, URL) of an endpoint that was disabled, `count` whether an attempt succeeded.
    """

    database: Database
    server_keys: ServerKeys
    outbound: Outbound
    clock: Callable[[], float]
    random: Callable[[], float]
    tell_disabled: Callable[[str, str], Awaitable[None]]
    count: Callable[[bool], None] = lambda _: None

    @property
    def now(self) -> int:
        return int(self.clock())


@dataclass(frozen=True, slots=True)
class Lane:
    """An endpoint and the lease by which a worker holds it."""

    endpoint_id: str
    organization_id: str
    lease: str

    @property
    def place(self) -> dict[str, str]:
        return {"endpoint_id": self.endpoint_id, "organization_id": self.organization_id, "lease": self.lease}


async def claim(desk: Desk, limit: int) -> list[Lane]:
    """Take endpoints for which something is due and which nobody holds."""
    async with desk.database.read() as tx:
        if limit <= 0 or await tx.first(sending_queries.IS_DUE, now=desk.now) is None:
            return []
    # Another lease each time: a lane that was away too long is told from the one that took its place.
    lease = str(uuid4())
    async with desk.database.statement() as tx:
        asked = {"now": desk.now, "until": desk.now + LEASE, "limit": limit, "share": SHARE}
        rows = await tx.all(sending_queries.CLAIM, lease=lease, **asked)
    return [Lane(row["id"], row["organization_id"], lease) for row in rows]


async def drive(desk: Desk, lane: Lane, may_go_on: Callable[[], bool]) -> None:
    """Send what is due, until there is nothing more, the lease is lost, or the lane may not go on."""
    async with desk.database.write() as tx:
        message = await _next(desk, tx, lane, may_go_on=True)
    while message is not None:
        outcome = await attempt(desk.outbound, desk.server_keys, message, desk.now)
        message = await _settle(desk, lane, message, outcome, may_go_on)


async def _settle(desk: Desk, lane: Lane, message: Row, outcome: Outcome, may_go_on: Callable[[], bool]) -> Row | None:
    disabled, following = False, None
    desk.count(outcome.succeeded)
    async with desk.database.write() as tx:
        # First, since it locks the endpoint: whoever queues an event at this moment comes before or after us.
        if not await sending_queries.keep_lease(tx, lane.place, desk.now + LEASE):
            log.warning("webhook_lease_lost", endpoint_id=lane.endpoint_id, event_id=message["id"])
            return None
        disabled = await _record(desk, tx, message, outcome)
        if not disabled:
            following = await _next(desk, tx, lane, may_go_on=may_go_on())
    if disabled:
        log.warning("webhook_endpoint_disabled", endpoint_id=lane.endpoint_id)
        await desk.tell_disabled(lane.organization_id, message["url"])
    return following


async def _record(desk: Desk, tx: Transaction, message: Row, outcome: Outcome) -> bool:
    """Write down what came of an attempt; whether the endpoint was disabled for it."""
    place = {"webhook_event_id": message["id"], "organization_id": message["organization_id"], "now": desk.now}
    count = message["attempts"] + 1
    status, due_at = _status(outcome, count, is_test=message["is_test"]), desk.now
    if status == "pending":
        due_at += delay(count, desk.random())
    result = {"succeeded": outcome.succeeded, "http_code": outcome.http_code, "response": outcome.response}
    await sending_queries.add_delivery(tx, **place, id=ordered_id(), endpoint_id=message["endpoint_id"], **result)
    await sending_queries.settle(tx, **place, status=status, http_code=outcome.http_code, due_at=due_at)
    # A test says nothing about how the endpoint does with what happens.
    return False if message["is_test"] else await _count(tx, message, status, desk.now)


def _status(outcome: Outcome, count: int, *, is_test: bool) -> str:
    """What becomes of a message. A test is sent once: whoever sent it looks at what comes of it."""
    if outcome.succeeded:
        return "succeeded"
    return "failed" if is_test or count >= ATTEMPTS else "pending"


async def _count(tx: Transaction, message: Row, status: str, now: int) -> bool:
    endpoint_id, organization_id = message["endpoint_id"], message["organization_id"]
    if status == "succeeded":
        await sending_queries.count_success(tx, endpoint_id, organization_id)
    if status != "failed" or await sending_queries.count_failure(tx, endpoint_id, organization_id) < FAILURES:
        return False
    await sending_queries.disable(tx, endpoint_id, organization_id, now)
    await queries.skip_pending(tx, endpoint_id, organization_id, now)
    return True


async def _next(desk: Desk, tx: Transaction, lane: Lane, *, may_go_on: bool) -> Row | None:
    """The next message of the lane, or None after giving the endpoint back until something is due."""
    message = await sending_queries.find_next(tx, lane.endpoint_id, lane.organization_id, desk.now)
    if message is not None and may_go_on:
        return message
    next_due_at: int | None = desk.now
    if message is None:
        next_due_at = await sending_queries.find_next_time(tx, lane.endpoint_id, lane.organization_id, desk.now)
    await sending_queries.release(tx, lane.place, next_due_at)
    return None

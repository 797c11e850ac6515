"""SQL of webhook endpoints and deliveries, as the API asks. Every statement names the organizations it may touch."""

from typing import Any

from msgspec import Struct

from polar_server.database import Row, Statement, Transaction
from polar_server.database.ordered_ids import ordered_id
from polar_server.resource_server.filter_queries import both, contains, within, within_if_asked
from polar_server.resource_server.listing_queries import Listing

_COLUMNS = """
    w.id, w.created_at, w.modified_at, w.organization_id, w.url, w.name, w.format, w.api_version, w.secret, w.events,
    w.enabled
"""
_REACHED = within("w.organization_id", "organization_ids")
_LISTING = Listing(_COLUMNS, "webhook_endpoints w", _REACHED)
_FIND = Statement(*(f"SELECT {_COLUMNS} FROM webhook_endpoints w WHERE w.id = :id AND {r}" for r in _REACHED))
_ADD = Statement("""
    INSERT INTO webhook_endpoints (id, organization_id, url, name, format, api_version, secret, events, created_at)
    VALUES (:id, :organization_id, :url, :name, :format, :api_version, :secret, :events, :now)
""")
_UPDATE = Statement("""
    UPDATE webhook_endpoints SET
        url = :url, name = :name, format = :format, api_version = :api_version, events = :events,
        failed_in_a_row = CASE WHEN enabled = CAST(:enabled AS BOOLEAN) THEN failed_in_a_row ELSE 0 END,
        next_due_at = CASE WHEN CAST(:enabled AS BOOLEAN) THEN next_due_at END,
        enabled = CAST(:enabled AS BOOLEAN), modified_at = :now
    WHERE id = :id AND organization_id = :organization_id
""")
_REPLACE_SECRET = Statement("""
    UPDATE webhook_endpoints SET secret = :secret, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id
""")
_DELETE = Statement("DELETE FROM webhook_endpoints WHERE id = :id AND organization_id = :organization_id")
_SKIP_PENDING = Statement("""
    UPDATE webhook_events SET status = 'skipped', modified_at = :now
    WHERE endpoint_id = :endpoint_id AND organization_id = :organization_id AND status = 'pending'
""")

_EVENT_REACHED = within("m.organization_id", "organization_ids")
_FIND_EVENT = Statement(
    *(
        f"""
        SELECT m.id, m.organization_id, m.endpoint_id, w.enabled, e.payload IS NULL AS is_archived
        FROM webhook_events m
        JOIN webhook_endpoints w ON w.id = m.endpoint_id AND w.organization_id = m.organization_id
        JOIN events e ON e.id = m.event_id AND e.organization_id = m.organization_id
        WHERE m.id = :id AND {reached}
        """
        for reached in _EVENT_REACHED
    )
)
_REDELIVER = Statement("""
    UPDATE webhook_events SET status = 'pending', attempts = 0, due_at = :now, held_until = :held_until,
        position = :position, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id
""")
_WAKE = Statement("""
    UPDATE webhook_endpoints SET next_due_at = :now
    WHERE id = :endpoint_id AND organization_id = :organization_id AND enabled = TRUE
""")

# It goes to this endpoint alone, so it is dispatched already; it waits for nothing before it.
_ADD_TEST = Statement("""
    INSERT INTO events (id, organization_id, type, payload, created_at, dispatched_at)
    VALUES (:event_id, :organization_id, :type, :payload, :now, :now)
""")
_ENQUEUE_TEST = Statement("""
    INSERT INTO webhook_events (
        id, organization_id, endpoint_id, event_id, status, position, due_at, held_until, created_at, is_test
    ) VALUES (:id, :organization_id, :endpoint_id, :event_id, 'pending', :event_id, :now, :now, :now, TRUE)
""")

_JOINED = """
    FROM webhook_deliveries d
    JOIN webhook_events m ON m.id = d.webhook_event_id AND m.organization_id = d.organization_id
    JOIN events e ON e.id = m.event_id AND e.organization_id = d.organization_id
    JOIN webhook_endpoints w ON w.id = d.endpoint_id AND w.organization_id = d.organization_id
"""
_ASKED = both(
    within("d.organization_id", "organization_ids"),
    within_if_asked("d.endpoint_id", "endpoint_ids"),
    within_if_asked("e.type", "event_types"),
    "(CAST(:succeeded AS BOOLEAN) IS NULL OR d.succeeded = CAST(:succeeded AS BOOLEAN))",
    "(CAST(:since AS BIGINT) IS NULL OR d.created_at >= CAST(:since AS BIGINT))",
    "(CAST(:until AS BIGINT) IS NULL OR d.created_at <= CAST(:until AS BIGINT))",
    "(CAST(:code AS BIGINT) IS NULL OR d.http_code BETWEEN CAST(:code AS BIGINT) AND CAST(:code AS BIGINT) + 99)",
    contains("e.payload", "query"),
)
_COUNT_DELIVERIES = Statement(*(f"SELECT count(*) {_JOINED} WHERE {asked}" for asked in _ASKED))
_LIST_DELIVERIES = Statement(
    *(
        f"""
        SELECT d.id AS delivery_id, d.created_at AS delivered_at, d.succeeded, d.http_code, d.response,
            m.id, m.created_at, m.modified_at, m.status, m.attempts, m.last_http_code,
            e.type, e.payload, w.format, w.api_version
        {_JOINED} WHERE {asked} ORDER BY d.id DESC LIMIT :limit OFFSET :offset
        """
        for asked in _ASKED
    )
)


class DeliveryFilter(Struct, frozen=True):
    """What the list of deliveries is asked for. Lists are JSON texts, times epoch seconds; None where nothing was."""

    organization_ids: str
    endpoint_ids: str | None
    event_types: str | None
    succeeded: bool | None
    since: int | None
    until: int | None
    code: int | None
    query: str | None

    def parameters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__struct_fields__}


async def list_endpoints(tx: Transaction, organization_ids: str, limit: int, offset: int) -> tuple[list[Row], int]:
    """A page of endpoints, the newest first, and how many there are in all."""
    asked = {"organization_ids": organization_ids}
    return await _LISTING.find(tx, asked, "w.created_at DESC, w.id", limit, offset)


async def find_endpoint(tx: Transaction, endpoint_id: str, organization_ids: str) -> Row | None:
    """An endpoint of one of these organizations."""
    return await tx.first(_FIND, id=endpoint_id, organization_ids=organization_ids)


async def add_endpoint(tx: Transaction, **columns: Any) -> None:
    """Store a new endpoint; the columns are those of the table, `now` for created_at."""
    await tx.run(_ADD, **columns)


async def update_endpoint(tx: Transaction, **columns: Any) -> None:
    """Replace what may change of an endpoint. Failures are counted anew when it is enabled or disabled."""
    await tx.run(_UPDATE, **columns)


async def replace_secret(tx: Transaction, endpoint_id: str, organization_id: str, secret: str, now: int) -> None:
    """Another sealed secret; the old one signs nothing any more."""
    await tx.run(_REPLACE_SECRET, id=endpoint_id, organization_id=organization_id, secret=secret, now=now)


async def delete_endpoint(tx: Transaction, endpoint_id: str, organization_id: str) -> None:
    """Delete an endpoint with everything that was and would be sent to it."""
    await tx.run(_DELETE, id=endpoint_id, organization_id=organization_id)


async def skip_pending(tx: Transaction, endpoint_id: str, organization_id: str, now: int) -> None:
    """Send nothing more of what waits for an endpoint."""
    await tx.run(_SKIP_PENDING, endpoint_id=endpoint_id, organization_id=organization_id, now=now)


async def find_event(tx: Transaction, event_id: str, organization_ids: str) -> Row | None:
    """An event on its way to an endpoint of one of these organizations."""
    return await tx.first(_FIND_EVENT, id=event_id, organization_ids=organization_ids)


async def redeliver(tx: Transaction, event: Row, position: str, held_until: int, now: int) -> None:
    """Put an event at the end of its endpoint's queue once more."""
    place = {"organization_id": event["organization_id"], "now": now}
    await tx.run(_REDELIVER, id=event["id"], position=position, held_until=held_until, **place)
    await tx.run(_WAKE, endpoint_id=event["endpoint_id"], **place)


async def add_test(tx: Transaction, message_id: str, endpoint: Row, event_type: str, payload: str, now: int) -> None:
    """Store an event that did not happen, and put it into the queue of one endpoint."""
    place = {"organization_id": endpoint["organization_id"], "event_id": ordered_id(), "now": now}
    await tx.run(_ADD_TEST, type=event_type, payload=payload, **place)
    await tx.run(_ENQUEUE_TEST, id=message_id, endpoint_id=endpoint["id"], **place)
    await tx.run(_WAKE, endpoint_id=endpoint["id"], organization_id=endpoint["organization_id"], now=now)


async def list_deliveries(tx: Transaction, wanted: DeliveryFilter, limit: int, offset: int) -> tuple[list[Row], int]:
    """A page of attempts, the newest first, and how many there are in all."""
    rows = await tx.all(_LIST_DELIVERIES, **wanted.parameters(), limit=limit, offset=offset)
    return rows, (await tx.one(_COUNT_DELIVERIES, **wanted.parameters()))[0]

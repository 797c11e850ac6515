"""SQL that shows people how an organization's webhooks do: the state of endpoints, and the log of events."""

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import contains
from polar_server.resource_server.listing_queries import Listing

_WAITING = """
    FROM webhook_events m WHERE m.endpoint_id = w.id AND m.organization_id = w.organization_id AND m.status = 'pending'
"""
_LIST_STANDINGS = Statement(f"""
    SELECT w.id, w.enabled, w.failed_in_a_row, (SELECT count(*) {_WAITING}) AS waiting,
        (SELECT max(m.attempts) {_WAITING}) AS tries, d.succeeded, d.http_code, d.response, d.created_at AS tried_at
    FROM webhook_endpoints w LEFT JOIN webhook_deliveries d ON d.organization_id = w.organization_id AND d.id = (
        SELECT max(l.id) FROM webhook_deliveries l
        WHERE l.endpoint_id = w.id AND l.organization_id = w.organization_id
    )
    WHERE w.organization_id = :organization_id AND (CAST(:endpoint_id AS TEXT) IS NULL OR w.id = :endpoint_id)
""")

_EVENT = """
    m.id, m.created_at, m.modified_at, m.status, m.attempts, m.due_at, m.last_http_code, m.is_test, m.endpoint_id,
    e.type, e.payload, w.url, w.name, w.format, w.api_version, w.enabled
"""
_EVENTS = """
    webhook_events m
    JOIN events e ON e.id = m.event_id AND e.organization_id = m.organization_id
    JOIN webhook_endpoints w ON w.id = m.endpoint_id AND w.organization_id = m.organization_id
"""
_ASKED = f"""
    m.organization_id = :organization_id
    AND (CAST(:endpoint_id AS TEXT) IS NULL OR m.endpoint_id = :endpoint_id)
    AND (CAST(:type AS TEXT) IS NULL OR e.type = :type)
    AND (CAST(:status AS TEXT) IS NULL OR m.status = :status)
    AND {contains("e.payload", "query")}
"""
_LISTING = Listing(_EVENT, _EVENTS, (_ASKED, _ASKED))
_FIND = Statement(f"SELECT {_EVENT} FROM {_EVENTS} WHERE m.id = :id AND m.organization_id = :organization_id")
_LIST_ATTEMPTS = Statement("""
    SELECT id, succeeded, http_code, response, created_at FROM webhook_deliveries
    WHERE webhook_event_id = :id AND organization_id = :organization_id ORDER BY id DESC LIMIT :limit
""")


class EventFilter(Struct, frozen=True):
    """Which events of an organization are asked for; None leaves it open. `query` is a part of the payload."""

    organization_id: str
    endpoint_id: str | None = None
    type: str | None = None
    status: str | None = None
    query: str | None = None


async def list_standings(tx: Transaction, organization_id: str, endpoint_id: str | None = None) -> dict[str, Row]:
    """How endpoints do, by their ids: what failed, what waits, and the last attempt."""
    rows = await tx.all(_LIST_STANDINGS, organization_id=organization_id, endpoint_id=endpoint_id)
    return {row["id"]: row for row in rows}


async def list_events(tx: Transaction, wanted: EventFilter, limit: int, offset: int) -> tuple[list[Row], int]:
    """A page of events on their way to endpoints, newest first, and how many there are in all."""
    return await _LISTING.find(tx, asdict(wanted), "m.id DESC", limit, offset)


async def find_event(tx: Transaction, event_id: str, organization_id: str) -> Row | None:
    """An event on its way to an endpoint."""
    return await tx.first(_FIND, id=event_id, organization_id=organization_id)


async def list_attempts(tx: Transaction, event_id: str, organization_id: str, limit: int) -> list[Row]:
    """What came of each attempt to send an event, newest first."""
    return await tx.all(_LIST_ATTEMPTS, id=event_id, organization_id=organization_id, limit=limit)

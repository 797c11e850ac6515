"""`/v1/subscriptions/export`: subscriptions as CSV, with the columns that are asked for."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from litestar import get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from polar_server.authorization_server.server import GivenServer
from polar_server.database import Database, Row
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.exports import Cells, csv_stream
from polar_server.resource_server.lists import asked_list
from polar_server.resource_server.times import moment, seconds_or_none, zone_of
from polar_server.resources.customers.answers import address_of
from polar_server.resources.subscriptions import queries
from polar_server.resources.subscriptions.queries import ExportFilter
from polar_server.resources.subscriptions.schemas import SubscriptionStatus

READ, WRITE = "subscriptions:read", "subscriptions:write"

UTC = ZoneInfo("UTC")
PAGE = 500
"""How many subscriptions are read at a time."""

Column = Literal[
    "email", "started_at", "product", "amount", "currency", "status", "recurring_interval", "customer_name",
    "billing_name", "billing_country", "net_amount", "discount", "seats", "current_period_start", "current_period_end",
    "cancel_at_period_end", "canceled_at", "ends_at", "ended_at", "cancellation_reason", "trial_start", "trial_end",
]  # fmt: skip
USUAL: tuple[Column, ...] = (
    "email", "started_at", "product", "amount", "currency", "status", "recurring_interval",
)  # fmt: skip
COLUMNS = f"Which columns, in this order. Without it: {', '.join(USUAL)}. Amounts are in minor units."
_TIMES = frozenset(
    ["started_at", "current_period_start", "current_period_end", "canceled_at", "ends_at", "ended_at", "trial_start",
     "trial_end"]
)  # fmt: skip


@get("/v1/subscriptions/export", scopes=[READ, WRITE])
async def export_subscriptions(
    caller: GivenCaller,
    server: GivenServer,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    product_id: Annotated[list[str] | None, QueryParameter(description="To one of these products.")] = None,
    status: Annotated[list[SubscriptionStatus] | None, QueryParameter(description="One of these.")] = None,
    cancel_at_period_end: FromQuery[bool | None] = None,
    started_after: Annotated[datetime | None, QueryParameter(description="Later than this.")] = None,
    started_before: Annotated[datetime | None, QueryParameter(description="Earlier than this.")] = None,
    timezone: Annotated[str, QueryParameter(description="The IANA name of the zone that times are shown in.")] = "UTC",
    columns: Annotated[list[Column] | None, QueryParameter(description=COLUMNS)] = None,
) -> Stream:
    """The subscriptions of the caller's organizations, in the order they started."""
    wanted = ExportFilter(
        organization_ids=caller.reach(organization_id),
        product_ids=asked_list(product_id),
        statuses=asked_list(status),
        cancel_at_period_end=cancel_at_period_end,
        started_after=seconds_or_none(started_after),
        started_before=seconds_or_none(started_before),
    )
    return stream_subscriptions(server.database, wanted, columns or USUAL, zone_of(timezone))


def stream_subscriptions(
    database: Database, wanted: ExportFilter, columns: Sequence[Column] = USUAL, zone: ZoneInfo = UTC
) -> Stream:
    """The file, written while it is sent."""
    cells = [_cell(name, zone) for name in columns]
    return csv_stream("subscriptions.csv", columns, _pages(database, wanted, cells))


Cell = Callable[[Row], str | None]


async def _pages(database: Database, wanted: ExportFilter, cells: list[Cell]) -> AsyncIterator[list[Cells]]:
    """Each page is read by itself, so that a slow reader holds no connection."""
    last, full = (0, ""), True
    while full:
        async with database.read() as tx:
            rows = await queries.export_subscriptions(tx, wanted, last, PAGE)
        full = len(rows) == PAGE
        if rows:
            last = (rows[-1]["started_at"], rows[-1]["id"])
            yield [[cell(row) for cell in cells] for row in rows]


def _cell(name: Column, zone: ZoneInfo) -> Cell:
    """How a column is filled."""
    if name in _TIMES:
        return lambda row: None if row[name] is None else moment(row[name]).astimezone(zone).isoformat()
    match name:
        case "billing_country":
            return _country
        case "net_amount":
            return lambda row: str(row["amount"])
        case "cancel_at_period_end":
            return lambda row: str(bool(row[name])).lower()
        case "cancellation_reason":
            return lambda row: _text(row["customer_cancellation_reason"])
        case "discount" | "seats":
            return lambda _: None
    return lambda row: _text(row[name])


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _country(row: Row) -> str | None:
    address = address_of(row)
    return None if address is None else address.country

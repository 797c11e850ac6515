"""`/v1/orders/export`: orders as CSV, with the columns that are asked for."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from litestar import get
from litestar.params import QueryParameter
from litestar.response import Stream

from polar_server.authorization_server.server import GivenServer
from polar_server.database import Database, Row
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.exports import Cells, csv_stream
from polar_server.resource_server.lists import asked_list
from polar_server.resource_server.times import moment, seconds_or_none, zone_of
from polar_server.resources.orders import list_queries
from polar_server.resources.orders.answers import address_of
from polar_server.resources.orders.finding import READ, WRITE
from polar_server.resources.orders.list_queries import ExportFilter
from polar_server.resources.orders.schemas import OrderStatus

UTC = ZoneInfo("UTC")
PAGE = 500
"""How many orders are read at a time."""

Column = Literal[
    "email", "created_at", "product", "net_amount", "currency", "status", "invoice_number", "customer_name",
    "billing_name", "billing_country", "subtotal_amount", "discount_amount", "tax_amount", "total_amount",
    "refunded_amount", "billing_reason",
]  # fmt: skip
USUAL: tuple[Column, ...] = (
    "email", "created_at", "product", "net_amount", "currency", "status", "invoice_number",
)  # fmt: skip
COLUMNS = f"Which columns, in this order. Without it: {', '.join(USUAL)}. Amounts are in minor units."


@get("/v1/orders/export", scopes=[READ, WRITE])
async def export_orders(
    caller: GivenCaller,
    server: GivenServer,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    product_id: Annotated[list[str] | None, QueryParameter(description="Of one of these products.")] = None,
    status: Annotated[list[OrderStatus] | None, QueryParameter(description="One of these.")] = None,
    created_after: Annotated[datetime | None, QueryParameter(description="Later than this.")] = None,
    created_before: Annotated[datetime | None, QueryParameter(description="Earlier than this.")] = None,
    timezone: Annotated[str, QueryParameter(description="The IANA name of the zone that times are shown in.")] = "UTC",
    columns: Annotated[list[Column] | None, QueryParameter(description=COLUMNS)] = None,
) -> Stream:
    """The orders of the caller's organizations, one after the other, in the order they came."""
    wanted = ExportFilter(
        product_ids=asked_list(product_id),
        statuses=asked_list(status),
        created_after=seconds_or_none(created_after),
        created_before=seconds_or_none(created_before),
    )
    reached = json.loads(caller.reach(organization_id))
    return stream_orders(server.database, reached, wanted, columns or USUAL, zone_of(timezone))


def stream_orders(
    database: Database,
    organization_ids: list[str],
    wanted: ExportFilter,
    columns: Sequence[Column] = USUAL,
    zone: ZoneInfo = UTC,
) -> Stream:
    """The file, written while it is sent."""
    cells = [_cell(name, zone) for name in columns]
    return csv_stream("orders.csv", columns, _pages(database, organization_ids, wanted, cells))


Cell = Callable[[Row], str | None]


async def _pages(
    database: Database, organization_ids: list[str], wanted: ExportFilter, cells: list[Cell]
) -> AsyncIterator[list[Cells]]:
    """Each page is read by itself, so that a slow reader holds no connection."""
    for organization_id in organization_ids:
        last, full = (0, ""), True
        while full:
            async with database.read() as tx:
                rows = await list_queries.export_orders(tx, organization_id, wanted, last, PAGE)
            full = len(rows) == PAGE
            if rows:
                last = (rows[-1]["created_at"], rows[-1]["id"])
                yield [[cell(row) for cell in cells] for row in rows]


def _cell(name: Column, zone: ZoneInfo) -> Cell:
    """How a column is filled."""
    match name:
        case "created_at":
            return lambda row: moment(row["created_at"]).astimezone(zone).isoformat()
        case "billing_country":
            return _country
        case "net_amount":
            return lambda row: str(row["subtotal_amount"] - row["discount_amount"])
        case "total_amount":
            return lambda row: str(row["subtotal_amount"] - row["discount_amount"] + row["tax_amount"])
    return lambda row: None if row[name] is None else str(row[name])


def _country(row: Row) -> str | None:
    address = address_of(row)
    return None if address is None else address.country

"""`/v1/customers/export`: every customer as CSV."""

from collections.abc import AsyncIterator
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter
from litestar.response import Stream

from polar_server.authorization_server.server import GivenServer
from polar_server.database import Database, Row
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.exports import Cells, csv_stream
from polar_server.resource_server.times import moment
from polar_server.resources.customers import queries
from polar_server.resources.customers.answers import address_of

PAGE = 500
"""How many customers are read at a time."""

HEADER = (
    "id",
    "external_id",
    "created_at",
    "type",
    "email",
    "name",
    "billing_name",
    "line1",
    "line2",
    "postal_code",
    "city",
    "state",
    "country",
    "tax_id",
    "locale",
)


@get("/v1/customers/export", scopes=["customers:read", "customers:write"])
async def export_customers(
    caller: GivenCaller,
    server: GivenServer,
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
) -> Stream:
    """The customers of the caller's organizations, in the order they came."""
    return stream_customers(server.database, caller.reach(organization_id))


def stream_customers(database: Database, organization_ids: str) -> Stream:
    """The file, written while it is sent."""
    return csv_stream("customers.csv", HEADER, _pages(database, organization_ids))


async def _pages(database: Database, organization_ids: str) -> AsyncIterator[list[Cells]]:
    """Each page is read by itself, so that a slow reader holds no connection."""
    last, full = (0, ""), True
    while full:
        async with database.read() as tx:
            rows = await queries.export_customers(tx, organization_ids, last, PAGE)
        full = len(rows) == PAGE
        if rows:
            last = (rows[-1]["created_at"], rows[-1]["id"])
            yield [_cells(row) for row in rows]


def _cells(row: Row) -> Cells:
    address = address_of(row)
    lines = ("line1", "line2", "postal_code", "city", "state", "country")
    return [
        row["id"],
        row["external_id"],
        moment(row["created_at"]).isoformat(),
        row["type"],
        row["email"],
        row["name"],
        row["billing_name"] or row["name"],
        *(getattr(address, line, None) for line in lines),
        row["tax_id"],
        row["locale"],
    ]

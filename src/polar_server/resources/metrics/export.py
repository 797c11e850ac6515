"""Metrics as CSV: a line for each period, a column for each metric."""

from collections.abc import AsyncIterator

from litestar.response import Stream

from polar_server.resource_server.exports import Cells, csv_stream
from polar_server.resources.metrics.answers import Answer


def stream_metrics(found: Answer) -> Stream:
    """The file. Amounts are in minor units, as in the API."""
    return csv_stream("metrics.csv", ["timestamp", *found.totals], _pages(found))


async def _pages(found: Answer) -> AsyncIterator[list[Cells]]:
    for timestamp, values in zip(found.timestamps, found.periods, strict=True):
        yield [[timestamp.isoformat(), *map(str, values.values())]]

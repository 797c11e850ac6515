"""`/dashboard/{slug}/metrics`: the figures of a span as charts and tables, and all metrics as a file."""

from litestar import get
from litestar.response import Stream

from polar_server.dashboard.metrics.asking import Wanted, wanted_of
from polar_server.dashboard.metrics.figures import FIGURES, compared
from polar_server.dashboard.metrics.spans import PERIODS, ZONES
from polar_server.dashboard.places import PREFIX, GivenPlace, Place
from polar_server.html import Page
from polar_server.resources.metrics.answers import answer
from polar_server.resources.metrics.export import stream_metrics
from polar_server.resources.metrics.questions import ask

_AREA = f"{PREFIX}/metrics"
_SCOPE = "metrics:read"
_STEPS = {"": "As it fits", "hour": "Hours", "day": "Days", "week": "Weeks", "month": "Months", "year": "Years"}
ROWS = 45
"""The most rows that the table of each figure has where all are on one page: a page must stay light."""


@get(_AREA)
async def show_metrics(place: GivenPlace) -> Page:
    """The charts of the days that are asked for, beside as many before."""
    place.require(_SCOPE)
    return await _metrics_page(place, wanted_of(place))


@get(f"{_AREA}/export")
async def download_metrics(place: GivenPlace) -> Page | Stream:
    """All metrics of these days as a file for a spreadsheet."""
    place.require(_SCOPE)
    wanted = wanted_of(place)
    if wanted.errors:
        return await _metrics_page(place, wanted)
    span = wanted.span
    question = ask(place.caller, span.start, span.end, span.interval, wanted.form["timezone"])
    async with place.server.database.long_read() as tx:
        return stream_metrics(await answer(tx, question, place.caller.reach(), place.now))


async def _metrics_page(place: Place, wanted: Wanted) -> Page:
    return place.render(
        "metrics/metrics",
        422 if wanted.errors else 200,
        wanted=wanted,
        shown=[] if wanted.errors else await compared(place, wanted.span, wanted.slugs),
        errors=wanted.errors,
        periods=PERIODS,
        figures=FIGURES,
        steps=_STEPS,
        zones=ZONES,
        most_rows=ROWS,
    )


routes = [show_metrics, download_metrics]

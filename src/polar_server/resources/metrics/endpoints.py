"""`/v1/metrics/`: what was sold, by period; the same as CSV; and what may be asked."""

from litestar import get
from litestar.di import Provide
from litestar.response import Stream

from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.resource_server.caller import Caller, GivenCaller
from polar_server.resources.metrics.answers import Answer, answer
from polar_server.resources.metrics.definitions import DEFINITIONS
from polar_server.resources.metrics.export import stream_metrics
from polar_server.resources.metrics.periods import LIMITS, MIN_DATE
from polar_server.resources.metrics.queries import list_real
from polar_server.resources.metrics.questions import GivenQuestion, Question, ask
from polar_server.resources.metrics.schemas import (
    Metric,
    MetricPeriod,
    Metrics,
    MetricsIntervalLimit,
    MetricsIntervalsLimits,
    MetricsLimits,
    MetricsResponse,
    MetricsTotals,
)

SCOPES = ["metrics:read"]
_ASKED = {"question": Provide(ask, sync_to_thread=False)}


@get("/v1/metrics", scopes=SCOPES, dependencies=_ASKED)
async def get_metrics(caller: GivenCaller, server: GivenServer, question: GivenQuestion) -> MetricsResponse:
    """Metrics by period, and their totals. Test organizations count where they are named, or there are no others.

    Periods are whole: the first one holds the first day, the last one the last day. docs/metrics.md defines each
    metric.
    """
    found = await _answered(caller, server, question)
    return MetricsResponse(
        periods=[
            MetricPeriod(timestamp=timestamp, **values)
            for timestamp, values in zip(found.timestamps, found.periods, strict=True)
        ],
        totals=MetricsTotals(**found.totals),
        metrics=Metrics(**{slug: _described(slug) for slug in found.totals}),
    )


@get("/v1/metrics/export", scopes=SCOPES, dependencies=_ASKED)
async def export_metrics(caller: GivenCaller, server: GivenServer, question: GivenQuestion) -> Stream:
    """The same as CSV: a line for each period, a column for each metric."""
    found = await _answered(caller, server, question)
    return stream_metrics(found)


@get("/v1/metrics/limits", scopes=SCOPES)
async def get_metrics_limits(caller: GivenCaller) -> MetricsLimits:  # noqa: ARG001 - a token is needed all the same
    """The first day that can be asked for, and how many days a request may span by each interval."""
    limits = {name: MetricsIntervalLimit(limit.min_days, limit.max_days) for name, limit in LIMITS.items()}
    return MetricsLimits(MIN_DATE, MetricsIntervalsLimits(**limits))


async def _answered(caller: Caller, server: AuthorizationServer, question: Question) -> Answer:
    async with server.database.long_read() as tx:
        reach = caller.reach(question.organization_ids)
        if question.organization_ids is None and len(caller.organizations) > 1:
            reach = await list_real(tx, reach) or reach
        return await answer(tx, question, reach, int(server.clock()))


def _described(slug: str) -> Metric:
    metric = DEFINITIONS[slug]
    return Metric(slug, metric.display_name, metric.type)


routes = [get_metrics, export_metrics, get_metrics_limits]

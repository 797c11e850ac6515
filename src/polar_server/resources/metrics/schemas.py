"""What the API answers about metrics. The members are those of the table of definitions."""

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from polar_server.resource_server.openapi_schemas import MAY_BE_LEFT_OUT
from polar_server.resources.metrics.definitions import DEFINITIONS, MetricType


class Metric(Struct):
    """What is to be known about a metric to show it. Currencies are in minor units, percentages from 0 to 1."""

    slug: str
    display_name: str
    type: MetricType


def _members(kind: Any) -> list[tuple[str, Any, Any]]:
    """A member for each metric, left out where it was not asked for."""
    return [
        (slug, Annotated[kind, Meta(description=metric.meaning, extra_json_schema=MAY_BE_LEFT_OUT)], UNSET)
        for slug, metric in DEFINITIONS.items()
    ]


_period: Any = defstruct("_Period", [("timestamp", datetime), *_members(int | float | UnsetType)])
_totals: Any = defstruct("_Totals", _members(int | float | UnsetType))
_metrics: Any = defstruct("_Metrics", _members(Metric | UnsetType))


class MetricPeriod(_period):  # type: ignore[misc]
    """The metrics of one period, which begins at the timestamp."""


class MetricsTotals(_totals):  # type: ignore[misc]
    """The metrics of all periods together."""


class Metrics(_metrics):  # type: ignore[misc]
    """The metrics that are in the answer."""


class MetricsResponse(Struct):
    """Metrics by period, with their totals."""

    periods: list[MetricPeriod]
    totals: MetricsTotals
    metrics: Metrics


class MetricsIntervalLimit(Struct):
    """The least days that make sense for an interval, and the most that are answered."""

    min_days: int
    max_days: int


class MetricsIntervalsLimits(Struct):
    """The limits of every interval."""

    hour: MetricsIntervalLimit
    day: MetricsIntervalLimit
    week: MetricsIntervalLimit
    month: MetricsIntervalLimit
    year: MetricsIntervalLimit


class MetricsLimits(Struct):
    """The first day that can be asked for, and the limits of the intervals."""

    min_date: date
    intervals: MetricsIntervalsLimits

"""What metrics are asked for: the query of a request, read and checked."""

from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Annotated, Any, Literal, TypeVar

from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.errors import Issue, RequestValidationError
from polar_server.resource_server.lists import asked_list
from polar_server.resources.metrics.definitions import DEFINITIONS
from polar_server.resources.metrics.periods import LIMITS, MAX_DATE, MIN_DATE, Interval, find_zone

T = TypeVar("T")

BillingType = Literal["one_time", "recurring"]

_ZONE = "The IANA time zone whose clock the periods follow."
_BILLING = "`one_time` for what is bought once, `recurring` for subscriptions and what is paid for them."
_SLUGS = "Only the metrics with these slugs."


@dataclass(frozen=True, slots=True)
class Question:
    """A question about metrics, by their slugs. Lists are None where nothing was asked."""

    start: date
    end: date
    interval: Interval
    zone: tzinfo
    metrics: frozenset[str]
    organization_ids: list[str] | None
    product_ids: str | None
    customer_ids: str | None
    is_recurring: bool | None


def ask(
    caller: GivenCaller,  # noqa: ARG001 - who calls is asked first: only then is a question worth an answer
    start_date: Annotated[date | None, QueryParameter(required=True, description="The first day.")] = None,
    end_date: Annotated[date | None, QueryParameter(required=True, description="The last day.")] = None,
    interval: Annotated[Interval | None, QueryParameter(required=True, description="The length of a period.")] = None,
    timezone: Annotated[str, QueryParameter(description=_ZONE)] = "UTC",
    organization_id: Annotated[list[str] | None, QueryParameter(description="Of one of these organizations.")] = None,
    product_id: Annotated[list[str] | None, QueryParameter(description="About one of these products.")] = None,
    billing_type: Annotated[list[BillingType] | None, QueryParameter(description=_BILLING)] = None,
    customer_id: Annotated[list[str] | None, QueryParameter(description="About one of these customers.")] = None,
    metrics: Annotated[list[str] | None, QueryParameter(description=_SLUGS)] = None,
) -> Question:
    """The question of a request. Raises RequestValidationError, naming the parameter."""
    start, end = _given("start_date", start_date), _given("end_date", end_date)
    by: Interval = _given("interval", interval)
    _check_dates(start, end, by)
    zone = find_zone(timezone)
    if zone is None:
        raise _wrong("timezone", "This is no time zone of the IANA database.", timezone)
    return Question(
        start=start,
        end=end,
        interval=by,
        zone=zone,
        metrics=_chosen(metrics),
        organization_ids=organization_id,
        product_ids=asked_list(product_id),
        customer_ids=asked_list(customer_id),
        is_recurring="recurring" in billing_type if billing_type and len(set(billing_type)) == 1 else None,
    )


GivenQuestion = NamedDependency[SkipValidation[Question]]
"""The parameter of an endpoint: what Litestar hands in by its name."""


def _given(parameter: str, value: T | None) -> T:
    if value is None:
        raise RequestValidationError([Issue(("query", parameter), "This parameter is missing.", "missing")])
    return value


def _check_dates(start: date, end: date, interval: Interval) -> None:
    most = LIMITS[interval].max_days
    if start < MIN_DATE:
        raise _wrong("start_date", f"There are no metrics from before {MIN_DATE}.", start)
    if end > MAX_DATE:
        raise _wrong("end_date", f"There are no metrics from after {MAX_DATE}.", end)
    if end < start:
        raise _wrong("end_date", "The last day is before the first one.", end)
    if (end - start).days > most:
        raise _wrong("end_date", f"By {interval}, the last day is at most {most} days after the first one.", end)


def _chosen(slugs: list[str] | None) -> frozenset[str]:
    for slug in slugs or ():
        if slug not in DEFINITIONS:
            raise _wrong("metrics", "There is no such metric.", slug)
    return frozenset(DEFINITIONS if slugs is None else slugs)


def _wrong(parameter: str, msg: str, given: Any) -> RequestValidationError:
    return RequestValidationError([Issue(("query", parameter), msg, "value_error", str(given))])

"""What the metrics page is asked for: its address, read as the API would, with a sentence at each field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from urllib.parse import urlencode

from polar_server.dashboard.forms import errors_of
from polar_server.dashboard.metrics.figures import FIGURES
from polar_server.dashboard.metrics.spans import PERIODS, USUAL, Span, usual_span, usual_step
from polar_server.dashboard.places import Place
from polar_server.resource_server.errors import RequestValidationError
from polar_server.resources.metrics.periods import LIMITS, Interval, find_zone
from polar_server.resources.metrics.questions import ask

_NO_DATE = "Enter a day, such as 2026-03-31."
_NO_ZONE = "There is no such time zone. Write it as Europe/Berlin or America/New_York."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `form` is what stands in the fields; `span` holds only without `errors`."""

    form: dict[str, str]
    errors: dict[str, str]
    period: str
    span: Span

    @property
    def slugs(self) -> list[str]:
        """The figure that is asked for, or all of them."""
        return [self.form["figure"]] if self.form["figure"] else list(FIGURES)

    def address(self, **changes: str) -> str:
        """The query of this page with other values."""
        kept = {name: self.form[name] for name in ("timezone", "figure")}
        days = (
            {"period": self.period} if self.period else {name: self.form[name] for name in ("start", "end", "interval")}
        )
        values = {**kept, **days, **changes}
        return urlencode(
            {name: value for name, value in values.items() if value and (name, value) != ("timezone", "UTC")}
        )


def wanted_of(place: Place) -> Wanted:
    """What the address asks for. What can only be chosen is the usual choice when it is none of those."""
    query = place.request.query_params
    form = {name: query.get(name, "").strip()[:64] for name in ("start", "end", "interval", "timezone", "figure")}
    own = bool(form["start"] or form["end"])
    period = "" if own else query["period"] if query.get("period") in PERIODS else USUAL
    form["figure"] = form["figure"] if form["figure"] in FIGURES else ""
    form["timezone"] = form["timezone"] or "UTC"
    zone = find_zone(form["timezone"])
    errors = {} if zone else {"timezone": _NO_ZONE}
    start, end = _days(form, period, place.now, zone or UTC, errors)
    interval = next((each for each in LIMITS if each == form["interval"]), usual_step(period, start, end))
    if not errors:
        errors = _refusals(place, start, end, interval, form["timezone"])
    if not own:
        form |= {"start": start.isoformat(), "end": end.isoformat()}
    return Wanted(form, errors, period, Span(start, end, interval, zone or UTC))


def _days(form: Mapping[str, str], period: str, now: int, zone: tzinfo, errors: dict[str, str]) -> tuple[date, date]:
    if period:
        return usual_span(period, now, zone)
    found = {name: _day(form[name]) for name in ("start", "end")}
    errors |= {name: _NO_DATE for name, day in found.items() if day is None}
    today = usual_span(USUAL, now, zone)[1]
    return found["start"] or today, found["end"] or today


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _refusals(place: Place, start: date, end: date, interval: Interval, timezone: str) -> dict[str, str]:
    """What the API says of these days."""
    try:
        ask(place.caller, start, end, interval, timezone)
    except RequestValidationError as refused:
        return errors_of(refused, ("timezone",), start_date="start", end_date="end")
    return {}

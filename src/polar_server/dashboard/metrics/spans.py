"""From when to when: the days that figures are shown of, and the days before that they are compared with."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from polar_server.dashboard.metrics.words import counted
from polar_server.resources.metrics.periods import Interval, boundaries

USUAL = "30d"
PERIODS: dict[str, str] = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "12m": "12 months"}
"""What can be chosen with one click."""
ZONES = (
    *("UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "America/Bogota", "America/Chicago"),
    *("America/Denver", "America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Sao_Paulo"),
    *("America/Toronto", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Kolkata", "Asia/Seoul"),
    *("Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Europe/Berlin", "Europe/Istanbul"),
    *("Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Warsaw", "Pacific/Auckland"),
)
"""Time zones that are offered; each of the IANA database can be typed."""
_DAYS = {"7d": 7, "30d": 30, "90d": 90}
_STEPS: dict[str, Interval] = {"7d": "day", "30d": "day", "90d": "week", "12m": "month"}
"""How long a step is where nobody says."""
_FINE, _COARSE = 45, 200


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both ends included, in steps by the clock of a time zone."""

    start: date
    end: date
    interval: Interval
    zone: tzinfo

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def begins(self) -> list[int]:
        """Where each step begins, and where the last one ends, in epoch seconds."""
        return boundaries(self.start, self.end, self.interval, self.zone)

    def first_before(self) -> date:
        """The first day of as many steps before these."""
        begins = self.begins()
        first, number = datetime.fromtimestamp(begins[0], self.zone).date(), len(begins) - 1
        match self.interval:
            case "week":
                return first - timedelta(weeks=number)
            case "month":
                years, month = divmod(first.year * 12 + first.month - 1 - number, 12)
                return date(years, month + 1, 1)
            case "year":
                return date(first.year - number, 1, 1)
        return first - timedelta(days=self.days)

    def length(self) -> str:
        """`30 days`, `12 months`: in its own steps."""
        if self.interval in ("hour", "day"):
            return counted(self.days, "day")
        return counted(len(self.begins()) - 1, self.interval)


def usual_span(period: str, now: int, zone: tzinfo) -> tuple[date, date]:
    """The first and last day of one of PERIODS that ends today."""
    today = datetime.fromtimestamp(now, zone).date()
    if period == "12m":
        return date(today.year - (today.month < 12), today.month % 12 + 1, 1), today
    return today - timedelta(days=_DAYS[period] - 1), today


def usual_step(period: str, start: date, end: date) -> Interval:
    """The step that shows these days well."""
    if period in _STEPS:
        return _STEPS[period]
    days = (end - start).days
    return "day" if days < _FINE else "week" if days < _COARSE else "month"

"""Periods of metrics: whole hours, days, weeks, months and years of the clock in a time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

Interval = Literal["hour", "day", "week", "month", "year"]

MIN_DATE, MAX_DATE = date(2023, 1, 1), date(2999, 12, 31)
"""The first day that can be asked for, and the last: years of five digits are no times of RFC 3339."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many days a request may span. A chart of fewer than `min_days` shows little; nothing refuses it."""

    min_days: int
    max_days: int


LIMITS: dict[Interval, Limit] = {
    "hour": Limit(0, 7),
    "day": Limit(0, 366),
    "week": Limit(14, 371),
    "month": Limit(60, 1460),
    "year": Limit(366, 3650),
}

MONTHS: dict[Interval, Fraction] = {
    "hour": Fraction(12, 365 * 24),
    "day": Fraction(12, 365),
    "week": Fraction(12, 52),
    "month": Fraction(1),
    "year": Fraction(12),
}
"""How many months a period counts for: a year has 12 months, 52 weeks or 365 days."""


def find_zone(name: str) -> tzinfo | None:
    """The time zone of an IANA name."""
    if name == "UTC":
        return UTC  # also where the system has no time zone database
    return ZoneInfo(name) if name in _zone_names() else None


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def boundaries(start: date, end: date, interval: Interval, zone: tzinfo) -> list[int]:
    """Where each period begins, from the one with `start` to the one with `end`, and where the last one ends.

    In epoch seconds. Weeks begin on Monday. A day has 23 or 25 hours where the clocks change.
    """
    if interval == "hour":
        midnights = boundaries(start, end, "day", zone)
        hours = [at for begins, ends in pairwise(midnights) for at in range(begins, ends, 3600)]
        return [*hours, midnights[-1]]
    days = [_first_day(start, interval)]
    while days[-1] <= end:
        days.append(_next_first_day(days[-1], interval))
    return [_midnight(day, zone) for day in days]


def _first_day(day: date, interval: Interval) -> date:
    match interval:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


def _next_first_day(day: date, interval: Interval) -> date:
    match interval:
        case "week":
            return day + timedelta(days=7)
        case "month":
            return (day + timedelta(days=31)).replace(day=1)
        case "year":
            return day.replace(year=day.year + 1)
    return day + timedelta(days=1)


def _midnight(day: date, zone: tzinfo) -> int:
    """When a day begins. Where the clocks skip its midnight, that is the moment when they do."""
    return int(datetime.combine(day, time(), zone).timestamp())

"""Figures in words: values as people read them, what a period is called, and how two stretches compare."""

from datetime import datetime, timedelta

from polar_server.resource_server.money import digits_of, money
from polar_server.resources.metrics.definitions import MetricType
from polar_server.resources.metrics.formulas import Number
from polar_server.resources.metrics.periods import Interval

_SOME_TIMES = 10
"""From so many times as much on, nobody counts in percent."""


def written(value: Number | None, kind: MetricType, currency: str) -> str:
    """`$1,250.00`, `37` or `42.5%`; `None` for what has no value."""
    if value is None:
        return "None"
    if kind == "percentage":
        return f"{value:.1%}"
    return money(int(value), currency) if kind == "currency" else f"{value:,}"


def written_shortly(value: Number | None, kind: MetricType, currency: str) -> str:
    """The same beside a chart, without a fraction of nothing: `$1,250`."""
    return written(value, kind, currency).replace(".0%", "%").removesuffix("." + "0" * digits_of(currency))


def period_name(begins: datetime, interval: Interval) -> str:
    """What the period that begins there is called in a table."""
    day = f"{begins.day} {begins:%b %Y}"
    return {
        "hour": f"{day}, {begins:%H:%M}",
        "day": day,
        "week": f"{day} to {_last_of_week(begins)}",
        "month": f"{begins:%B %Y}",
        "year": f"{begins:%Y}",
    }[interval]


def axis_name(begins: datetime, interval: Interval) -> str:
    """The same under a chart, where there is little room."""
    day = f"{begins.day} {begins:%b}"
    return {"hour": f"{day}, {begins:%H:%M}", "month": f"{begins:%b %Y}", "year": f"{begins:%Y}"}.get(interval, day)


def _last_of_week(begins: datetime) -> str:
    last = begins.date() + timedelta(days=6)
    return f"{last.day} {last:%b %Y}"


def counted(number: int, unit: str) -> str:
    """`1 day`, `30 days`."""
    return f"{number} {unit}" + ("" if number == 1 else "s")


def change(total: Number, before: Number, kind: MetricType, when: str) -> str:
    """`12% more than in the 30 days before`. `when` is the end of the sentence: `in the 30 days before`."""
    if total == before:
        return f"As much as {when}" if total else f"Nothing {when} either"
    if not before:
        return f"Nothing {when}"
    if kind == "percentage":
        return _in_points(round(100 * (total - before), 1), when)
    if total >= _SOME_TIMES * before:
        return f"{round(total / before)} times as much as {when}"
    percent = round(100 * (total - before) / before)
    return f"{abs(percent)}% {_more_or_less(percent)} than {when}" if percent else f"About as much as {when}"


def _in_points(points: float, when: str) -> str:
    if not points:
        return f"About as much as {when}"
    size = f"{abs(points):.1f}".removesuffix(".0")
    return f"{size} {'point' if size == '1' else 'points'} {_more_or_less(points)} than {when}"


def _more_or_less(difference: float) -> str:
    return "more" if difference > 0 else "less"

"""Periods of subscriptions, in UTC and epoch seconds: one ends where the next begins, all counted from an anchor."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Literal

Interval = Literal["day", "week", "month", "year"]

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def period_end(anchored_at: int, start: int, interval: str, count: int) -> int:
    """The end of the period that begins at `start`: the first boundary after it.

    Boundaries lie `count` intervals apart, counted from `anchored_at`. A month that is too short for the anchor's day
    ends the period on its last day; the months after it come back to the anchor's day.
    """
    if interval in _DAYS:
        length = count * _DAYS[interval] * 86400
        return anchored_at + ((start - anchored_at) // length + 1) * length
    anchor, months = datetime.fromtimestamp(anchored_at, UTC), count * _MONTHS[interval]
    begin = datetime.fromtimestamp(start, UTC)
    # One boundary too early at the most: the day and the hour within the month are not looked at.
    steps = ((begin.year - anchor.year) * 12 + begin.month - anchor.month) // months
    while (end := _months_after(anchor, steps * months)) <= begin:
        steps += 1
    return int(end.timestamp())


def _months_after(anchor: datetime, months: int) -> datetime:
    """The same day and time so many months later, or the last day of a shorter month."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    first = anchor.replace(year=year, month=month + 1, day=1)
    return first + timedelta(days=min(anchor.day, monthrange(year, month + 1)[1]) - 1)

"""Periods: month ends, leap years, and that they follow each other without a gap."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar_server.resources.subscriptions.periods import Interval, period_end


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _ends(anchor: str, interval: str, count: int, periods: int) -> list[str]:
    """The ends of so many periods from the anchor on."""
    ends, start = [], _at(anchor)
    for _ in range(periods):
        start = period_end(_at(anchor), start, interval, count)
        ends.append(datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%d %H:%M"))
    return ends


@pytest.mark.parametrize(
    "anchor, interval, count, ends",
    [
        ("2027-01-15 08:30", "day", 1, ["2027-01-16 08:30", "2027-01-17 08:30"]),
        ("2027-02-20 00:00", "day", 10, ["2027-03-02 00:00", "2027-03-12 00:00"]),
        ("2026-12-30 23:59", "week", 1, ["2027-01-06 23:59", "2027-01-13 23:59"]),
        ("2028-02-22 12:00", "week", 2, ["2028-03-07 12:00", "2028-03-21 12:00"]),
        ("2027-01-31 10:00", "month", 1, ["2027-02-28 10:00", "2027-03-31 10:00", "2027-04-30 10:00"]),
        ("2028-01-30 10:00", "month", 1, ["2028-02-29 10:00", "2028-03-30 10:00"]),
        ("2027-11-30 10:00", "month", 3, ["2028-02-29 10:00", "2028-05-30 10:00"]),
        ("2027-08-31 00:00", "month", 6, ["2028-02-29 00:00", "2028-08-31 00:00", "2029-02-28 00:00"]),
        ("2028-02-29 06:00", "year", 1, ["2029-02-28 06:00", "2030-02-28 06:00"]),
        ("2028-02-29 06:00", "year", 2, ["2030-02-28 06:00", "2032-02-29 06:00"]),
        ("2096-02-29 06:00", "year", 4, ["2100-02-28 06:00", "2104-02-29 06:00"]),
        ("2027-12-31 23:59", "month", 1, ["2028-01-31 23:59", "2028-02-29 23:59"]),
        ("2027-03-01 00:00", "year", 999, ["3026-03-01 00:00"]),
    ],
)
def test_periods_end_where_a_calendar_says(anchor: str, interval: str, count: int, ends: list[str]) -> None:
    """A short month ends the period on its last day, and the next one comes back to the anchor's day."""
    assert _ends(anchor, interval, count, len(ends)) == ends


@pytest.mark.parametrize(
    "start, end",
    [
        ("2027-01-30 00:00", "2027-01-31 10:00"),
        ("2027-01-31 10:00", "2027-02-28 10:00"),
        ("2027-02-28 09:59", "2027-02-28 10:00"),
        ("2027-02-28 10:00", "2027-03-31 10:00"),
        ("2027-03-30 10:00", "2027-03-31 10:00"),
        ("2026-10-05 00:00", "2026-10-31 10:00"),
    ],
)
def test_a_start_between_two_boundaries_ends_at_the_next_one(start: str, end: str) -> None:
    """Also before the anchor, and a second before a boundary."""
    assert period_end(_at("2027-01-31 10:00"), _at(start), "month", 1) == _at(end)


SECONDS = st.integers(0, _at("2200-01-01 00:00"))
INTERVALS: st.SearchStrategy[Interval] = st.sampled_from(["day", "week", "month", "year"])
LONGEST = {"day": 1, "week": 7, "month": 31, "year": 366}
SHORTEST = {"day": 1, "week": 7, "month": 28, "year": 365}


@given(SECONDS, INTERVALS, st.integers(1, 24), st.integers(1, 30))
def test_periods_touch_and_never_drift(anchor: int, interval: Interval, count: int, periods: int) -> None:
    """Each is as long as its calendar allows, keeps the time of day, and the last is where counting at once leads."""
    start, day = anchor, datetime.fromtimestamp(anchor, UTC)
    for _ in range(periods):
        end = period_end(anchor, start, interval, count)
        assert SHORTEST[interval] * count - 3 <= (end - start) / 86400 <= LONGEST[interval] * count + 3
        assert period_end(anchor, end - 1, interval, count) == end, "nothing lies between two boundaries"
        assert (end - anchor) % 86400 == 0
        start = end
    last = datetime.fromtimestamp(start, UTC)
    if interval in ("day", "week"):
        assert last - day == timedelta(days=SHORTEST[interval] * count * periods)
    else:
        months = (last.year - day.year) * 12 + last.month - day.month
        assert months == count * periods * (12 if interval == "year" else 1)
        assert last.day == day.day or ((last + timedelta(days=1)).day == 1 and last.day < day.day)


@given(SECONDS, SECONDS, INTERVALS, st.integers(1, 24))
def test_a_period_always_ends_after_it_began(anchor: int, start: int, interval: Interval, count: int) -> None:
    """From wherever it starts, before or after the anchor."""
    end = period_end(anchor, start, interval, count)
    assert start < end <= start + (LONGEST[interval] * count + 3) * 86400

"""Where the parts of a chart stand, and figures in words."""

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar_server.dashboard.metrics.charts import HIGH, LABELS, Kind, Series, Value, chart_of, ticks
from polar_server.dashboard.metrics.spans import Span, usual_span, usual_step
from polar_server.dashboard.metrics.words import axis_name, change, period_name, written, written_shortly

_PERIOD = datetime(2026, 3, 30, 14, tzinfo=UTC)


def _series(values: list[Value], before: list[Value] | None = None, kind: Kind = "bars") -> Series:
    return Series(kind, [f"day {number}" for number in range(len(values))], values, before or [], write=str)


@pytest.mark.parametrize(
    "values,least,expected",
    [
        ([], 1, [0, 1]),
        ([0], 100, [0, 100]),
        ([3], 1, [0, 1, 2, 3]),
        ([7], 1, [0, 2, 4, 6, 8]),
        ([23_799], 100, [0, 5000, 10_000, 15_000, 20_000, 25_000]),
        ([0.42, None], 0.2, [0, 0.2, 0.4, 0.6]),
        ([1.0], 0.2, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    ],
)
def test_ticks_are_round(values: list[Value], least: float, expected: list[float]) -> None:
    """Steps of 1, 2 or 5 times a power of ten, from 0 to the greatest value or a little above."""
    assert ticks(values, least) == expected


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=40))
def test_everything_is_inside(values: list[int]) -> None:
    """Whatever the values: at most six ticks, of different text, and no height outside the plot."""
    chart = chart_of(_series(list(values), list(values)))
    assert 2 <= len(chart.ticks) <= 6
    assert len({tick.text for tick in chart.ticks}) == len(chart.ticks)
    assert {0 <= tick.y <= HIGH for tick in chart.ticks} == {True}
    assert all(0 <= int(height) <= HIGH for height in re.findall(r"v-?(\d+)", chart.drawn))
    assert len(chart.labels) <= LABELS
    assert chart.said == [f"day {number}: {value}" for number, value in enumerate(values)]


def test_bars_stand_at_their_periods() -> None:
    """Each begins where the one before it began, as many units further on; what is nothing has none."""
    assert chart_of(_series([1, 0, 2])).drawn == "M.15 150m0 0v-75h.7v75zm2 0v-150h.7v150z"
    assert chart_of(_series([0, None])).drawn == ""


def test_lines_go_from_value_to_value() -> None:
    """Over what has no value; a single one is as wide as its period."""
    assert chart_of(_series([2, 0, None, 1], [], "line")).drawn == "M0.5 0l1 150 2-75"
    assert chart_of(_series([None, 2], [], "line")).drawn == "M1 0h1"
    assert chart_of(_series([None], [], "line")).drawn == ""
    assert chart_of(_series([4], [2])).before == "M0 75h1"


def test_a_year_of_days_is_a_short_path() -> None:
    """Ten paths of 366 days together stay far below what a page may weigh; and many periods are not pointed at."""
    chart = chart_of(_series(list(range(366)), list(range(366, 0, -1))), pointed=False)
    assert len(chart.drawn) + len(chart.before) < 10_000
    assert chart.said == []


@pytest.mark.parametrize(
    "total,before,kind,expected",
    [
        (112, 100, "scalar", "12% more than in the 30 days before"),
        (50, 100, "currency", "50% less than in the 30 days before"),
        (1001, 1000, "scalar", "About as much as in the 30 days before"),
        (5, 5, "scalar", "As much as in the 30 days before"),
        (50, 5, "scalar", "10 times as much as in the 30 days before"),
        (5, 0, "scalar", "Nothing in the 30 days before"),
        (0, 0, "scalar", "Nothing in the 30 days before either"),
        (0, 9, "scalar", "100% less than in the 30 days before"),
        (0.42, 0.41, "percentage", "1 point more than in the 30 days before"),
        (0.4, 0.425, "percentage", "2.5 points less than in the 30 days before"),
        (0.40001, 0.4, "percentage", "About as much as in the 30 days before"),
    ],
)
def test_a_change_is_said_in_words(total: float, before: float, kind: Any, expected: str) -> None:
    """In percent of what was, in points for what is a percentage itself, or in times."""
    assert change(total, before, kind, "in the 30 days before") == expected


def test_values_and_periods_have_names() -> None:
    """As people write them, and shorter beside a chart."""
    assert [written(125_000, "currency", "usd"), written_shortly(125_000, "currency", "usd")] == ["$1,250.00", "$1,250"]
    assert [written(800, "currency", "jpy"), written_shortly(800, "currency", "jpy")] == ["¥800", "¥800"]
    assert [written(0.425, "percentage", "usd"), written_shortly(0.4, "percentage", "usd")] == ["42.5%", "40%"]
    assert [written(1234, "scalar", "usd"), written(None, "percentage", "usd")] == ["1,234", "None"]
    assert [period_name(_PERIOD, each) for each in ("hour", "day", "week", "month", "year")] == [
        *("30 Mar 2026, 14:00", "30 Mar 2026", "30 Mar 2026 to 5 Apr 2026", "March 2026", "2026")
    ]
    assert [axis_name(_PERIOD, each) for each in ("hour", "day", "week", "month", "year")] == [
        *("30 Mar, 14:00", "30 Mar", "30 Mar", "Mar 2026", "2026")
    ]


@pytest.mark.parametrize(
    "start,end,interval,before,length",
    [
        (date(2026, 3, 1), date(2026, 3, 30), "day", date(2026, 1, 30), "30 days"),
        (date(2026, 3, 1), date(2026, 3, 1), "hour", date(2026, 2, 28), "1 day"),
        (date(2026, 3, 4), date(2026, 3, 12), "week", date(2026, 2, 16), "2 weeks"),
        (date(2026, 1, 31), date(2026, 12, 1), "month", date(2025, 1, 1), "12 months"),
        (date(2025, 6, 1), date(2026, 6, 1), "year", date(2023, 1, 1), "2 years"),
    ],
)
def test_what_is_compared_has_as_many_whole_steps(
    start: date, end: date, interval: Any, before: date, length: str
) -> None:
    """The span before ends where this one begins, also where the clocks change."""
    for zone in (UTC, ZoneInfo("America/New_York")):
        span = Span(start, end, interval, zone)
        earlier = Span(span.first_before(), span.end, interval, zone)
        assert (span.first_before(), span.length()) == (before, length)
        assert earlier.begins()[-len(span.begins()) :] == span.begins()
        assert interval == "hour" or len(earlier.begins()) - 1 == 2 * (len(span.begins()) - 1)


def test_the_usual_days_end_today() -> None:
    """By the clock of the time zone, in steps that show them well."""
    now = int(datetime(2026, 3, 31, 23, tzinfo=UTC).timestamp())
    assert usual_span("30d", now, UTC) == (date(2026, 3, 2), date(2026, 3, 31))
    assert usual_span("7d", now, ZoneInfo("Europe/Berlin")) == (date(2026, 3, 26), date(2026, 4, 1))
    assert usual_span("12m", now, UTC) == (date(2025, 4, 1), date(2026, 3, 31))
    december = int(datetime(2026, 12, 31, tzinfo=UTC).timestamp())
    assert usual_span("12m", december, UTC) == (date(2026, 1, 1), date(2026, 12, 31))
    days = [(date(2026, 1, 1), date(2026, month, 1)) for month in (2, 5, 12)]
    assert [usual_step("", *each) for each in days] == ["day", "week", "month"]
    assert [usual_step(each, *days[0]) for each in ("7d", "90d", "12m")] == ["day", "week", "month"]

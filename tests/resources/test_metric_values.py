"""Periods by the clock of a time zone, and every value of every metric against a naive count."""

import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.resources import naive_metrics as naive
from tests.resources.naive_metrics import Row, Sales, Span
from tests.resources.sales import checkout, open_shop, order, sell, store, subscription

from polar_server.database import Database, Statement, connect
from polar_server.resources.metrics.answers import answer
from polar_server.resources.metrics.definitions import DEFINITIONS, SOURCES
from polar_server.resources.metrics.periods import LIMITS, Interval, boundaries
from polar_server.resources.metrics.questions import Question, ask

BERLIN, NEW_YORK, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
DAY = 86400


# Periods.


def _shown(begins: list[int], zone: Any) -> list[str]:
    return [datetime.fromtimestamp(seconds, zone).isoformat() for seconds in begins]


@pytest.mark.parametrize(
    "start, end, interval, zone, expected",
    [
        ("2026-03-28", "2026-03-29", "day", BERLIN, ["2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00"]),
        ("2026-03-29", "2026-03-30", "day", BERLIN, ["2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"]),
        ("2026-11-01", "2026-11-02", "day", NEW_YORK, ["2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"]),
        ("2026-01-01", "2026-01-02", "day", KOLKATA, ["2026-01-01T00:00:00+05:30", "2026-01-02T00:00:00+05:30"]),
        # The clocks of Cairo went from midnight to one o'clock.
        ("2026-04-24", "2026-04-24", "day", ZoneInfo("Africa/Cairo"), ["2026-04-24T01:00:00+03:00"]),
        ("2026-01-01", "2026-01-05", "week", UTC, ["2025-12-29T00:00:00+00:00", "2026-01-05T00:00:00+00:00"]),
        ("2026-01-04", "2026-01-04", "week", UTC, ["2025-12-29T00:00:00+00:00"]),
        ("2024-02-29", "2024-03-01", "month", UTC, ["2024-02-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00"]),
        ("2025-12-31", "2026-01-01", "year", UTC, ["2025-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"]),
    ],
)
def test_periods_begin_where_the_calendar_of_the_zone_says(
    start: str, end: str, interval: Interval, zone: Any, expected: list[str]
) -> None:
    """Days at midnight, weeks on Monday, months and years on their first day, in the clock of the zone."""
    begins = boundaries(date.fromisoformat(start), date.fromisoformat(end), interval, zone)
    assert _shown(begins[:-1], zone) == expected


@pytest.mark.parametrize(
    "day, zone, hours",
    [
        ("2026-03-29", BERLIN, 23),
        ("2026-10-25", BERLIN, 25),
        ("2026-03-08", NEW_YORK, 23),
        ("2026-11-01", NEW_YORK, 25),
        ("2026-03-29", KOLKATA, 24),
        ("2026-03-29", UTC, 24),
    ],
)
def test_days_have_the_hours_that_the_clock_shows(day: str, zone: Any, hours: int) -> None:
    """23 where the clocks go forward and 25 where they go back, in days as in hours."""
    only = date.fromisoformat(day)
    first, after = boundaries(only, only, "day", zone)
    assert after - first == hours * 3600
    begins = boundaries(only, only, "hour", zone)
    assert len(begins) == hours + 1
    assert {b - a for a, b in pairwise(begins)} == {3600}


# Values.

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
DAYS = st.sampled_from(
    ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2024-02-29", "2025-12-31", "2026-06-10"]
)
LENGTHS = {"hour": 2, "day": 5, "week": 30, "month": 100, "year": 800}
CUSTOMERS, CURRENCIES = st.sampled_from(["ada", "bob", "cy"]), st.sampled_from(["usd", "usd", "eur"])


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Questions about days on which something is odd."""
    interval: Interval = draw(st.sampled_from(list(LIMITS)))
    start = date.fromisoformat(draw(DAYS)) - timedelta(days=draw(st.integers(0, 2)))
    end = start + timedelta(days=draw(st.integers(0, LENGTHS[interval])))
    chosen: Any = {
        "product_id": draw(st.sampled_from([None, ["lamp"], ["club"], ["club", "lamp"]])),
        "customer_id": draw(st.sampled_from([None, ["ada"], ["bob", "cy"]])),
        "billing_type": draw(st.sampled_from([None, ["one_time"], ["recurring"], ["recurring", "one_time"]])),
    }
    return ask(Mock(), start, end, interval, draw(ZONES), **chosen)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Question, list[Span], Sales, int]:
    """A question, its periods, what was sold around their boundaries, and what time it is."""
    question = draw(questions())
    spans = naive.spans(question.start, question.end, question.interval, question.zone)
    edges = sorted({edge for span in spans[:40] for edge in (span.first, span.last)})
    moments = st.one_of(
        st.sampled_from([*edges, edges[0] - 1, spans[-1].last, spans[-1].last + 1]),
        st.integers(edges[0] - 40 * DAY, spans[-1].last + DAY),
    )
    maybe = st.none() | moments

    @st.composite
    def an_order(draw: st.DrawFn) -> Row:
        subtotal = draw(st.integers(0, 5000))
        discount = draw(st.integers(0, subtotal))
        reasons = st.sampled_from(["purchase", "subscription_create", "subscription_cycle", "subscription_update"])
        return order(
            draw(maybe),
            billing_reason=draw(reasons),
            currency=draw(CURRENCIES),
            subtotal_amount=subtotal,
            discount_amount=discount,
            refunded_amount=draw(st.integers(0, subtotal - discount)),
            customer_id=draw(CUSTOMERS),
            product_id=draw(st.sampled_from(["lamp", "club"])),
        )

    @st.composite
    def a_subscription(draw: st.DrawFn) -> Row:
        started, *later = sorted(draw(st.lists(moments, min_size=4, max_size=4)))
        draw(st.randoms(use_true_random=False)).shuffle(later)
        ended, canceled, paused = (draw(st.none() | st.just(moment)) for moment in later)
        trial = sorted(draw(st.lists(moments, min_size=2, max_size=2))) if draw(st.booleans()) else [None, None]
        return subscription(
            started,
            ended_at=ended,
            canceled_at=canceled,
            paused_at=paused,
            status="canceled" if ended is not None else draw(st.sampled_from(["active", "paused"])),
            trial_start=trial[0],
            trial_end=trial[1],
            amount=draw(st.integers(0, 3000)),
            currency=draw(CURRENCIES),
            recurring_interval=draw(st.sampled_from(["day", "week", "month", "year"])),
            recurring_interval_count=draw(st.integers(1, 5)),
            customer_cancellation_reason=draw(st.sampled_from([None, *naive.REASONS])),
            customer_id=draw(CUSTOMERS),
            product_id=draw(st.sampled_from(["lamp", "club"])),
        )

    @st.composite
    def a_checkout(draw: st.DrawFn) -> Row:
        return checkout(
            draw(moments),
            status=draw(st.sampled_from(["open", "succeeded", "expired"])),
            customer_id=draw(st.none() | CUSTOMERS),
            product_id=draw(st.sampled_from(["lamp", "club"])),
        )

    lists = (st.lists(kind(), max_size=8) for kind in (an_order, a_subscription, a_checkout))
    sales = Sales(*(draw(each) for each in lists))
    return question, spans, sales, draw(st.sampled_from([edges[-1], spans[-1].last + 400 * DAY]))


@pytest.fixture
async def shop(anyio_backend: object, migrated_sqlite_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with two organizations, `we` and `they`."""
    shutil.copy(migrated_sqlite_file, tmp_path / "polar.db")
    database = connect(f"sqlite:///{tmp_path / 'polar.db'}")
    await database.open()
    async with database.write() as tx:
        for name in ("we", "they"):
            made = {"id": name, "slug": name, "name": name, "is_test": False, "created_at": 0, "modified_at": 0}
            await store(tx, "organizations", [made])
            await open_shop(tx, name, "" if name == "we" else name)
    yield database
    await database.close()


def _fits(question: Question) -> Any:
    """Whether a row is one that the question is about."""

    def fits(table: str, row: Row) -> bool:
        recurring = row["product_id"] == "club" if table == "checkouts" else row.get("billing_reason") != "purchase"
        return (
            (question.product_ids is None or row["product_id"] in json.loads(question.product_ids))
            and (question.customer_ids is None or row["customer_id"] in json.loads(question.customer_ids))
            and question.is_recurring in (None, recurring)
        )

    return fits


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked())
async def test_every_value_is_that_of_a_naive_count(
    shop: Database, asked: tuple[Question, list[Span], Sales, int]
) -> None:
    """Whatever is sold, in every zone and interval: each metric of each period, and each total, by its definition."""
    question, spans, sales, now = asked
    async with shop.write() as tx:
        for table in ("orders", "subscriptions", "checkouts"):
            await tx.run(Statement(f"DELETE FROM {table}"))
        await sell(tx, sales, "we")
        await sell(tx, Sales([order(spans[0].first)], [subscription(0)], [checkout(spans[0].first)]), "they", "they")
    async with shop.read() as tx:
        found = await answer(tx, question, '["we"]', now)
    assert [int(each.timestamp()) for each in found.timestamps] == [span.first for span in spans]
    ours = sales.chosen(_fits(question))
    months = naive.MONTHS[question.interval]
    known = set(DEFINITIONS) - {metric.slug for metric in SOURCES["nothing"]}
    for span, values in zip(spans, found.periods, strict=True):
        assert {slug: values[slug] for slug in known} == naive.values(ours, span, months, "usd", now)
    whole = Span(spans[0].first, spans[-1].last)
    expected = naive.values(ours, whole, months * len(spans), "usd", now)
    assert {slug: found.totals[slug] for slug in known} == expected
    for slug, metric in DEFINITIONS.items():
        series = [values[slug] for values in found.periods]
        assert metric.total != "sum" or found.totals[slug] == sum(series)
        assert metric.total != "last" or found.totals[slug] == series[-1]

"""Metrics the slow way: every definition of docs/metrics.md spelled out over lists of rows, one period at a time."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
Number = int | float

MONTHS = {
    "hour": Fraction(1, 730),
    "day": Fraction(12, 365),
    "week": Fraction(12, 52),
    "month": Fraction(1),
    "year": Fraction(12),
}
REASONS = [
    *("customer_service", "low_quality", "missing_features", "switched_service", "too_complex", "too_expensive"),
    *("unused", "other"),
]


@dataclass(frozen=True, slots=True)
class Sales:
    """The rows of one organization that a question is about."""

    orders: Sequence[Row]
    subscriptions: Sequence[Row]
    checkouts: Sequence[Row]

    def chosen(self, fits: Callable[[str, Row], bool]) -> "Sales":
        names = ("orders", "subscriptions", "checkouts")
        return Sales(*([row for row in getattr(self, name) if fits(name, row)] for name in names))


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last second of a period."""

    first: int
    last: int


def label(seconds: int, interval: str, zone: tzinfo) -> Any:
    """The period that a moment is in, by what the clock on the wall says."""
    shown = datetime.fromtimestamp(seconds, zone)
    day = shown.date()
    match interval:
        case "hour":
            midnight = first_second(day, "day", zone)
            return day, (seconds - midnight) // 3600
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


def first_second(wanted: Any, interval: str, zone: tzinfo) -> int:
    """The first moment with a label that is not before the wanted one: labels only grow."""
    day = wanted[0] if isinstance(wanted, tuple) else wanted
    around = int(datetime(day.year, day.month, day.day, 12, tzinfo=zone).timestamp())
    places = range(around - 2 * 86400, around + 2 * 86400)
    return places[bisect_left(places, wanted, key=lambda seconds: label(seconds, interval, zone))]


def spans(start: date, end: date, interval: str, zone: tzinfo) -> list[Span]:
    """The periods from the one with the first day to the one with the last."""
    labels = sorted({label(seconds, interval, zone) for seconds in _ticks(start, end, interval, zone)})
    return [_span(each, interval, zone) for each in labels]


def _span(wanted: Any, interval: str, zone: tzinfo) -> Span:
    longest = {"hour": 3600, "day": 90000, "week": 8 * 86400, "month": 32 * 86400, "year": 367 * 86400}[interval]
    first = first_second(wanted, interval, zone)
    places = range(first, first + longest + 1)
    after = bisect_left(places, True, key=lambda seconds: label(seconds, interval, zone) > wanted)
    return Span(first, places[after] - 1)


def _ticks(start: date, end: date, interval: str, zone: tzinfo) -> Iterator[int]:
    days = ((start + timedelta(days=n)) for n in range((end - start).days + 1))
    for day in days:
        if interval == "hour":
            first, after = (first_second(each, "day", zone) for each in (day, day + timedelta(days=1)))
            yield from range(first, after, 1800)
        else:
            yield int(datetime(day.year, day.month, day.day, 12, tzinfo=zone).timestamp())


def values(sales: Sales, span: Span, months: Fraction, currency: str, now: int) -> dict[str, Number]:
    """Every metric of a stretch of time."""
    found = {**_orders(sales, span, currency), **_subscriptions(sales, span, months, currency, now)}
    opened = [row for row in sales.checkouts if span.first <= row["created_at"] <= span.last]
    succeeded = [row for row in opened if row["status"] == "succeeded"]
    found |= {"checkouts": len(opened), "succeeded_checkouts": len(succeeded)}
    return found | {"checkouts_conversion": len(succeeded) / len(opened) if opened else 0}


def _orders(sales: Sales, span: Span, currency: str) -> dict[str, Number]:
    ever = [row for row in sales.orders if row["paid_at"] is not None and row["paid_at"] <= span.last]
    paid = [row for row in ever if row["paid_at"] >= span.first]
    priced = [row for row in paid if row["currency"] == currency]
    purchases = [row for row in paid if row["billing_reason"] == "purchase"]
    first = [row for row in paid if row["billing_reason"] == "subscription_create"]
    later = [row for row in paid if row["billing_reason"] in ("subscription_cycle", "subscription_update")]
    found: dict[str, Number] = {
        "orders": len(paid),
        "one_time_products": len(purchases),
        "renewed_subscriptions": sum(row["billing_reason"] == "subscription_cycle" for row in later),
    }
    for prefix, refunds in (("", 0), ("net_", 1)):

        def money(rows: Sequence[Row], refunds: int = refunds) -> int:
            return sum(
                row["subtotal_amount"] - row["discount_amount"] - refunds * row["refunded_amount"]
                for row in rows
                if row["currency"] == currency
            )

        found[f"{prefix}revenue"] = money(paid)
        found[f"{prefix}cumulative_revenue"] = money(ever)
        found[f"{prefix}average_order_value"] = half_up(money(priced), len(priced))
        found[f"one_time_products_{prefix}revenue"] = money(purchases)
        found[f"new_subscriptions_{prefix}revenue"] = money(first)
        found[f"renewed_subscriptions_{prefix}revenue"] = money(later)
    return found


def _subscriptions(sales: Sales, span: Span, months: Fraction, currency: str, now: int) -> dict[str, Number]:
    last, before = min(span.last, now), min(span.first - 1, now)

    def during(column: str) -> list[Row]:
        return [row for row in sales.subscriptions if row[column] is not None and span.first <= row[column] <= last]

    active = [row for row in sales.subscriptions if _is_active(row, last)]
    committed = [row for row in active if row["canceled_at"] is None or row["canceled_at"] > last]
    there = len([row for row in sales.subscriptions if _is_active(row, before)]) + len(during("started_at"))
    churn = Fraction(len(during("ended_at")), there) if there else Fraction(0)

    def monthly(rows: Sequence[Row], *, trial: bool) -> int:
        return sum(_monthly(row) for row in rows if row["currency"] == currency and _in_trial(row, last) is trial)

    payers = {row["customer_id"] for row in active if row["currency"] == currency and not _in_trial(row, last)}
    recurring, reasons = monthly(active, trial=False), [_reason(row) for row in during("canceled_at")]
    return {
        "active_subscriptions": len(active),
        "committed_subscriptions": len(committed),
        "new_subscriptions": len(during("started_at")),
        "churned_subscriptions": len(during("ended_at")),
        "churn_rate": float(churn),
        "canceled_subscriptions": len(reasons),
        **{f"canceled_subscriptions_{reason}": reasons.count(reason) for reason in REASONS},
        "monthly_recurring_revenue": recurring,
        "trial_monthly_recurring_revenue": monthly(active, trial=True),
        "committed_monthly_recurring_revenue": monthly(committed, trial=False),
        "trial_committed_monthly_recurring_revenue": monthly(committed, trial=True),
        "annual_recurring_revenue": recurring * 12,
        "committed_annual_recurring_revenue": monthly(committed, trial=False) * 12,
        "average_revenue_per_user": half_up(recurring, len(payers)),
        "ltv": half_up(recurring * months, len(payers) * churn),
    }


def _is_active(row: Row, at: int) -> bool:
    paused_at = row["paused_at"] if row["status"] == "paused" else None
    stopped = paused_at if row["ended_at"] is None else row["ended_at"]
    return row["started_at"] <= at and (stopped is None or stopped > at)


def _in_trial(row: Row, at: int) -> bool:
    return row["trial_start"] is not None and row["trial_start"] <= at < row["trial_end"]


def _monthly(row: Row) -> int:
    a_year = {"day": 365, "week": 52, "month": 12, "year": 1}[row["recurring_interval"]]
    return half_up(row["amount"] * a_year, 12 * row["recurring_interval_count"])


def _reason(row: Row) -> str:
    reason: str | None = row["customer_cancellation_reason"]
    return "other" if reason is None or reason not in REASONS else reason


def half_up(amount: Fraction | int, parts: Fraction | int) -> int:
    """A division rounded to the nearest whole number, half of one up; 0 where there is nothing to divide by."""
    if not parts:
        return 0
    exact = Fraction(amount) / parts
    whole = exact.numerator // exact.denominator
    return whole + (exact - whole >= Fraction(1, 2))

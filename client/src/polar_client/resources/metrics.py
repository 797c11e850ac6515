"""Metrics by period."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Required, TypeAlias, TypedDict, Unpack

from polar_client.calls import Call, Many, Maybe
from polar_client.operations import Resource, Way, operation
from polar_client.resources.orders import BillingType
from polar_client.shapes import Shape

MetricsInterval: TypeAlias = Literal["hour", "day", "week", "month", "year"]


class MetricsQuestion(TypedDict, total=False):
    """What is asked. Both dates are included; without `metrics`, all of them are answered."""

    start_date: Required[date]
    end_date: Required[date]
    interval: Required[MetricsInterval]
    timezone: Maybe[str]
    organization_id: Maybe[Many | None]
    product_id: Maybe[Many | None]
    billing_type: Maybe[BillingType | Sequence[BillingType] | None]
    customer_id: Maybe[Many | None]
    metrics: Maybe[Sequence[str] | None]


class Figures(Shape, kw_only=True):
    """Every metric, None where it was not asked for. Money is in minor units, rates are from 0 to 1."""

    orders: int | float | None = None
    revenue: int | float | None = None
    net_revenue: int | float | None = None
    cumulative_revenue: int | float | None = None
    net_cumulative_revenue: int | float | None = None
    average_order_value: int | float | None = None
    net_average_order_value: int | float | None = None
    one_time_products: int | float | None = None
    one_time_products_revenue: int | float | None = None
    one_time_products_net_revenue: int | float | None = None
    new_subscriptions_revenue: int | float | None = None
    new_subscriptions_net_revenue: int | float | None = None
    renewed_subscriptions: int | float | None = None
    renewed_subscriptions_revenue: int | float | None = None
    renewed_subscriptions_net_revenue: int | float | None = None
    active_subscriptions: int | float | None = None
    committed_subscriptions: int | float | None = None
    new_subscriptions: int | float | None = None
    churned_subscriptions: int | float | None = None
    churn_rate: int | float | None = None
    canceled_subscriptions: int | float | None = None
    canceled_subscriptions_customer_service: int | float | None = None
    canceled_subscriptions_low_quality: int | float | None = None
    canceled_subscriptions_missing_features: int | float | None = None
    canceled_subscriptions_switched_service: int | float | None = None
    canceled_subscriptions_too_complex: int | float | None = None
    canceled_subscriptions_too_expensive: int | float | None = None
    canceled_subscriptions_unused: int | float | None = None
    canceled_subscriptions_other: int | float | None = None
    monthly_recurring_revenue: int | float | None = None
    trial_monthly_recurring_revenue: int | float | None = None
    committed_monthly_recurring_revenue: int | float | None = None
    trial_committed_monthly_recurring_revenue: int | float | None = None
    annual_recurring_revenue: int | float | None = None
    committed_annual_recurring_revenue: int | float | None = None
    average_revenue_per_user: int | float | None = None
    ltv: int | float | None = None
    checkouts: int | float | None = None
    succeeded_checkouts: int | float | None = None
    checkouts_conversion: int | float | None = None
    costs: int | float | None = None
    cumulative_costs: int | float | None = None
    cost_per_user: int | float | None = None
    gross_margin: int | float | None = None
    gross_margin_percentage: int | float | None = None
    cashflow: int | float | None = None
    active_user_by_event: int | float | None = None
    seats_total: int | float | None = None
    seats_claimed: int | float | None = None
    seats_pending: int | float | None = None
    seat_customers: int | float | None = None
    new_seat_customers: int | float | None = None
    churned_seat_customers: int | float | None = None
    average_seats_per_customer: int | float | None = None
    seat_utilization_rate: int | float | None = None


class MetricsPeriod(Figures, kw_only=True):
    """The metrics of one period, which begins at the timestamp."""

    timestamp: datetime


class Metric(Shape, kw_only=True):
    """What is to be known about a metric to show it; `type` is scalar, currency, currency_sub_cent or percentage."""

    slug: str
    display_name: str
    type: str


class MetricsAnswer(Shape, kw_only=True):
    """Metrics by period, with their totals."""

    periods: list[MetricsPeriod]
    totals: Figures
    metrics: dict[str, Metric]


class MetricsIntervalLimit(Shape, kw_only=True):
    """The fewest days that make sense for an interval, and the most that are answered."""

    min_days: int
    max_days: int


class MetricsLimits(Shape, kw_only=True):
    """The first day that can be asked for, and the limits of each interval."""

    min_date: date
    intervals: dict[str, MetricsIntervalLimit]


class Metrics(Resource[Way]):
    """`/v1/metrics`."""

    @operation
    def get(self, **question: Unpack[MetricsQuestion]) -> Call[MetricsAnswer]:
        """The metrics of some days."""
        return Call("GET", "/v1/metrics", MetricsAnswer, query=question)

    @operation
    def export(self, **question: Unpack[MetricsQuestion]) -> Call[str]:
        """The same as CSV."""
        return Call("GET", "/v1/metrics/export", str, query=question)

    @operation
    def limits(self) -> Call[MetricsLimits]:
        """What can be asked for."""
        return Call("GET", "/v1/metrics/limits", MetricsLimits)

"""Every metric: what it is, what its total is, and how it is computed. docs/metrics.md shows this table."""

from dataclasses import dataclass
from typing import Literal

from polar_server.resources.metrics import formulas
from polar_server.resources.metrics.formulas import ORDERS, Value, after, average, during, nothing

MetricType = Literal["scalar", "currency", "currency_sub_cent", "percentage"]
Total = Literal["sum", "last", "recomputed"]
Source = Literal["orders", "subscriptions", "checkouts", "nothing"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric. `value` gives it for a period and, for all periods together, its total."""

    slug: str
    type: MetricType
    total: Total
    value: Value
    meaning: str
    name: str = ""

    @property
    def display_name(self) -> str:
        return self.name or self.slug.replace("_", " ").title()


_FIRST, _RENEWAL, _CHANGE = ORDERS[1:]

_OF_ORDERS = (
    Definition("orders", "scalar", "sum", during("count", *ORDERS), "Orders paid."),
    Definition("revenue", "currency", "sum", during("amount", *ORDERS), "Net amount of the orders paid."),
    Definition("net_revenue", "currency", "sum", during("net", *ORDERS), "The same, less what was refunded of it."),
    Definition(
        *("cumulative_revenue", "currency", "last", after("amount", *ORDERS)),
        "`revenue` from the first order ever to the end of the period.",
    ),
    Definition(
        *("net_cumulative_revenue", "currency", "last", after("net", *ORDERS)),
        "`net_revenue` from the first order ever to the end of the period.",
    ),
    Definition(
        *("average_order_value", "currency", "recomputed", average("amount")), "`revenue` for each order that is in it."
    ),
    Definition(
        *("net_average_order_value", "currency", "recomputed", average("net")),
        "`net_revenue` for each order that is in it.",
    ),
    Definition(
        *("one_time_products", "scalar", "sum", during("count", "purchase"), "Orders paid of products bought once."),
        "One-Time Products",
    ),
    Definition(
        *("one_time_products_revenue", "currency", "sum", during("amount", "purchase")),
        *("`revenue` of products bought once.", "One-Time Products Revenue"),
    ),
    Definition(
        *("one_time_products_net_revenue", "currency", "sum", during("net", "purchase")),
        *("`net_revenue` of products bought once.", "One-Time Products Net Revenue"),
    ),
    Definition(
        *("new_subscriptions_revenue", "currency", "sum", during("amount", _FIRST)),
        "`revenue` of the first orders of subscriptions.",
    ),
    Definition(
        *("new_subscriptions_net_revenue", "currency", "sum", during("net", _FIRST)),
        "`net_revenue` of the first orders of subscriptions.",
    ),
    Definition(
        *("renewed_subscriptions", "scalar", "sum", during("count", _RENEWAL)),
        "Renewals paid: one for each period of each subscription.",
    ),
    Definition(
        *("renewed_subscriptions_revenue", "currency", "sum", during("amount", _RENEWAL, _CHANGE)),
        "`revenue` of all later orders of subscriptions: renewals, and changes that were charged at once.",
    ),
    Definition(
        *("renewed_subscriptions_net_revenue", "currency", "sum", during("net", _RENEWAL, _CHANGE)),
        "`net_revenue` of all later orders of subscriptions.",
    ),
)

_REASONS = {
    "customer_service": "Customer Service",
    "low_quality": "Low Quality",
    "missing_features": "Missing Features",
    "switched_service": "Switched Service",
    "too_complex": "Too Complex",
    "too_expensive": "Too Expensive",
    "unused": "Unused",
    "other": "Other",
}
_OF_SUBSCRIPTIONS = (
    Definition(
        *("active_subscriptions", "scalar", "last", after("count", "active")),
        "Subscriptions at the end of the period that have started, have not ended and are not paused.",
    ),
    Definition(
        *("committed_subscriptions", "scalar", "last", formulas.committed_count),
        "The active ones of which nobody has said that they shall end.",
    ),
    Definition("new_subscriptions", "scalar", "sum", during("begun", "active"), "Subscriptions that started."),
    Definition("churned_subscriptions", "scalar", "sum", during("count", "ended"), "Subscriptions that ended."),
    Definition(
        *("churn_rate", "percentage", "recomputed", formulas.churn_rate),
        "`churned_subscriptions` for each one that was active when the period began or started in it.",
    ),
    Definition(
        *("canceled_subscriptions", "scalar", "sum", during("count", *(f"canceled_{reason}" for reason in _REASONS))),
        "Subscriptions canceled, whether they ended at once or go on to the end of what was paid.",
    ),
    *(
        Definition(
            *(f"canceled_subscriptions_{reason}", "scalar", "sum", during("count", f"canceled_{reason}")),
            *(f"Those with the reason `{reason}`" + (", or with none." if reason == "other" else "."),),
            f"Canceled Subscriptions - {name}",
        )
        for reason, name in _REASONS.items()
    ),
    Definition(
        *("monthly_recurring_revenue", "currency", "last", formulas.recurring),
        "What the active subscriptions that are not in their trial bring in a month, at the end of the period.",
    ),
    Definition(
        *("trial_monthly_recurring_revenue", "currency", "last", after("amount", "trial")),
        "What those in their trial will bring in a month.",
    ),
    Definition(
        *("committed_monthly_recurring_revenue", "currency", "last", formulas.committed),
        "`monthly_recurring_revenue` of the committed ones.",
    ),
    Definition(
        *("trial_committed_monthly_recurring_revenue", "currency", "last", formulas.committed_trial),
        "`trial_monthly_recurring_revenue` of the committed ones.",
    ),
    Definition(
        *("annual_recurring_revenue", "currency", "last", lambda stretch: 12 * formulas.recurring(stretch)),
        "Twelve times `monthly_recurring_revenue`.",
    ),
    Definition(
        *("committed_annual_recurring_revenue", "currency", "last", lambda stretch: 12 * formulas.committed(stretch)),
        "Twelve times `committed_monthly_recurring_revenue`.",
    ),
    Definition(
        *("average_revenue_per_user", "currency", "last", formulas.revenue_per_customer),
        "`monthly_recurring_revenue` for each customer with a subscription that is in it.",
    ),
    Definition(
        *("ltv", "currency", "recomputed", formulas.lifetime_value),
        "What a customer in `average_revenue_per_user` brings in a period, divided by `churn_rate`; 0 without churn.",
        "Lifetime Value",
    ),
)

_OF_CHECKOUTS = (
    Definition("checkouts", "scalar", "sum", during("count", "checkouts"), "Checkouts opened."),
    Definition(
        *("succeeded_checkouts", "scalar", "sum", during("succeeded", "checkouts")),
        "Those of them that have succeeded, then or later.",
    ),
    Definition(
        *("checkouts_conversion", "percentage", "recomputed", formulas.conversion),
        *("`succeeded_checkouts` for each of `checkouts`.", "Checkouts Conversion Rate"),
    ),
)


def _unknown(slug: str, kind: MetricType, what: str, name: str = "") -> Definition:
    return Definition(slug, kind, "sum", nothing, f"Always 0: this server knows no {what}.", name)


_UNKNOWN = (
    _unknown("costs", "currency_sub_cent", "costs"),
    _unknown("cumulative_costs", "currency_sub_cent", "costs"),
    _unknown("cost_per_user", "currency_sub_cent", "costs"),
    _unknown("gross_margin", "currency", "costs"),
    _unknown("gross_margin_percentage", "percentage", "costs", "Gross Margin %"),
    _unknown("cashflow", "currency", "costs"),
    _unknown("active_user_by_event", "scalar", "events"),
    *(
        _unknown(slug, "scalar", "seats")
        for slug in (
            *("seats_total", "seats_claimed", "seats_pending", "seat_customers", "new_seat_customers"),
            *("churned_seat_customers", "average_seats_per_customer"),
        )
    ),
    _unknown("seat_utilization_rate", "percentage", "seats"),
)

SOURCES: dict[Source, tuple[Definition, ...]] = {
    "orders": _OF_ORDERS,
    "subscriptions": _OF_SUBSCRIPTIONS,
    "checkouts": _OF_CHECKOUTS,
    "nothing": _UNKNOWN,
}
"""The metrics by the table that they follow from."""

DEFINITIONS = {metric.slug: metric for metrics in SOURCES.values() for metric in metrics}
"""Every metric by its slug."""

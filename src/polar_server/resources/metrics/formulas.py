"""How a metric's value follows from figures: for one period, or for many, whose value is then the total."""

from collections.abc import Callable

from polar_server.resources.metrics.figures import Stretch

Number = int | float
Value = Callable[[Stretch], Number]

ORDERS = ("purchase", "subscription_create", "subscription_cycle", "subscription_update")
"""The kinds of orders: their billing reasons."""


def during(column: str, *kinds: str) -> Value:
    """What came in the stretch."""
    return lambda stretch: stretch.during(column, *kinds)


def after(column: str, *kinds: str) -> Value:
    """What there is at the end of the stretch."""
    return lambda stretch: stretch.after(column, *kinds)


def average(column: str) -> Value:
    """What came, for each order with a price in the organization's currency."""
    return lambda stretch: rounded(stretch.during(column, *ORDERS), stretch.during("priced", *ORDERS))


def rounded(amount: int, parts: int) -> int:
    """An amount divided into parts, in whole minor units, half of one rounded up; 0 without parts."""
    return (2 * amount + parts) // (2 * parts) if parts else 0


def recurring(stretch: Stretch) -> int:
    """What the active subscriptions bring in a month, but those in their trial."""
    return stretch.after("amount", "active") - stretch.after("amount", "trial")


def committed(stretch: Stretch) -> int:
    """The same of those that are not canceled."""
    return recurring(stretch) - stretch.after("amount", "leaving") + stretch.after("amount", "trial_leaving")


def committed_trial(stretch: Stretch) -> int:
    """What those in their trial will bring that are not canceled."""
    return stretch.after("amount", "trial") - stretch.after("amount", "trial_leaving")


def committed_count(stretch: Stretch) -> int:
    """The active subscriptions that are not canceled."""
    return stretch.after("count", "active") - stretch.after("count", "leaving")


def revenue_per_customer(stretch: Stretch) -> int:
    """What a customer brings in a month."""
    return rounded(recurring(stretch), stretch.after("count", "customers"))


def churn_rate(stretch: Stretch) -> float:
    """The share of those who were there, or came, that went."""
    gone, there = _gone_of(stretch)
    return gone / there if there else 0.0


def lifetime_value(stretch: Stretch) -> int:
    """What a customer brings until it goes, if as many go as in this stretch."""
    (gone, there), months = _gone_of(stretch), stretch.months
    customers = stretch.after("count", "customers")
    return rounded(recurring(stretch) * months.numerator * there, customers * months.denominator * gone)


def conversion(stretch: Stretch) -> float:
    """The share of checkouts that succeeded."""
    opened = stretch.during("count", "checkouts")
    return stretch.during("succeeded", "checkouts") / opened if opened else 0.0


def nothing(_: Stretch) -> int:
    """The value of what this server does not know."""
    return 0


def _gone_of(stretch: Stretch) -> tuple[int, int]:
    """How many subscriptions ended, of how many that were active when the stretch began or started in it."""
    there = stretch.before("count", "active") + stretch.during("begun", "active")
    return stretch.during("count", "ended"), there

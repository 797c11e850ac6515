"""The figures of the dashboard: what the metrics of the API say of a span, beside the span before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest

from polar_server.dashboard.metrics import words
from polar_server.dashboard.metrics.charts import Chart, Kind, Series, Value, chart_of
from polar_server.dashboard.metrics.spans import Span
from polar_server.dashboard.places import Place
from polar_server.resource_server.money import digits_of
from polar_server.resources.metrics import queries
from polar_server.resources.metrics.answers import Answer, answer
from polar_server.resources.metrics.definitions import DEFINITIONS, MetricType
from polar_server.resources.metrics.formulas import Number
from polar_server.resources.metrics.questions import Question
from polar_server.resources.organizations.answers import CURRENCY

POINTED = 31
"""Up to so many periods each answers when one points at it: more are too narrow to be met."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric as the dashboard shows it. What is `counted_at_end` is what there is then, not what came."""

    slug: str
    title: str
    about: str
    kind: Kind

    @property
    def type(self) -> MetricType:
        return DEFINITIONS[self.slug].type

    @property
    def counted_at_end(self) -> bool:
        return DEFINITIONS[self.slug].total == "last"


FIGURES = {
    figure.slug: figure
    for figure in (
        Figure("revenue", "Revenue", "What was paid, before refunds.", "bars"),
        Figure("orders", "Orders", "Purchases and renewals that were paid.", "bars"),
        Figure(
            "monthly_recurring_revenue",
            "Recurring revenue",
            "What active subscriptions bring in a month (MRR), without those in their trial.",
            "line",
        ),
        Figure("active_subscriptions", "Active subscriptions", "Those that have begun and go on.", "line"),
        Figure("checkouts_conversion", "Conversion of checkouts", "The share of those opened that were paid.", "bars"),
    )
}
_PARTS_OF_CONVERSION = ("checkouts", "succeeded_checkouts")


@dataclass(frozen=True, slots=True)
class Row:
    """A period in a table."""

    name: str
    value: str
    before: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure with its value, what it was before, its chart and its table."""

    figure: Figure
    value: str
    change: str
    chart: Chart
    rows: list[Row]
    describes: str


async def compared(place: Place, span: Span, slugs: Sequence[str]) -> list[Shown]:
    """These figures of the organization in the span, beside the one before it."""
    asked = frozenset(slugs) | (frozenset(_PARTS_OF_CONVERSION) if "checkouts_conversion" in slugs else frozenset())
    # Both spans are one question: what came before is a few more periods of the same rows.
    question = Question(
        start=span.first_before(),
        end=span.end,
        interval=span.interval,
        zone=span.zone,
        metrics=asked,
        organization_ids=None,
        product_ids=None,
        customer_ids=None,
        is_recurring=None,
    )
    reach = place.caller.reach()
    async with place.server.database.long_read() as tx:
        found = await answer(tx, question, reach, place.now)
        [currency] = await queries.list_currencies(tx, reach, CURRENCY)
    before, present = _cut(found, span.begins()[0])
    return [_shown(FIGURES[slug], present, before, span, currency) for slug in slugs]


def _cut(found: Answer, begins: int) -> tuple[Answer, Answer]:
    """What was before a moment, and what was since."""
    at = sum(timestamp.timestamp() < begins for timestamp in found.timestamps)
    return (
        replace(found, timestamps=found.timestamps[:at], periods=found.periods[:at]),
        replace(found, timestamps=found.timestamps[at:], periods=found.periods[at:]),
    )


def _value(figure: Figure, period: dict[str, Number]) -> Value:
    """What the figure is in a period. Without checkouts there is no share of them, where the API says 0."""
    return None if figure.slug == "checkouts_conversion" and not period["checkouts"] else period[figure.slug]


def _total(figure: Figure, found: Answer) -> Number:
    if figure.slug == "checkouts_conversion":
        opened, succeeded = (sum(period[slug] for period in found.periods) for slug in _PARTS_OF_CONVERSION)
        return succeeded / opened if opened else 0.0
    values = [period[figure.slug] for period in found.periods]
    return values[-1] if figure.counted_at_end else sum(values)


def _shown(figure: Figure, present: Answer, before: Answer, span: Span, currency: str) -> Shown:
    values, old = ([_value(figure, period) for period in found.periods] for found in (present, before))
    total, length = _total(figure, present), span.length()
    when = f"{length} before" if figure.counted_at_end else f"in the {length} before"
    write = partial(words.written, kind=figure.type, currency=currency)
    series = Series(
        kind=figure.kind,
        names=[words.axis_name(timestamp, span.interval) for timestamp in present.timestamps],
        values=values,
        before=old[: len(values)],
        write=partial(words.written_shortly, kind=figure.type, currency=currency),
        least={"percentage": 0.2, "currency": 10 ** digits_of(currency)}.get(figure.type, 1),
    )
    names = [words.period_name(timestamp, span.interval) for timestamp in present.timestamps]
    return Shown(
        figure=figure,
        value=write(total),
        change=words.change(total, _total(figure, before), figure.type, when),
        chart=chart_of(series, pointed=len(values) <= POINTED),
        rows=[Row(*each) for each in zip_longest(names, map(write, values), map(write, series.before), fillvalue="")],
        describes=_describes(figure, span, names, write(max(each or 0 for each in values))),
    )


def _describes(figure: Figure, span: Span, names: Sequence[str], most: str) -> str:
    """What the picture shows, for whoever does not see it."""
    shape = "A bar" if figure.kind == "bars" else "A line with a point"
    return (
        f"{shape} for each {span.interval}, from {names[0]} to {names[-1]}. The most is {most}. "
        f"A dashed line shows the {span.length()} before. The table has the numbers."
    )

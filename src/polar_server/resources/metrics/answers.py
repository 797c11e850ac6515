"""Answers to questions about metrics: what the database counts, and the values that follow from it."""

from dataclasses import dataclass
from datetime import datetime

from polar_server.database import Transaction
from polar_server.resource_server.errors import Issue, RequestValidationError
from polar_server.resources.metrics import queries, subscription_queries
from polar_server.resources.metrics.definitions import DEFINITIONS, SOURCES, Source
from polar_server.resources.metrics.figures import Figures, Stretch
from polar_server.resources.metrics.formulas import Number
from polar_server.resources.metrics.periods import MONTHS, boundaries
from polar_server.resources.metrics.queries import Chosen
from polar_server.resources.metrics.questions import Question
from polar_server.resources.organizations.answers import CURRENCY


@dataclass(frozen=True, slots=True)
class Answer:
    """The values of the metrics that were asked for, by their slugs: for each period, and for all together."""

    timestamps: list[datetime]
    periods: list[dict[str, Number]]
    totals: dict[str, Number]


async def answer(tx: Transaction, question: Question, organization_ids: str, now: int) -> Answer:
    """Answer a question about these organizations, a JSON list. Subscriptions are looked at as they are until `now`.

    Raises RequestValidationError when money of several currencies would have to be added.
    """
    begins = boundaries(question.start, question.end, question.interval, question.zone)
    figures = Figures(len(begins) - 1, MONTHS[question.interval])
    currency = await _currency(tx, question, organization_ids)
    chosen = Chosen(organization_ids, question.product_ids, question.customer_ids, question.is_recurring)
    if asked := _asked(question, "orders"):
        since = 0 if any(DEFINITIONS[slug].total == "last" for slug in asked) else begins[0]
        figures.add(await queries.count_orders(tx, chosen, currency, begins, since))
    if _asked(question, "subscriptions"):
        figures.add(await subscription_queries.count_subscriptions(tx, chosen, currency, begins, now))
    if _asked(question, "checkouts"):
        figures.add(await queries.count_checkouts(tx, chosen, begins))
    return _answer(question, figures, [datetime.fromtimestamp(seconds, question.zone) for seconds in begins[:-1]])


def _answer(question: Question, figures: Figures, timestamps: list[datetime]) -> Answer:
    metrics = [metric for slug, metric in DEFINITIONS.items() if slug in question.metrics]

    def values(first: int, last: int) -> dict[str, Number]:
        stretch = Stretch(figures, first, last)
        return {metric.slug: metric.value(stretch) for metric in metrics}

    numbers = range(figures.periods)
    return Answer(timestamps, [values(number, number) for number in numbers], values(0, numbers[-1]))


def _asked(question: Question, source: Source) -> set[str]:
    return {metric.slug for metric in SOURCES[source]} & question.metrics


async def _currency(tx: Transaction, question: Question, organization_ids: str) -> str:
    """The currency that amounts are added in: that of the organizations, which must be the same where it matters."""
    found = await queries.list_currencies(tx, organization_ids, CURRENCY)
    asked = _asked(question, "orders") | _asked(question, "subscriptions")
    if len(found) > 1 and any(DEFINITIONS[slug].type == "currency" for slug in asked):
        msg = f"Money in {' and '.join(found)} does not add up. Ask for organizations with the same currency."
        raise RequestValidationError([Issue(("query", "organization_id"), msg)])
    return found[0] if found else CURRENCY

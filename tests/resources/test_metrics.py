"""Metrics through the API: the books of three days, what may be asked and by whom, and whose rows are read."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.resources.naive_metrics import Sales
from tests.resources.sales import checkout, open_shop, order, sell, store, subscription
from tests.world import Api, World, api_of, token_of

from polar_server.accounts.roles import Role
from polar_server.database import Database, Statement, Transaction
from polar_server.resources.metrics import queries, subscription_queries
from polar_server.resources.metrics.definitions import DEFINITIONS
from polar_server.resources.metrics.periods import boundaries

# Through the API, on both engines. The clock of the world shows the morning of 15 January 2027.


def _at(text: str) -> int:
    return int(datetime.fromisoformat(f"2027-01-{text}:00Z").timestamp())


BOOKS = Sales(
    orders=[
        order(_at("10T00:00") - 1, subtotal_amount=500),
        order(_at("10T00:00"), refunded_amount=400),
        order(
            _at("10T12:00"),
            billing_reason="subscription_create",
            product_id="club",
            subtotal_amount=2000,
            discount_amount=500,
        ),
        order(
            _at("11T10:00"),
            billing_reason="subscription_cycle",
            product_id="club",
            customer_id="bob",
            subtotal_amount=3000,
        ),
        order(_at("11T11:00"), currency="eur", subtotal_amount=700),
        order(_at("12T23:59"), billing_reason="subscription_update", product_id="club", subtotal_amount=100),
        order(None, subtotal_amount=9999),
    ],
    subscriptions=[
        subscription(_at("01T00:00")),
        subscription(
            _at("10T09:00"),
            amount=12_000,
            recurring_interval="year",
            customer_id="bob",
            canceled_at=_at("11T09:00"),
            customer_cancellation_reason="too_complex",
        ),
        subscription(
            _at("02T00:00"),
            amount=700,
            recurring_interval="week",
            customer_id="bob",
            canceled_at=_at("10T00:00"),
            ended_at=_at("11T00:00"),
            customer_cancellation_reason="unused",
        ),
        subscription(
            _at("11T00:00"),
            amount=3000,
            customer_id="cy",
            trial_start=_at("11T00:00"),
            trial_end=_at("25T00:00"),
        ),
        subscription(_at("01T00:00"), amount=999, currency="eur", customer_id="cy"),
    ],
    checkouts=[
        checkout(_at("10T08:00"), status="succeeded"),
        checkout(_at("10T09:00"), product_id="club"),
        checkout(_at("12T00:00"), status="expired"),
    ],
)
EXPECTED: dict[str, tuple[float, float, float, float]] = {
    "orders": (2, 2, 1, 5),
    "revenue": (2500, 3000, 100, 5600),
    "net_revenue": (2100, 3000, 100, 5200),
    "cumulative_revenue": (3000, 6000, 6100, 6100),
    "net_cumulative_revenue": (2600, 5600, 5700, 5700),
    "average_order_value": (1250, 3000, 100, 1400),
    "net_average_order_value": (1050, 3000, 100, 1300),
    "one_time_products": (1, 1, 0, 2),
    "one_time_products_revenue": (1000, 0, 0, 1000),
    "one_time_products_net_revenue": (600, 0, 0, 600),
    "new_subscriptions_revenue": (1500, 0, 0, 1500),
    "new_subscriptions_net_revenue": (1500, 0, 0, 1500),
    "renewed_subscriptions": (0, 1, 0, 1),
    "renewed_subscriptions_revenue": (0, 3000, 100, 3100),
    "renewed_subscriptions_net_revenue": (0, 3000, 100, 3100),
    "active_subscriptions": (4, 4, 4, 4),
    "committed_subscriptions": (3, 3, 3, 3),
    "new_subscriptions": (1, 1, 0, 2),
    "churned_subscriptions": (0, 1, 0, 1),
    "churn_rate": (0, 0.2, 0, 0.2),
    "canceled_subscriptions": (1, 1, 0, 2),
    "canceled_subscriptions_too_complex": (0, 1, 0, 1),
    "canceled_subscriptions_unused": (1, 0, 0, 1),
    "monthly_recurring_revenue": (5033, 2000, 2000, 2000),
    "trial_monthly_recurring_revenue": (0, 3000, 3000, 3000),
    "committed_monthly_recurring_revenue": (2000, 1000, 1000, 1000),
    "trial_committed_monthly_recurring_revenue": (0, 3000, 3000, 3000),
    "annual_recurring_revenue": (60_396, 24_000, 24_000, 24_000),
    "committed_annual_recurring_revenue": (24_000, 12_000, 12_000, 12_000),
    "average_revenue_per_user": (2517, 1000, 1000, 1000),
    "ltv": (0, 164, 0, 493),
    "checkouts": (2, 0, 1, 3),
    "succeeded_checkouts": (1, 0, 0, 1),
    "checkouts_conversion": (0.5, 0, 0, 1 / 3),
}
"""10, 11 and 12 January, and all three; whatever is not here is 0."""

DAYS_ASKED = "start_date=2027-01-10&end_date=2027-01-12&interval=day"


async def _opened(world: World, api: Api, sales: Sales, prefix: str = "") -> None:
    async with world.server.database.write() as tx:
        await open_shop(tx, str(api.organization_id), prefix)
        await sell(tx, sales, str(api.organization_id), prefix)


@pytest.fixture
async def busy(world: World, api: Api) -> Api:
    """An organization with the books above."""
    await _opened(world, api, BOOKS)
    return api


async def _metrics(api: Api, query: str = "", **headers: str) -> dict[str, Any]:
    response = await api.get(f"/v1/metrics/?{DAYS_ASKED}&{query}", **headers)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_the_books_of_three_days(busy: Api) -> None:
    """Every metric is in every period and in the totals, with its value; each is described; the export agrees."""
    found = await _metrics(busy)
    days = found["periods"]
    assert [day.pop("timestamp") for day in days] == [f"2027-01-{day}T00:00:00Z" for day in (10, 11, 12)]
    for slug in DEFINITIONS:
        values = (*(day[slug] for day in days), found["totals"][slug])
        assert values == pytest.approx(EXPECTED.get(slug, (0, 0, 0, 0))), slug
    assert set(found["metrics"]) == set(DEFINITIONS) == set(found["totals"])
    assert found["metrics"]["ltv"] == {"slug": "ltv", "display_name": "Lifetime Value", "type": "currency"}
    exported = await busy.get(f"/v1/metrics/export?{DAYS_ASKED}")
    assert exported.headers["content-disposition"] == 'attachment; filename="metrics.csv"'
    lines = list(csv.DictReader(io.StringIO(exported.text)))
    assert [line.pop("timestamp") for line in lines] == [f"2027-01-{day}T00:00:00+00:00" for day in (10, 11, 12)]
    assert [{slug: float(value) for slug, value in line.items()} for line in lines] == days


async def test_only_what_was_asked_for_is_answered(busy: Api) -> None:
    """With slugs every other metric is left out, in periods, totals, descriptions and the export."""
    found = await _metrics(busy, "metrics=revenue&metrics=checkouts")
    assert found["periods"][0] == {"timestamp": "2027-01-10T00:00:00Z", "revenue": 2500, "checkouts": 2}
    assert found["totals"] == {"revenue": 5600, "checkouts": 3}
    assert set(found["metrics"]) == {"revenue", "checkouts"}
    exported = await busy.get(f"/v1/metrics/export?{DAYS_ASKED}&metrics=orders")
    assert exported.text.splitlines()[:2] == ["timestamp,orders", "2027-01-10T00:00:00+00:00,2"]


async def test_filters(busy: Api) -> None:
    """By product, customer and billing type, one value or several."""
    for query, *expected in (
        ("product_id=lamp", 2, 0, 2),
        ("product_id=lamp&product_id=club", 5, 4, 3),
        ("customer_id=bob", 1, 1, 0),
        ("billing_type=recurring", 3, 4, 1),
        ("billing_type=one_time", 2, 0, 2),
        ("billing_type=one_time&billing_type=recurring", 5, 4, 3),
        ("product_id=nothing", 0, 0, 0),
    ):
        totals = (await _metrics(busy, query))["totals"]
        assert [totals[slug] for slug in ("orders", "active_subscriptions", "checkouts")] == expected, query


async def test_nothing_of_the_future_is_counted(busy: Api) -> None:
    """Periods to come are there: nothing was sold in them, and subscriptions are as they are now, trials included."""
    response = await busy.get("/v1/metrics/?start_date=2027-01-12&end_date=2027-02-12&interval=month")
    this, coming = response.json()["periods"]
    assert (this["orders"], coming["orders"], coming["churn_rate"]) == (6, 0, 0)
    for slug in ("active_subscriptions", "monthly_recurring_revenue", "trial_monthly_recurring_revenue"):
        assert this[slug] == coming[slug] == EXPECTED[slug][3]


async def test_organizations_are_apart(world: World, busy: Api, stranger: Api) -> None:
    """Nobody counts another's sales, whatever is asked; a person's organizations add up, or are asked one by one."""
    await _opened(world, stranger, Sales([order(_at("10T00:00"), subtotal_amount=7)], [], []), "their_")
    assert (await _metrics(busy))["totals"]["revenue"] == 5600
    assert (await _metrics(stranger))["totals"]["revenue"] == 7
    asked = f"organization_id={busy.organization_id}&product_id=lamp&customer_id=ada"
    assert set((await _metrics(stranger, asked))["totals"].values()) == {0}
    owner = await world.person("both@example.com")
    for organization_id in (str(busy.organization_id), str(stranger.organization_id)):
        await world.join(organization_id, owner, Role.MEMBER)
    both = await token_of(world, owner, str(busy.organization_id), sub_type="user")
    assert (await _metrics(both))["totals"]["revenue"] == 5607
    narrowed = await _metrics(both, **{"Polar-Organization": str(stranger.organization_id)})
    assert narrowed["totals"]["revenue"] == 7


async def test_money_is_in_the_organizations_currency(world: World, busy: Api, stranger: Api) -> None:
    """Amounts of other currencies are left out, counts are not; what would add two currencies is refused."""
    details = {"organization_id": busy.organization_id, "default_tax_behavior": "location", "settings": "{}"}
    async with world.server.database.write() as tx:
        await store(tx, "organization_details", [{**details, "default_presentment_currency": "eur"}])
    totals = (await _metrics(busy))["totals"]
    assert (totals["orders"], totals["revenue"], totals["average_order_value"]) == (5, 700, 700)
    assert (totals["active_subscriptions"], totals["monthly_recurring_revenue"]) == (4, 999)
    assert totals["average_revenue_per_user"] == 999
    owner = await world.person("both@example.com")
    for organization_id in (str(busy.organization_id), str(stranger.organization_id)):
        await world.join(organization_id, owner, Role.MEMBER)
    both = await token_of(world, owner, str(busy.organization_id), sub_type="user")
    response = await both.get(f"/v1/metrics/?{DAYS_ASKED}")
    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["query", "organization_id"])
    assert (await _metrics(both, f"organization_id={busy.organization_id}"))["totals"]["revenue"] == 700
    assert (await _metrics(both, "metrics=orders&metrics=churn_rate"))["totals"]["orders"] == 5


WRONG: list[tuple[dict[str, str | None], str]] = [
    ({"start_date": None}, "start_date"),
    ({"end_date": None}, "end_date"),
    ({"interval": None}, "interval"),
    ({"start_date": "2027-02-30"}, "start_date"),
    ({"start_date": "2022-12-31"}, "start_date"),
    ({"end_date": "2027-01-09"}, "end_date"),
    ({"start_date": "3000-01-01", "end_date": "3000-01-01"}, "end_date"),
    ({"interval": "decade"}, "interval"),
    ({"interval": "hour", "end_date": "2027-01-18"}, "end_date"),
    ({"end_date": "2028-01-12"}, "end_date"),
    ({"timezone": "Mars/Olympus"}, "timezone"),
    ({"timezone": "../UTC"}, "timezone"),
    ({"timezone": ""}, "timezone"),
    ({"metrics": "happiness"}, "metrics"),
    ({"billing_type": "never"}, "billing_type"),
]


async def test_bad_questions_are_named(api: Api) -> None:
    """422 at the parameter, before anything is counted or sent."""
    for changes, parameter in WRONG:
        asked = {"start_date": "2027-01-10", "end_date": "2027-01-12", "interval": "day", **changes}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        for path in ("/v1/metrics/", "/v1/metrics/export"):
            response = await api.get(f"{path}?{query}")
            assert response.status_code == 422, query
            assert response.json()["detail"][0]["loc"] == ["query", parameter], query


async def test_limits_are_those_that_hold(api: Api) -> None:
    """The longest span of each interval is answered, with every period; one day more is not."""
    limits = (await api.get("/v1/metrics/limits")).json()
    assert limits["min_date"] == "2023-01-01"
    assert limits["intervals"]["week"] == {"min_days": 14, "max_days": 371}
    first = date.fromisoformat(limits["min_date"])
    for (interval, limit), periods in zip(limits["intervals"].items(), (8 * 24, 367, 54, 48, 10), strict=True):
        for extra, status in ((0, 200), (1, 422)):
            last = first + timedelta(days=limit["max_days"] + extra)
            query = f"start_date={first}&end_date={last}&interval={interval}&metrics=orders"
            response = await api.get(f"/v1/metrics/?{query}")
            assert response.status_code == status, response.text
            assert status == 422 or len(response.json()["periods"]) == periods


async def test_only_the_scope_of_metrics_opens_them(world: World) -> None:
    """`metrics:read`, and no other scope (RFC 6750 §3.1)."""
    allowed = await api_of(world, "ada@example.com", "ours", scope="metrics:read")
    other = await api_of(world, "bob@example.com", "theirs", scope="products:read products:write")
    for path in (f"/v1/metrics/?{DAYS_ASKED}", f"/v1/metrics/export?{DAYS_ASKED}", "/v1/metrics/limits"):
        assert (await allowed.get(path)).status_code == 200
        assert (await other.get(path)).status_code == 403


# How it is counted.

SHOPS = 40
_OTHERS = """
    INSERT INTO {table} ({columns}) WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers
    WHERE n < 2000) SELECT {values} FROM numbers
"""


async def _crowd(tx: Transaction) -> None:
    """Many organizations in the same tables, each with a small part of the rows."""
    for number in range(SHOPS):
        made = {"id": f"org{number}", "slug": f"org{number}", "name": "", "is_test": False, "created_at": 0}
        await store(tx, "organizations", [{**made, "modified_at": 0}])
        await open_shop(tx, f"org{number}", f"org{number}")
    for table, row in (("orders", order(1)), ("subscriptions", subscription(1)), ("checkouts", checkout(1))):
        mixed = {**row, "id": "n", "organization_id": None, "product_id": "lamp", "customer_id": "ada"}
        mixed |= {} if table == "orders" else {"product_price_id": "lamp"}
        values = {name: f":{name}" for name in mixed}
        values |= {"id": "'id' || n", "organization_id": f"'org' || (n % {SHOPS})"}
        values |= {name: f"'org' || (n % {SHOPS}) || '{mixed[name]}'" for name in mixed if name in _REFERENCES}
        values |= {name: "n * 1000" for name in ("paid_at", "started_at", "created_at") if name in mixed}
        values |= {"secret_id": "'id' || n"} if table == "checkouts" else {}
        text = _OTHERS.format(table=table, columns=", ".join(values), values=", ".join(values.values()))
        statement = Statement(text)
        await tx.run(statement, **{name: mixed[name] for name in statement.names})
    await tx.run(Statement("ANALYZE"))


_REFERENCES = ("product_id", "customer_id", "product_price_id")


def _explained(statement: Statement) -> Statement:
    named = re.sub(r"\$(\d+)", lambda number: ":" + statement.order[int(number[1]) - 1], statement.postgres)
    return Statement(f"EXPLAIN QUERY PLAN {statement.sqlite}", postgres=f"EXPLAIN {named}")


async def test_no_statement_reads_the_rows_of_others(database: Database) -> None:
    """Orders, subscriptions and checkouts are found by an index that begins with the organization, never by a scan."""
    async with database.write() as tx:
        await _crowd(tx)
    begins = boundaries(date(2023, 1, 1), date(2023, 12, 31), "day", UTC)
    chosen = {"organization_ids": '["org7"]', "product_ids": None, "customer_ids": None, "is_recurring": None}
    given: dict[str, Any] = {**chosen, "periods": queries.periods_json(begins, 0), "currency": "usd", "until": 10**10}
    for table, counted in (
        ("orders", queries._COUNT_ORDERS),
        ("checkouts", queries._COUNT_CHECKOUTS),
        ("subscriptions", subscription_queries._COUNT_SUBSCRIPTIONS),
    ):
        async with database.read() as tx:
            rows = await tx.all(_explained(counted), **{name: given[name] for name in counted.names})
        plan = "\n".join(str(row[len(row) - 1]) for row in rows)
        sqlite = rf"USING INDEX {table}_\w+ \(organization_id="
        postgres = rf"(?:using|on) {table}_\w+ .*\n *Index Cond: \(+organization_id ="
        assert re.search(f"{sqlite}|{postgres}", plan), plan
        assert not re.search(rf"SCAN {table[0]}\b|Seq Scan on {table}", plan), plan


def test_the_page_of_definitions_is_that_of_the_source() -> None:
    """docs/metrics.md has every metric with its type, its total and its meaning, and none that does not exist."""
    page = (Path(__file__).parent.parent.parent / "docs" / "metrics.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{m.slug}` | {m.type} | {m.total} | {m.meaning} |" for m in DEFINITIONS.values()]

"""Metrics through the published SDKs."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from polar_server.payments import Card
from polar_server.resources.customers.payment_method_queries import add_payment_method

from .conftest import Shop
from .libraries import Refused, Sdk

DAYS: dict[str, Any] = {"start_date": "2026-03-28", "end_date": "2026-03-30", "interval": "day"}
CARD = ("test_success", "visa", "4242", 9, 2035)


def _now() -> dict[str, Any]:
    """Yesterday, today and tomorrow, by day: midnight may pass while a test runs."""
    today = datetime.now(UTC).date()
    return {"start_date": str(today - timedelta(days=1)), "end_date": str(today + timedelta(days=1)), "interval": "day"}


def _product(sdk: Sdk, amount: int, **body: Any) -> str:
    prices = [{"amount_type": "fixed", "price_amount": amount, "price_currency": "usd"}]
    made: str = sdk.call("products", "create", {"name": "Night lamp", "prices": prices, **body})["id"]
    return made


def _sell(sdk: Sdk, shop: Shop) -> str:
    """A lamp for 1000 of which 400 are given back, a free subscription, and a checkout that nobody paid; the lamp."""
    ada = sdk.call("customers", "create", {"email": "ada@example.com"})["id"]
    place, card = {"organization_id": shop.organization_id, "customer_id": ada}, Card(*CARD)
    shop.server.write(lambda tx: add_payment_method(tx, **place, card=card, now=int(time.time())))
    lamp, club = _product(sdk, 1000), _product(sdk, 0, recurring_interval="month")
    order = sdk.call("orders", "create", {"customer_id": ada, "product_id": lamp})["id"]
    sdk.call("orders", "finalize", {}, id=order)
    sdk.call("refunds", "create", {"order_id": order, "reason": "customer_request", "amount": 400})
    sdk.call("subscriptions", "create", {"product_id": club, "customer_id": ada})
    sdk.call("checkouts", "create", {"products": [lamp]})
    return lamp


def test_sales_are_counted(sdk: Sdk, shop: Shop) -> None:
    """What was just sold is in the totals and in one of the days; a filter leaves out the rest."""
    lamp = _sell(sdk, shop)
    found = sdk.call("metrics", "get", **_now())
    expected = {"revenue": 1000, "net_revenue": 600, "one_time_products": 1, "active_subscriptions": 1, "checkouts": 1}
    assert {slug: found["totals"][slug] for slug in expected} == expected
    for slug in ("revenue", "one_time_products", "checkouts"):
        assert sorted(day[slug] for day in found["periods"]) == [0, 0, expected[slug]]
    assert found["totals"]["new_subscriptions"] == 1
    filtered = sdk.call("metrics", "get", **_now(), product_id=[lamp], billing_type="one_time")["totals"]
    assert (filtered["revenue"], filtered["orders"], filtered["active_subscriptions"]) == (1000, 1, 0)


def test_periods_and_the_metrics_asked_for(sdk: Sdk) -> None:
    """Every period is there, in the time zone asked for; of the metrics those asked for, described; the same as CSV."""
    asked = {**DAYS, "timezone": "Europe/Berlin", "metrics": ["orders", "churn_rate"]}
    found = sdk.call("metrics", "get", **asked)
    begins = [datetime.fromisoformat(day["timestamp"]) for day in found["periods"]]
    assert [at.astimezone(UTC).isoformat()[:16] for at in begins] == [
        "2026-03-27T23:00",
        "2026-03-28T23:00",
        "2026-03-29T22:00",
    ]
    assert (found["totals"]["orders"], found["totals"]["churn_rate"]) == (0, 0)
    assert found["totals"].get("revenue") is None, "what was not asked for is not there"
    assert found["metrics"]["orders"] == {"slug": "orders", "display_name": "Orders", "type": "scalar"}
    text = sdk.call("metrics", "export", **asked)
    assert [line["orders"] for line in csv.DictReader(io.StringIO(text))] == ["0", "0", "0"]


def test_limits(sdk: Sdk) -> None:
    """What may be asked is told in the library's types."""
    limits = sdk.call("metrics", "limits")
    assert limits["min_date"] == "2023-01-01"
    assert limits["intervals"]["day"] == {"min_days": 0, "max_days": 366}


def test_mistakes_are_typed(sdk: Sdk) -> None:
    """HTTPValidationError at the parameter."""
    for parameter, wrong in (
        ("end_date", "2026-03-27"),
        ("end_date", "2028-01-01"),
        ("metrics", ["happiness"]),
        ("timezone", "Mars/Olympus"),
    ):
        with pytest.raises(Refused) as refused:
            sdk.call("metrics", "get", **(DAYS | {parameter: wrong}))
        assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["query", parameter])

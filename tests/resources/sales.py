"""Rows of what was sold, written straight into their tables: what metrics count, without the way that leads there."""

from collections.abc import Iterable
from functools import cache
from itertools import count
from typing import Any

from tests.resources.naive_metrics import Row, Sales

from polar_server.database import Statement, Transaction

ORDER = {
    "status": "paid",
    "billing_reason": "purchase",
    "currency": "usd",
    "subtotal_amount": 1000,
    "discount_amount": 0,
    "refunded_amount": 0,
    "description": "",
    "metadata": "{}",
    "subscription_id": None,
}
SUBSCRIPTION = {
    "status": "active",
    "amount": 1000,
    "currency": "usd",
    "recurring_interval": "month",
    "recurring_interval_count": 1,
    "anchored_at": 0,
    "current_period_start": 0,
    "current_period_end": 1,
    "canceled_at": None,
    "ended_at": None,
    "paused_at": None,
    "trial_start": None,
    "trial_end": None,
    "customer_cancellation_reason": None,
    "metadata": "{}",
}
CHECKOUT = {
    "key_id": "",
    "status": "open",
    "product_ids": "[]",
    "amount": 1000,
    "currency": "usd",
    "allow_trial": False,
    "allow_discount_codes": False,
    "require_billing_address": False,
    "customer_id": None,
    "customer_metadata": "{}",
    "metadata": "{}",
    "expires_at": 0,
}
_ids = count()


def _new(usual: Row, **columns: Any) -> Row:
    row = {"id": f"id{next(_ids)}", **usual, **columns}
    row.setdefault("customer_id", "ada")
    row.setdefault("product_id", "lamp")
    return row


def order(paid_at: int | None, **columns: Any) -> Row:
    """An order, pending without a time of payment."""
    times = {"paid_at": paid_at, "created_at": 0 if paid_at is None else paid_at}
    return _new(ORDER, **times, **({"status": "pending"} if paid_at is None else {}), **columns)


def subscription(started_at: int, **columns: Any) -> Row:
    columns = {"status": "canceled", **columns} if columns.get("ended_at") is not None else columns
    return _new(SUBSCRIPTION, started_at=started_at, created_at=started_at, **{"product_id": "club", **columns})


def checkout(created_at: int, **columns: Any) -> Row:
    row = _new(CHECKOUT, created_at=created_at, **columns)
    return {**row, "secret_id": row["id"], "succeeded_at": created_at if row["status"] == "succeeded" else None}


@cache
def _insert(table: str, columns: tuple[str, ...]) -> Statement:
    return Statement(f"INSERT INTO {table} ({', '.join(columns)}) VALUES (:{', :'.join(columns)})")


async def store(tx: Transaction, table: str, rows: Iterable[Row]) -> None:
    for row in rows:
        await tx.run(_insert(table, tuple(row)), **row)


async def open_shop(tx: Transaction, organization_id: str, prefix: str = "") -> None:
    """Customers and products: a lamp, bought once, and a club, paid every month."""
    named = {"organization_id": organization_id, "metadata": "{}", "created_at": 0}
    people = [{**named, "id": f"{prefix}{name}", "type": "individual", "email": name} for name in ("ada", "bob", "cy")]
    await store(tx, "customers", people)
    things: dict[str, str | None] = {"lamp": None, "club": "month"}
    for name, interval in things.items():
        product: Row = {"id": f"{prefix}{name}", "name": name, "visibility": "public", "recurring_interval": interval}
        product["recurring_interval_count"] = None if interval is None else 1
        await store(tx, "products", [{**named, **product}])
        price: Row = {"id": f"{prefix}{name}", "product_id": f"{prefix}{name}", "position": 0, "amount_type": "fixed"}
        price |= {"price_currency": "usd", "price_amount": 1000, "organization_id": organization_id, "created_at": 0}
        await store(tx, "prices", [price])


async def sell(tx: Transaction, sales: Sales, organization_id: str, prefix: str = "") -> None:
    """Store rows as those of an organization; the prefix is that of its customers and products."""
    for table in ("orders", "subscriptions", "checkouts"):
        await store(tx, table, (_owned(row, table, organization_id, prefix) for row in getattr(sales, table)))


def _owned(row: Row, table: str, organization_id: str, prefix: str) -> Row:
    owned = {**row, "organization_id": organization_id, "product_id": prefix + row["product_id"]}
    if row["customer_id"] is not None:
        owned["customer_id"] = prefix + row["customer_id"]
    return owned if table == "orders" else {**owned, "product_price_id": owned["product_id"]}

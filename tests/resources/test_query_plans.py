"""How the databases find the rows of a list: by an index, whatever was asked, and never through a whole table."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing
from typing import Any

import asyncpg
import pytest
from tests.resources import sales
from tests.resources.naive_metrics import Sales
from tests.world import Api, World

from polar_server.database import Row, Statement, Transaction

ORGANIZATIONS, COPIES = 150, 15
FILLED = ("products", "prices", "customers", "orders", "subscriptions", "checkouts")
"""The tables that hold rows of every organization; in this order they refer to each other."""
_REFERRING = ("id", "product_id", "product_price_id", "customer_id", "email", "secret_id")
_VIEW = re.compile(r"(\w+) AS MATERIALIZED")
_COPIED = {"product_ids": """'["' || product_id || '-' || n.n || '"]'"""}

QUERIES = {
    "products": (
        *("id=x", "query=lamp", "is_archived=false", "is_recurring=true", "benefit_id=x", "visibility=public"),
        *("metadata[a]=b", "sorting=name", "sorting=-price_amount", "sorting=price_amount_type", "page=2&limit=2"),
    ),
    "customers": (
        *("email=ada@example.com", "query=ada", "active=true", "metadata[a]=b", "sorting=email", "sorting=-name"),
        "page=2&limit=2",
    ),
    "orders": (
        *("product_id=x", "customer_id=x", "external_customer_id=x", "checkout_id=x", "metadata[a]=b"),
        *("product_billing_type=recurring", "sorting=amount", "sorting=-status", "page=2&limit=2"),
    ),
    "subscriptions": (
        *("product_id=x", "customer_id=x", "external_customer_id=x", "active=true", "metadata[a]=b"),
        *("sorting=amount", "sorting=-status", "sorting=product", "sorting=customer", "page=2&limit=2"),
    ),
    "checkouts": (
        *("product_id=x", "customer_id=x", "external_customer_id=x", "status=open", "query=ada"),
        *("sorting=expires_at", "sorting=-status", "page=2&limit=2"),
    ),
}


class Recorder:
    """A transaction that reads, and keeps what it was asked."""

    def __init__(self, tx: Transaction, asked: dict[Statement, dict[str, Any]]) -> None:
        self._tx, self._asked, self.engine = tx, asked, tx.engine

    async def one(self, statement: Statement, /, **parameters: Any) -> Row:
        self._asked[statement] = parameters
        return await self._tx.one(statement, **parameters)

    async def first(self, statement: Statement, /, **parameters: Any) -> Row | None:
        # What finds the caller is no list, and its tables are as good as empty here.
        return await self._tx.first(statement, **parameters)

    async def all(self, statement: Statement, /, **parameters: Any) -> list[Row]:
        self._asked[statement] = parameters
        return await self._tx.all(statement, **parameters)


@pytest.mark.parametrize("resource", QUERIES)
async def test_a_list_reads_no_table_of_all_organizations(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch, resource: str
) -> None:
    """Every statement behind a list, for each filter and each order, finds its rows by an index."""
    await _fill(world, api)
    asked = _record(world, monkeypatch)
    for query in ("", *QUERIES[resource]):
        response = await api.get(f"/v1/{resource}/?{query}")
        assert response.status_code == 200, response.text
    found = {f"{scan}: {statement}" async for scan, statement in _scans(world, asked)}
    assert len(asked) > 2
    assert not found, "\n".join(sorted(found))


async def _fill(world: World, api: Api) -> None:
    """Sales of many organizations, one of which is the caller's."""
    assert api.organization_id is not None
    owner = await world.person("somebody@example.com")
    others = [await world.organization(f"shop-{number}", owner) for number in range(ORGANIZATIONS)]
    async with world.server.database.write() as tx:
        for number, organization_id in enumerate([api.organization_id, *others]):
            prefix = f"{number}-"
            await sales.open_shop(tx, organization_id, prefix)
            offered = {"product_ids": json.dumps([f"{prefix}lamp"]), "expires_at": 4_000_000_000}
            checkout = sales.checkout(1, customer_id="ada", **offered)
            sold = Sales([sales.order(1)], [sales.subscription(1)], [checkout])
            await sales.sell(tx, sold, organization_id, prefix)
        for table in FILLED:
            await _multiply(tx, table)
    async with world.server.database.statement() as tx:
        await tx.run(Statement("ANALYZE"))


async def _multiply(tx: Transaction, table: str) -> None:
    """Each row COPIES times more, the copies referring to copies."""
    row = await tx.one(Statement(f"SELECT * FROM {table} LIMIT 1"))
    columns = list(row.keys())
    copied = [_COPIED.get(name, f"{name} || '-' || n.n" if name in _REFERRING else name) for name in columns]
    numbers = " UNION ALL ".join(f"SELECT {number} AS n" for number in range(COPIES))
    await tx.run(
        Statement(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(copied)} FROM {table}, ({numbers}) n")
    )


def _record(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[Statement, dict[str, Any]]:
    asked: dict[Statement, dict[str, Any]] = {}
    read, asking = world.server.database.read, asyncio.current_task()

    @asynccontextmanager
    async def recorded() -> AsyncIterator[Recorder | Transaction]:
        async with read() as tx:
            # Jobs in the background read at their own times, and whole tables if they like.
            yield Recorder(tx, asked) if asyncio.current_task() is asking else tx

    monkeypatch.setattr(world.server.database, "read", recorded)
    return asked


async def _scans(world: World, asked: dict[Statement, dict[str, Any]]) -> AsyncIterator[tuple[str, Statement]]:
    """What reads a whole table in the plans of these statements."""
    url = world.server.settings.database
    if world.server.database.engine == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            for statement, parameters in asked.items():
                steps = connection.execute(f"EXPLAIN QUERY PLAN {statement.sqlite}", parameters).fetchall()
                for scan in _scans_of_sqlite(steps, set(_VIEW.findall(statement.sqlite))):
                    yield scan, statement
        return
    connection = await asyncpg.connect(url)
    # What a server runs from the sixth time on.
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    for statement, parameters in asked.items():
        await connection.execute(f"PREPARE asked AS {statement.postgres}")
        arguments = ", ".join(_literal(parameters[name]) for name in statement.order)
        plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked{f'({arguments})' if arguments else ''}")
        for scan in _scans_of_postgres(json.loads(plan)[0]["Plan"]):
            yield scan, statement
        await connection.execute("DEALLOCATE asked")
    await connection.close()


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "NULL" if value is None else str(value)


def _scans_of_sqlite(steps: Iterable[tuple[int, int, int, str]], views: set[str]) -> Iterator[str]:
    rows = [(parent, detail) for _, parent, _, detail in steps]
    inner = {(parent, detail.split()[1]) for parent, detail in rows if detail.startswith(("CO-ROUTINE", "MATERIALIZE"))}
    for parent, detail in rows:
        kind, _, rest = detail.partition(" ")
        name = rest.split()[0] if rest else ""
        is_made = rest == "CONSTANT ROW" or name in views or (parent, name) in inner
        is_table = "VIRTUAL TABLE" not in rest and not is_made
        if (kind == "SCAN" and is_table) or "AUTOMATIC" in detail:
            yield detail


def _scans_of_postgres(node: dict[str, Any]) -> Iterator[str]:
    table = node.get("Relation Name") or node.get("Index Name", "")
    is_whole = node["Node Type"] == "Seq Scan" or ("Index Name" in node and "Index Cond" not in node)
    if is_whole and table.partition("_")[0] in FILLED:
        yield f"{node['Node Type']} {table}"
    for child in node.get("Plans", ()):
        yield from _scans_of_postgres(child)

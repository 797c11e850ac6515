"""A database without tables, for tests that make their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from polar_server.database import Database, Statement, connect

_CREATE = Statement("CREATE TABLE things (id TEXT PRIMARY KEY, name TEXT UNIQUE, number BIGINT CHECK (number >= 0))")
_CREATE_PART = Statement("CREATE TABLE parts (thing_id TEXT NOT NULL REFERENCES things (id))")


@pytest.fixture(scope="session")
async def scratch_postgres_url(postgres_url: str) -> str:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("CREATE DATABASE scratch")
    await connection.close()
    return postgres_url.replace("/postgres?", "/scratch?")


@pytest.fixture
async def bare_postgres_url(scratch_postgres_url: str) -> str:
    connection = await asyncpg.connect(scratch_postgres_url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()
    return scratch_postgres_url


@pytest.fixture
def bare_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'bare.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def bare_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without tables."""
    url: str = request.getfixturevalue(f"bare_{request.param}_url")
    return url


@pytest.fixture
async def bare(bare_url: str) -> AsyncIterator[Database]:
    """An open database without tables."""
    database = connect(bare_url, connections=5)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def things(bare: Database) -> Database:
    """An open database with the tables `things` and `parts`, empty."""
    async with bare.write() as transaction:
        await transaction.run(_CREATE)
        await transaction.run(_CREATE_PART)
    return bare

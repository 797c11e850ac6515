"""Every route of the API that writes leaves an entry of its organization, by the routes and examples themselves."""

import ast
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.resource_server.test_tenancy import Ours, _routes, ours, settings
from tests.world import World

from polar_server import audit
from polar_server.audit import ACTS, queries
from polar_server.database import Statement

__all__ = ["ours", "settings"]

SRC = Path(audit.__file__).parent.parent
OF_ORGANIZATION = Statement("SELECT act FROM audit_entries WHERE organization_id = :organization_id ORDER BY id")

WITHOUT = {
    "POST /v1/orders/{order_id:str}/invoice": "the invoice is there already: it is only asked for",
    "POST /v1/license-keys/validate": "programs ask again and again whether a key is valid; it is counted",
}
"""Routes that are no act, and why."""


@asynccontextmanager
async def counting(world: World, organization_id: str) -> AsyncIterator[list[str]]:
    """The acts that the block adds to an organization's log."""
    found: list[str] = []
    async with world.server.database.read() as tx:
        before = len(await tx.all(OF_ORGANIZATION, organization_id=organization_id))
    yield found
    async with world.server.database.read() as tx:
        found += [row["act"] for row in await tx.all(OF_ORGANIZATION, organization_id=organization_id)][before:]


async def silent_routes(world: World, ours: Ours) -> tuple[set[str], set[str]]:
    """(routes that wrote and left no entry, routes that wrote), as far as a request with the examples succeeds."""
    silent, wrote = set(), set()
    for path, method, _ in sorted(_routes(world), key=lambda route: route[1] == "DELETE"):
        if method in ("GET", "HEAD", "OPTIONS"):
            continue
        async with counting(world, str(ours.api.organization_id)) as acts:
            response = await ours.api.call(method, ours.path(path), ours.body(path, method.lower(), new=True))
        if response.is_success:
            wrote.add(f"{method} {path}")
            silent |= set() if acts else {f"{method} {path}"}
    return silent - set(WITHOUT), wrote


async def test_every_route_that_writes_leaves_an_entry(world: World, ours: Ours) -> None:
    """Whatever changes something through the API says so in the log of its organization."""
    silent, wrote = await silent_routes(world, ours)
    assert silent == set()
    assert len(wrote) >= 12, wrote


async def test_a_silent_route_is_found(world: World, ours: Ours, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk notices when an operation records nothing."""

    async def say_nothing(*_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(audit, "record", say_nothing)
    silent, wrote = await silent_routes(world, ours)
    assert len(silent) >= 10
    assert silent <= wrote


def recorded_acts() -> set[str]:
    """The acts that stand as texts in the server's code, outside of the table that describes them."""
    found = set()
    for path in SRC.rglob("*.py"):
        if path.parent.name != "audit":
            nodes = ast.walk(ast.parse(path.read_text()))
            found |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return found & set(ACTS)


def test_every_act_has_words_and_is_recorded_somewhere() -> None:
    """No act is described that nothing does, and the words go after a name."""
    assert set(ACTS) - recorded_acts() == set()
    assert all(words[0].islower() and not words.endswith(".") for words in ACTS.values())


async def test_an_unknown_act_is_refused(world: World) -> None:
    """Whoever records an act has to describe it."""
    async with world.server.database.write() as tx:
        with pytest.raises(AssertionError, match=r"product\.eaten is not among the acts"):
            await audit.record(tx, audit.OPERATOR, "product.eaten", audit.About(), 0)
        assert await queries.sweep_entries(tx, 10**11, 500) == 0


def silent_operations(source: str) -> set[str]:
    """The functions of a module that open a transaction for writing and hand it to nothing that records."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.AsyncFunctionDef)]
    texts = {node.name: ast.unparse(node) for node in functions}
    recording = ("record_act(", " tell(", " _told(", " _record(")
    return {
        name
        for name, text in texts.items()
        if "database.write()" in text and not any(call in text for call in recording)
    }


def test_every_operation_that_writes_records() -> None:
    """What no example reaches is held to it by its text: whoever opens a transaction for writing records an act."""
    sources = [path.read_text() for path in SRC.glob("resources/*/operations.py")]
    silent = {name for source in sources for name in silent_operations(source)}
    # An organization is recorded where it is made, for the pages as well; a validation is only counted.
    assert silent == {"create_organization", "validate_license_key"}
    bare = "async def f(server):\n    async with server.database.write() as tx:\n        await g(tx)"
    assert silent_operations(bare) == {"f"}

"""Every guide says what works: its blocks run one after the other on a real server, and print what it shows."""

import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.servers import Server, serve

from .blocks import blocks
from .person import Person
from .reader import ROOT, Reader

DOCS = ROOT / "docs"
ELSEWHERE = ("production.md", "security-model.md")  # followed by tests of their own
GUIDES = [
    path
    for path in (*sorted(DOCS.glob("*.md")), ROOT / "README.md")
    if path.name not in ELSEWHERE and any(block.runs for block in blocks(path))
]
CHOSEN = {"quickstart.md": ("lighthouse",), "several-organizations.md": ("lighthouse", "paper-kite")}
SETTINGS: dict[str, dict[str, object]] = {"rate-limits.md": {"rate_limit_organization": 5}}


@contextmanager
def serve_demo(folder: Path, settings: dict[str, object]) -> Iterator[Server]:
    """What `script/server` starts: demo data, webhooks to this machine, and the limits that are the default."""
    limits: dict[str, Any] = {"rate_limit_user": 1000, "rate_limit_organization": 5000, **settings}
    with serve(folder, outbound_loopback="true", **limits) as running:
        running.command("demo")
        yield running


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of the quickstart."""
    with serve_demo(tmp_path_factory.mktemp("guides"), {}) as running:
        yield running


@pytest.fixture
def server(path: Path, shared_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same for all, unless a guide says that it is started with other settings."""
    if path.name not in SETTINGS:
        yield shared_server
        return
    with serve_demo(tmp_path_factory.mktemp("own"), SETTINGS[path.name]) as running:
        yield running


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_the_guide_works_as_written(
    path: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first block to the last, with nothing but the browser's steps done by a person."""
    person = Person(server, CHOSEN.get(path.name, ("paper-kite",)))
    monkeypatch.setattr(webbrowser, "open", person.browse)
    settings = {name: value for name, value in server.variables.items() if name.startswith("POLAR_")}
    with Reader(tmp_path, server.issuer, person.fill, settings, browser=person.browser) as reader:
        reader.follow(path)

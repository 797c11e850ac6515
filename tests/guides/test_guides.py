"""Every guide says what works: its blocks run one after the other on a real server, and print what it shows."""

import webbrowser
from collections.abc import Iterator
from pathlib import Path

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
CHOSEN = {"quickstart.md": ("lighthouse",)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of the quickstart: with the demo data, and the limits that it has by default."""
    folder = tmp_path_factory.mktemp("guides")
    with serve(folder, outbound_loopback="true", rate_limit_user=1000, rate_limit_organization=5000) as running:
        running.command("demo")
        yield running


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_the_guide_works_as_written(
    path: Path, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first block to the last, with nothing but the browser's steps done by a person."""
    person = Person(server, CHOSEN.get(path.name, ("paper-kite",)))
    monkeypatch.setattr(webbrowser, "open", person.browse)
    with Reader(tmp_path, server.issuer, person.fill, browser=person.browser) as reader:
        reader.follow(path)

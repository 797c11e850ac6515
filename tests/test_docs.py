"""The documents say what the server does: their tables are those of the source; tests/guides runs their commands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from polar_server import payments
from polar_server.oauth import scopes

ROOT = Path(__file__).parent.parent


def test_the_settings_page_is_that_of_the_source() -> None:
    """docs/settings.md has every setting with its present default and text."""
    check = [sys.executable, str(ROOT / "script" / "docs"), "--check"]
    assert subprocess.run(check, check=False, capture_output=True, text=True).stderr == ""


def test_the_readme_names_existing_settings_and_files() -> None:
    """No link of README leads nowhere, and no variable in it is unknown."""
    text = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target
    known = (ROOT / "docs" / "settings.md").read_text()
    for name in re.findall(r"POLAR_[A-Z_]+[A-Z]", text):
        assert name == "POLAR_CONFIG" or f"`{name}`" in known, name


def test_the_protocol_page_names_every_scope() -> None:
    """docs/protocol.md lists the catalogue: each name, or its resource."""
    text = (ROOT / "docs" / "protocol.md").read_text()
    for name in scopes.NAMES:
        assert f"`{name}`" in text or f"`{name.partition(':')[0]}`" in text, name


def test_the_cards_of_the_guide_are_those_of_the_source() -> None:
    """docs/checkout.md has each test card, with what happens."""
    text = (ROOT / "docs" / "checkout.md").read_text()
    for number, card in payments.TEST_CARDS.items():
        groups = " ".join(number[place : place + 4] for place in range(0, 16, 4))
        assert f"| {groups} | `{card.token}` | {card.what_happens} |" in text


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md"], ids=lambda p: p.name)
def test_documents_link_to_what_exists(path: Path) -> None:
    """Every relative link of every document leads to a file."""
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), f"{path.name}: {target}"

"""docs/security-model.md claims nothing without a place in the code and a test, and both are there."""

import re

from .reader import ROOT

PAGE = ROOT / "docs" / "security-model.md"
TEXT = PAGE.read_text()
RULES = TEXT.partition("## Redirects")[2].partition("## Keys, and")[0]
LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)[^)]*\)")


def test_every_file_that_it_names_exists() -> None:
    """No link to the code, the tests or another page leads nowhere."""
    links = [target for _, target in LINK.findall(TEXT)]
    assert len(links) > 150
    assert [target for target in links if not (PAGE.parent / target).exists()] == []


def test_every_test_that_it_names_exists() -> None:
    """A test that was renamed or removed takes its claim along."""
    named = [(name, PAGE.parent / target) for name, target in LINK.findall(TEXT) if name.startswith("test_")]
    assert len(named) > 80
    assert [name for name, path in named if not re.search(rf"\bdef {name}\(", path.read_text())] == []


def test_every_rule_has_its_place_and_its_proof() -> None:
    """A row of a rule links to at least one file of the code and one test."""
    rows = [line for line in RULES.splitlines() if line.startswith("| ") and not line.startswith("| rule")]
    assert len(rows) > 60
    for row in rows:
        found = re.fullmatch(r"\| (.*) \| (.*) \| (.*) \| (.*) \|", row)
        assert found, row
        rule, _, where, proof = found.groups()
        assert "../src/polar_server/" in where, rule
        assert "../tests/" in proof, rule

"""The tables of docs/scopes.md and docs/tokens.md are those of the source."""

import re

from polar_server.accounts.roles import Role, allowed_scopes
from polar_server.oauth import scopes
from polar_server.oauth.tokens import TokenKind

from .reader import ROOT


def test_the_catalogue_is_that_of_the_source() -> None:
    """Each scope stands in its order, in the words of the consent page, with whose role covers it."""
    of_members = allowed_scopes(Role.MEMBER, frozenset(scopes.NAMES))
    rows = [
        f"| `{scope.name}` | {scope.words[0].upper()}{scope.words[1:]}. | "
        f"{'everybody' if scope.name in of_members else 'owners, admins'} |"
        for scope in scopes.SCOPES.values()
    ]
    found = re.findall(r"^\| `.*$", (ROOT / "docs" / "scopes.md").read_text(), re.MULTILINE)
    assert found == rows


def test_every_kind_of_token_is_explained() -> None:
    """docs/tokens.md has each prefix, and its expressions match a token of each kind that is a secret."""
    text = (ROOT / "docs" / "tokens.md").read_text()
    assert set(re.findall(r"`(polar_[a-z_]+_)`", text)) == {str(kind) for kind in TokenKind}
    expressions = re.findall(r"`(\\b.*\\b)`", text)
    public = {TokenKind.CLIENT_ID, TokenKind.CHECKOUT}
    for kind in TokenKind:
        matching = [expression for expression in expressions if re.search(expression, f" {kind}{'a' * 43} ")]
        assert len(matching) == (0 if kind in public else 1), kind

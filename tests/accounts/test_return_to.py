"""Where return_to may lead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar_server.accounts.return_to import safe_return_to, sign_in_path

AUTHORIZE = "/oauth2/authorize?scope=openid%20email&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=%0a"


@pytest.mark.parametrize(
    "value", ["/", "/account", "/account?done=x#y", AUTHORIZE, "/a//b", "/@evil", "/organizations/a%20b"]
)
def test_paths_of_ours_are_kept(value: str) -> None:
    """A path with its query stays as it is."""
    assert safe_return_to(value) == value


@pytest.mark.parametrize(
    "value",
    [
        None, "", "account", "//evil", "///evil", "/\\evil", "\\\\evil", "/\t/evil", "\t//evil", "/\n/evil",
        " /x", "/x y",
        "https://evil.example", "https:/evil", "javascript:alert(1)", "%2f%2fevil", "/%2fevil", "/%2Fevil", "/%5cevil",
        "/%5Cevil", "/%09/evil", "/%0d%0aSet-Cookie:x", "/\x00", "/\x7f", "/%7f", "/\u2028", "/é", "?x", "#x",
        "/" + "a" * 8000,
    ],
)  # fmt: skip
def test_everything_else_leads_to_the_account(value: str | None) -> None:
    """Other servers, and what a browser could take for one, are replaced."""
    assert safe_return_to(value) == "/account"


@given(st.text(alphabet="/\\%0259cfF\t\n.@:evil?#", max_size=12))
def test_a_browser_stays_on_this_server(value: str) -> None:
    """What is kept starts with one slash, also as browsers read it: without tabs, backslashes turned."""
    kept = safe_return_to(value, default="/")
    seen = kept.translate({9: None, 10: None, 13: None}).replace("\\", "/")
    assert seen.startswith("/")
    assert not seen.startswith("//")


def test_the_sign_in_page_carries_the_path_along() -> None:
    """The path is escaped whole, so that its own query stays its own."""
    assert sign_in_path("/a?b=c&d") == "/sign-in?return_to=%2Fa%3Fb%3Dc%26d"
    assert sign_in_path("/account") == "/sign-in"

"""Scopes (RFC 6749 §3.3)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polar_server.oauth import scopes
from polar_server.oauth.errors import InvalidScope
from polar_server.oauth.scopes import NAMES, SCOPES, Access

KNOWN = st.lists(st.sampled_from(NAMES), unique=True)


@pytest.mark.parametrize(
    "scope, names",
    [
        pytest.param("openid", ("openid",), id="one"),
        pytest.param("openid email", ("openid", "email"), id="two"),
        pytest.param("email openid email", ("email", "openid"), id="each once, in their order"),
        pytest.param("!#[]~ https://x/y?z=1", ("!#[]~", "https://x/y?z=1"), id="every allowed character"),
    ],
)
def test_parse(scope: str, names: tuple[str, ...]) -> None:
    """RFC 6749 §3.3: names are separated by single spaces."""
    assert scopes.parse(scope) == names


@pytest.mark.parametrize(
    "scope",
    [
        "",
        " ",
        " openid",
        "openid ",
        "openid  email",
        "openid\temail",
        "openid\n",
        'a"b',
        "a\\b",
        "é",
        "a\x7f",
        "openid,é",
    ],
)
def test_malformed(scope: str) -> None:
    """RFC 6749 §3.3: a scope in any other form is invalid."""
    with pytest.raises(InvalidScope):
        scopes.parse(scope)


def test_catalogue() -> None:
    """The catalogue has the identity scopes, the seventeen of the resources, and reading oneself and organizations."""
    resources = {f"{name}:{access}" for name in _RESOURCES for access in ("read", "write")} | {"metrics:read"}
    assert (
        set(NAMES)
        == {"openid", "profile", "email", "user:read", "organizations:read", "organizations:write"} | resources
    )
    assert len(resources) == 17
    assert all(re.fullmatch("[a-z]+(:[a-z]+)?", name) for name in NAMES)


_RESOURCES = ("products", "orders", "subscriptions", "customers", "checkouts", "benefits", "webhooks", "files")


def test_words() -> None:
    """Each scope is told in words that continue a sentence, and read and write never read alike."""
    words = [scope.words for scope in SCOPES.values()]
    assert len(set(words)) == len(words)
    assert all(text[0].islower() and not text.endswith(".") for text in words)
    assert all((scope.access is Access.WRITE) == name.endswith(":write") for name, scope in SCOPES.items())


@pytest.mark.parametrize(
    "scope, registered, names",
    [
        pytest.param(None, "openid email", ("openid", "email"), id="without a scope, what is registered"),
        pytest.param("email", "openid email", ("email",), id="less than what is registered"),
        pytest.param("email openid", "openid email", ("email", "openid"), id="in any order"),
    ],
)
def test_requested(scope: str | None, registered: str, names: tuple[str, ...]) -> None:
    """RFC 6749 §3.3: a request asks for some of what the client registered, and without a scope for all of it."""
    assert scopes.requested(scope, registered) == names


@pytest.mark.parametrize(
    "scope, words",
    [
        pytest.param("openid admin:write", "Unknown scope: admin:write", id="outside the catalogue"),
        pytest.param("openid products:write", "not registered for the scope products:write", id="not registered"),
        pytest.param("OPENID", "Unknown scope: OPENID", id="another case"),
        pytest.param("openid  email", "malformed", id="malformed"),
        pytest.param("x" * 1000, "Unknown scope", id="long"),
    ],
)
def test_requested_too_much(scope: str, words: str) -> None:
    """RFC 6749 §3.3: what is unknown or not registered is refused, and the description names it briefly."""
    with pytest.raises(InvalidScope, match=words) as refused:
        scopes.requested(scope, "openid email products:read")
    assert len(refused.value.description) < 150


def test_examples() -> None:
    """Unknown names are dropped from what is kept, written and shown."""
    names = ["email", "admin", "products:write", "openid"]
    assert scopes.known(names) == ("email", "products:write", "openid")
    assert scopes.text(names) == "openid email products:write"
    groups = {access: [scope.name for scope in group] for access, group in scopes.describe(names).items()}
    assert groups == {"identity": ["openid", "email"], "read": [], "write": ["products:write"]}


@given(KNOWN)
def test_text_round_trip(names: list[str]) -> None:
    """The wire form of known names has each of them, in the order of the catalogue."""
    kept = scopes.text(names).split()
    assert set(kept) == set(names)
    assert kept == sorted(kept, key=NAMES.index)


@given(st.lists(st.sampled_from(NAMES) | st.text(max_size=8)))
def test_unknown_names_are_dropped(names: list[str]) -> None:
    """`known` keeps the names of the catalogue in their order, `text` writes no other."""
    assert scopes.known(names) == tuple(name for name in names if name in SCOPES)
    assert set(scopes.text(names).split()) == set(names) & set(NAMES)


@given(KNOWN)
def test_described(names: list[str]) -> None:
    """A page shows every scope exactly once, in its group."""
    groups = scopes.describe(names)
    assert list(groups) == list(Access)
    assert sorted(scope.name for group in groups.values() for scope in group) == sorted(names)
    assert all(scope.access is access for access, group in groups.items() for scope in group)


@given(st.text(max_size=40) | st.text('ab: "\\\t\n', max_size=10), KNOWN)
def test_any_scope(scope: str, registered: list[str]) -> None:
    """Whatever is asked for, nothing is given that is not registered."""
    try:
        names = scopes.requested(scope, scopes.text(registered))
    except InvalidScope:
        return
    assert set(names) <= set(registered)


def test_a_stored_scope_is_split_into_its_names() -> None:
    """What we stored needs no checks; no scope at all is no name."""
    assert scopes.split("openid products:read") == {"openid", "products:read"}
    assert scopes.split("") == frozenset()

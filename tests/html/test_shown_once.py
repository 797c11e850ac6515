"""What is shown once, and what a form makes: both sealed, for one session and a short time."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from litestar import Request

from polar_server.accounts.one_time_codes import recovery
from polar_server.html import Pages, cookies, form_keys, shown_once
from polar_server.oauth import tokens
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import TokenKind
from polar_server.settings import Settings

from .samples import session

RequestWith = Callable[..., Request[Any, Any, Any]]
NOW = 1_800_000_000
SECRET = tokens.mint(TokenKind.CLIENT_SECRET, NOW * 1000, bytes(29)).text


def test_what_is_shown_once_opens_for_its_session_and_page(
    pages: Pages, settings: Settings, request_with: RequestWith
) -> None:
    """The cookie hides what it carries, opens at the page that it is for and for minutes, and is deleted there."""
    ada, eve = session(), SimpleNamespace(id="another")
    answer = pages.redirect_showing(ada, "/dashboard/apps/a%20b", "made", NOW, secret=SECRET)
    [cookie] = answer.cookies
    assert answer.headers["Location"] == "/dashboard/apps/a%20b?done=made"
    header = cookie.to_header(header="")
    assert header.startswith("__Host-polar_shown_once=")
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/", "Max-Age=300"} <= {*header.split("; ")}
    assert SECRET not in header

    def opened(path: str, who: Any, now: int, value: str | None = cookie.value) -> dict[str, Any] | None:
        request = request_with(path, browser=None, cookie=f"__Host-polar_shown_once={value}")
        return pages.shown_once(request, who, now)

    assert opened("/dashboard/apps/a b", ada, NOW + 299) == {
        "secret": SECRET,
        "set_cookies": [cookies.clear_shown_once(settings)],
    }
    assert opened("/dashboard/apps/a b", ada, NOW + 300) is None
    assert opened("/dashboard/apps/a", ada, NOW) is None
    assert opened("/dashboard/apps/a b", eve, NOW) is None
    assert [opened("/dashboard/apps/a b", ada, NOW, value) for value in ("", "x", str(cookie.value)[:-2])] == [None] * 3


def test_a_browser_keeps_the_longest_cookie(settings: Settings, server_keys: ServerKeys) -> None:
    """What the pages show takes a sixth of what every browser keeps; more than that is refused, not cut."""
    made = {"is_new": True, "secret": SECRET, "registration_token": SECRET, "until": NOW}
    for values in (made, {"codes": recovery.mint_codes(), "is_new": True}):
        sealed = shown_once.seal(server_keys, "s1", "/", values, NOW)
        header = cookies.set_shown_once(settings, sealed, 300).to_header(header="")
        assert len(header) < cookies.LONGEST / 6
    with pytest.raises(ValueError, match="longer than browsers keep"):
        cookies.set_shown_once(settings, "0" * cookies.LONGEST, 300)


def test_a_form_that_is_sent_twice_draws_the_same(server_keys: ServerKeys) -> None:
    """Everything that tells two forms apart makes other tokens; a key that is too old or of another session is none."""
    first, second = (form_keys.seal(server_keys, "s1", NOW * 1000, bytes([n]) * 32) for n in range(2))

    def drawn(key: str = first, who: str = "s1", path: str = "/new", name: str = "Shelf", now: int = NOW) -> Any:
        form = {"form_key": key, "name": name}
        read = form_keys.read(server_keys, who, path, form, now * 1000)
        return read and (read.mint(TokenKind.CLIENT_SECRET).text, recovery.mint_codes(read.random("codes"))[0])

    assert drawn() == drawn(now=NOW + 3599)
    forms = [drawn(), drawn(second), drawn(path="/other"), drawn(name="Kite")]
    assert len({token for token, _ in forms}) == len({code for _, code in forms}) == 4
    assert [drawn(now=NOW + 3600), drawn(who="s2"), drawn(first[:-2]), drawn("")] == [None] * 4

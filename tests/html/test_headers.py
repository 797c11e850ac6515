"""The headers of pages and redirects, and the two cookies."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Request, Response
from tests.html import samples
from tests.html.conftest import BROWSER, FOLDERS

from polar_server.html import SECURITY_HEADERS, Pages, cookies, redirect
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings

RequestWith = Callable[..., Request[Any, Any, Any]]
SIGN_IN = samples.PAGES["accounts/sign_in.html"][0]


def policy(response: Response[bytes]) -> dict[str, str]:
    header = response.headers["Content-Security-Policy"]
    return {name: sources for name, _, sources in (part.strip().partition(" ") for part in header.split(";"))}


@pytest.fixture(params=["page", "error", "redirect"])
def response(request: pytest.FixtureRequest, pages: Pages, request_with: RequestWith) -> Response[bytes]:
    if request.param == "redirect":
        return redirect("https://app.example/cb?code=1")
    if request.param == "error":
        return pages.error(request_with(), 404, headers={"Retry-After": "5"})
    return pages.render(request_with(), "accounts/sign_in.html", **SIGN_IN)


def test_every_kind_of_response_is_guarded(response: Response[bytes]) -> None:
    """Pages, errors and redirects cannot be framed, sniffed, cached or leak their address."""
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_policy_allows_own_files_only(response: Response[bytes]) -> None:
    """No inline script or style, no foreign script or question, no base, no frame; pictures may come from elsewhere."""
    assert policy(response) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self' https: data:",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "connect-src": "'self'",
    }


def test_a_page_that_ends_at_an_app_has_no_form_action(pages: Pages, request_with: RequestWith) -> None:
    """The directive that would stop the redirects after the post is left out, and so are questions of scripts."""
    page = pages.render(request_with(), "accounts/sign_in.html", form_action="any", **SIGN_IN)
    assert policy(page).keys().isdisjoint({"form-action", "connect-src"})
    assert policy(page)["frame-ancestors"] == "'none'"


def test_headers_of_a_handler_are_added(pages: Pages, request_with: RequestWith) -> None:
    """A page keeps the headers that its handler gives, such as Retry-After."""
    assert pages.error(request_with(), 429, headers={"Retry-After": "5"}).headers["Retry-After"] == "5"


def test_redirects_are_303() -> None:
    """The browser goes on with GET, so a password is never posted again."""
    sent = redirect("/account")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/account")


@pytest.mark.parametrize("url", ["/a\r\nSet-Cookie: x=1", "/a b", "/é", "", "/a\x00", "/a\n"])
def test_a_redirect_cannot_carry_another_header(url: str) -> None:
    """Anything but visible ASCII raises before it reaches a header."""
    with pytest.raises(ValueError, match="visible ASCII"):
        redirect(url)


def test_cookies_are_locked_to_this_host(settings: Settings) -> None:
    """With https, both cookies have the prefix, Secure, HttpOnly, SameSite=Lax and the root path, and no domain."""
    for cookie in (
        cookies.set_session(settings, "v", 60),
        cookies.set_browser(settings, bytes(32)),
        cookies.clear_session(settings),
    ):
        assert cookie.key.startswith("__Host-polar_")
        assert (cookie.secure, cookie.httponly, cookie.samesite, cookie.path, cookie.domain) == (
            True,
            True,
            "lax",
            "/",
            None,
        )


def test_cookies_work_without_tls_while_developing() -> None:
    """An http issuer sets neither prefix nor Secure, which browsers would refuse."""
    cookie = cookies.set_session(Settings(issuer="http://localhost:8000"), "v", 60)
    assert (cookie.key, cookie.secure, cookie.httponly) == ("polar_session", False, True)


def test_a_cookie_without_the_prefix_counts_for_nothing(settings: Settings) -> None:
    """With https, a cookie that a subdomain could have set is not read."""
    from litestar.testing import RequestFactory

    request = RequestFactory().get("/", headers={"cookie": f"polar_session=x; polar_browser={BROWSER}"})
    assert cookies.session(request, settings) is None
    assert cookies.browser(request, settings) is None


def test_clearing_the_session_ends_its_cookie_at_once(settings: Settings) -> None:
    """The cleared cookie has the session's name and no lifetime."""
    cookie = cookies.clear_session(settings)
    assert (cookie.key, cookie.value, cookie.max_age) == ("__Host-polar_session", "", 0)


@pytest.mark.parametrize("value", ["", "short", "s" * 11, "b" * 44, "b" * 42 + "!"])
def test_a_browser_cookie_of_another_form_is_not_taken(
    settings: Settings, request_with: RequestWith, value: str
) -> None:
    """A value that could be a session id never binds a token."""
    assert cookies.browser(request_with(browser=value), settings) is None


def test_the_first_form_sets_the_browser_cookie(pages: Pages, request_with: RequestWith) -> None:
    """A browser without the cookie gets one with the form, and keeps it afterwards."""
    (cookie,) = pages.render(request_with(browser=None), "accounts/sign_in.html", **SIGN_IN).cookies
    assert cookie.key == "__Host-polar_browser"
    assert len(str(cookie.value)) == 43
    assert not pages.render(request_with(), "accounts/sign_in.html", **SIGN_IN).cookies


def test_a_page_without_a_form_sets_no_cookie(pages: Pages, request_with: RequestWith) -> None:
    """Reading an error page leaves nothing in the browser."""
    assert not pages.error(request_with(browser=None), 404).cookies


def test_browser_cookies_are_random(settings: Settings, server_keys: ServerKeys, request_with: RequestWith) -> None:
    """Each browser's cookie is made of 32 fresh random bytes."""
    entropy = iter([bytes(32), bytes([1]) * 32])
    asked: list[int] = []

    def random(length: int) -> bytes:
        asked.append(length)
        return next(entropy)

    pages = Pages(FOLDERS, settings, server_keys, random)
    made = [pages.render(request_with(browser=None), "accounts/sign_in.html", **SIGN_IN).cookies[0].value for _ in "12"]
    assert made[0] != made[1]
    assert asked == [32, 32]

"""A form's token: for one form, one browser or session, and our own pages only."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Request

from polar_server.html import csrf
from polar_server.oauth.server_keys import ServerKeys

RequestWith = Callable[..., Request[Any, Any, Any]]
ISSUER = "https://id.example.com"


def accepts(request: Request[Any, Any, Any], keys: ServerKeys, binding: str | None, token: str) -> bool:
    try:
        csrf.check(request, keys, ISSUER, binding, token)
    except csrf.Forbidden:
        return False
    return True


def test_a_token_fits_its_own_form(server_keys: ServerKeys, request_with: RequestWith) -> None:
    """The token of a form is accepted where the form posts to."""
    token = csrf.token(server_keys, "s1", "/account?done=saved")
    assert accepts(request_with("/account?done=saved"), server_keys, "s1", token)


@pytest.mark.parametrize("path", ["/account/", "/account/apps", "/account?a=1", "/Account"])
def test_a_token_fits_no_other_form(server_keys: ServerKeys, request_with: RequestWith, path: str) -> None:
    """A token of one address is refused at another, and with another query."""
    assert not accepts(request_with(path), server_keys, "s1", csrf.token(server_keys, "s1", "/account"))


def test_a_token_covers_the_whole_query(server_keys: ServerKeys, request_with: RequestWith) -> None:
    """The consent form cannot be pointed at another request by changing a parameter, repeating one or reordering."""
    token = csrf.token(server_keys, "s1", "/oauth2/consent?client_id=a&scope=x")
    for query in ("client_id=b&scope=x", "client_id=a&scope=x&scope=y", "scope=x&client_id=a", "client_id=a&scope=x&"):
        same = query == "client_id=a&scope=x&"
        assert accepts(request_with(f"/oauth2/consent?{query}"), server_keys, "s1", token) is same


def test_browsers_may_escape_an_address_in_their_own_way(server_keys: ServerKeys, request_with: RequestWith) -> None:
    """A quote or a space of the form's address may come back percent-encoded."""
    token = csrf.token(server_keys, "s1", "/oauth2/consent?state=it's%20me&x=é")
    assert accepts(request_with("/oauth2/consent?state=it%27s+me&x=%C3%A9"), server_keys, "s1", token)


@pytest.mark.parametrize("binding", ["s2", "", None])
def test_a_token_fits_one_session_only(server_keys: ServerKeys, request_with: RequestWith, binding: str | None) -> None:
    """Another session, and a browser without a cookie, are refused."""
    assert not accepts(request_with("/account"), server_keys, binding, csrf.token(server_keys, "s1", "/account"))


@pytest.mark.parametrize("token", ["", ".", "é", "\ud800", "0" * 73, "unknown1." + "0" * 64])
def test_malformed_tokens_are_refused(server_keys: ServerKeys, request_with: RequestWith, token: str) -> None:
    """Whatever a form sends as token, the answer is a refusal."""
    assert not accepts(request_with("/account"), server_keys, "s1", token)


def test_tokens_outlive_a_new_server_key(request_with: RequestWith) -> None:
    """An open form still works after a key was added, and no longer once its key is gone."""
    old, new = bytes(range(32)), bytes(range(1, 33))
    token = csrf.token(ServerKeys([old]), "s1", "/account")
    assert accepts(request_with("/account"), ServerKeys([new, old]), "s1", token)
    assert not accepts(request_with("/account"), ServerKeys([new]), "s1", token)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://id.example.com", "https://id.example.com.evil.example"]
)
def test_other_origins_are_refused(server_keys: ServerKeys, request_with: RequestWith, origin: str) -> None:
    """A right token does not help a page of another origin."""
    request = request_with("/account", origin=origin)
    assert not accepts(request, server_keys, "s1", csrf.token(server_keys, "s1", "/account"))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "made-up"])
def test_requests_from_other_sites_are_refused(server_keys: ServerKeys, request_with: RequestWith, site: str) -> None:
    """Sec-Fetch-Site must say same-origin or none, also when the origin is hidden."""
    request = request_with("/account", origin="null", sec_fetch_site=site)
    assert not accepts(request, server_keys, "s1", csrf.token(server_keys, "s1", "/account"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://id.example.com"},
        {"origin": "null", "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
    ],
)
def test_our_own_pages_are_accepted(
    server_keys: ServerKeys, request_with: RequestWith, headers: dict[str, str]
) -> None:
    """What browsers send for our own forms passes; under no-referrer that is the origin null."""
    request = request_with("/account", **headers)
    assert accepts(request, server_keys, "s1", csrf.token(server_keys, "s1", "/account"))

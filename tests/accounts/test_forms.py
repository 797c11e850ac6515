"""Every form of accounts refuses to be posted by anybody but our own page in the same browser."""

import pytest
from litestar import HttpMethod
from tests.accounts.conftest import Browser, World

from polar_server.html import csrf

SIGNED_OUT = [
    "/sign-in",
    "/sign-in/code",
    "/sign-in/passkey",
    "/sign-up",
    "/sign-up/finish",
    "/forgot-password",
    "/reset-password",
    "/verify-email",
]
SIGNED_IN = [
    "/sign-out",
    "/verify-email/send",
    "/account",
    "/account/password",
    "/account/password/set",
    "/account/password/remove",
    "/account/email",
    "/account/email/confirm",
    "/account/passkeys",
    "/account/passkeys/rename",
    "/account/passkeys/remove",
    "/account/codes",
    "/account/codes/off",
    "/account/recovery-codes",
    "/account/export",
    "/account/delete",
    "/confirm",
    "/confirm/passkey",
    "/account/sessions/end",
    "/account/sessions/end-others",
    "/dashboard/organizations",
    "/dashboard/acme/members/role",
    "/dashboard/acme/members/remove",
    "/dashboard/acme/invitations",
    "/dashboard/acme/invitations/revoke",
    "/invitations",
]


async def _browser(world: World, path: str, token_for: str = "") -> tuple[Browser, str]:
    """A browser that may post there, and a token that fits, or one for another form."""
    if path in SIGNED_IN:
        browser, _ = await world.signed_in("ada@example.com")
        return browser, world.csrf(browser, token_for or path)
    browser = world.browser()
    await browser.open("/sign-in")
    return browser, csrf.token(world.server_keys, browser.client.cookies["polar_browser"], token_for or path)


async def test_every_form_is_in_the_lists(world: World) -> None:
    """A new form cannot be forgotten here."""
    posts = {
        route.path_format.replace("{slug}", "acme")
        for route in world.app.routes
        if HttpMethod.POST in getattr(route, "methods", ())
    }
    assert posts == {*SIGNED_OUT, *SIGNED_IN}


@pytest.mark.parametrize("path", SIGNED_OUT + SIGNED_IN)
async def test_the_token_of_another_form_or_browser_is_refused(world: World, path: str) -> None:
    """Without a token, with one for another form, and with that of another browser: 403 and nothing else."""
    browser, elsewhere = await _browser(world, path, token_for=f"{path}?return_to=%2Fx")
    other = world.browser("198.51.100.1")
    await other.open("/sign-in")
    foreign = csrf.token(world.server_keys, other.client.cookies["polar_browser"], path)
    for form in ({}, {"csrf": ""}, {"csrf": foreign}, {"csrf": elsewhere}):
        assert (await browser.post(path, form)).status_code == 403
    if path in SIGNED_IN:
        assert await browser.is_signed_in()


CROSS_SITE = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"})


@pytest.mark.parametrize("path", SIGNED_OUT + SIGNED_IN)
async def test_a_post_from_another_site_is_refused(world: World, path: str) -> None:
    """Even with a token that fits."""
    browser, token = await _browser(world, path)
    for headers in CROSS_SITE:
        assert (await browser.post(path, {"csrf": token}, **headers)).status_code == 403
    assert path not in SIGNED_IN or await browser.is_signed_in()


@pytest.mark.parametrize("path", [path for path in SIGNED_IN if path != "/sign-out"])
async def test_a_post_without_a_session_leads_to_sign_in(world: World, path: str) -> None:
    """Whatever it carries, nothing is done."""
    answer = await world.browser().post(path, {"csrf": "x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", SIGNED_OUT + SIGNED_IN)
async def test_a_repeated_or_unreadable_form_is_refused(world: World, path: str) -> None:
    """Two values for one name, or bytes that are no UTF-8, are 400, never a guess at what was meant."""
    browser, token = await _browser(world, path)
    for body in (f"csrf={token}&csrf={token}", f"csrf={token}&email=%ff"):
        answer = await browser.client.post(
            path, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 400


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-up", "/forgot-password", "/account", "/dashboard/organizations", "/nothing"]
)
async def test_pages_cannot_be_framed_cached_or_scripted(world: World, path: str) -> None:
    """Redirects and errors carry the headers as well."""
    headers = (await world.browser().open(path)).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"

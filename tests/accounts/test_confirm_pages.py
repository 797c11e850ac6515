"""Dangerous acts need a sign-in of the last ten minutes."""

import pytest
from tests.accounts.conftest import PASSWORD, World

PAGES = ["/account/email", "/account/passkeys/new", "/account/codes", "/account/delete"]
FORMS = {
    "/account/email": "/account/email",
    "/account/passkeys": "/account/passkeys/new",
    "/account/passkeys/remove": "/account/security",
    "/account/password/set": "/account/security",
    "/account/password/remove": "/account/security",
    "/account/codes/off": "/account/security",
    "/account/recovery-codes": "/account/security",
    "/account/export": "/account/data",
    "/account/delete": "/account/delete",
}
"""What they post -> the page that they stand on."""


async def test_after_ten_minutes_every_dangerous_page_asks_first_and_leads_back(world: World) -> None:
    """The password confirms; the session gets a new id, and the old cookie is dead."""
    browser, _ = await world.signed_in("ada@example.com")
    for path in PAGES:
        assert (await browser.open(path)).status_code == 200
    world.clock.now += 600
    for path in PAGES:
        answer = await browser.open(path)
        assert answer.headers["location"] == f"/confirm?return_to={path.replace('/', '%2F')}"
    before = browser.session_cookie
    page = await browser.open("/confirm?return_to=%2Faccount%2Femail")
    assert "One-time code" not in page.text
    answer = await browser.submit("/confirm?return_to=%2Faccount%2Femail", password="wrong")
    assert (answer.status_code, 'id="password-error"' in answer.text) == (401, True)
    answer = await browser.submit("/confirm?return_to=%2Faccount%2Femail", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/email")
    assert browser.session_cookie != before
    assert (await browser.open("/account/email")).status_code == 200
    stale = world.browser()
    stale.client.cookies.set("polar_session", before or "")
    assert not await stale.is_signed_in()


@pytest.mark.parametrize("path", FORMS)
async def test_no_dangerous_form_is_taken_later(world: World, path: str) -> None:
    """Whatever it says, it leads to the question and back to its page."""
    browser, _ = await world.signed_in("ada@example.com")
    world.clock.now += 600
    answer = await browser.post(path, {"csrf": world.csrf(browser, path)})
    back = f"{FORMS[path]}?done=confirmed".replace("/", "%2F").replace("?", "%3F").replace("=", "%3D")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/confirm?return_to={back}")


async def test_guessing_at_the_question_is_limited(world: World) -> None:
    """Who took over an open browser has ten tries."""
    browser, _ = await world.signed_in("ada@example.com")
    codes = [(await browser.visit("/confirm", password=f"wrong {n}")).status_code for n in range(11)]
    assert codes == [401] * 10 + [429]


async def test_the_question_leads_nowhere_else(world: World) -> None:
    """An address of another server is dropped."""
    browser, _ = await world.signed_in("ada@example.com")
    page = await browser.open("/confirm?return_to=%2F%2Fevil.example")
    assert "evil" not in page.text
    assert (await browser.submit("/confirm", password=PASSWORD)).headers["location"] == "/account"

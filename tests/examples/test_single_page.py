"""examples/single_page in Chromium, under its Content-Security-Policy and the server's CORS rules."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import chromium
from tests.browser.steps import expect_heading, fill_in_sign_in
from tests.examples.programs import Example, running, tells_a_secret, without
from tests.servers import Server

from polar_server.accounts.people import Person


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def example(server: Server) -> Iterator[Example]:
    """The app, served as its reader serves it."""
    with running(server, "single_page", "--public") as example:
        yield example


@pytest.fixture
def page(browser: Browser, example: Example) -> Iterator[Page]:
    """A page in a browser that nobody has used yet: it complains of nothing, and asks the app and Polar alone."""
    with chromium.opened(browser, example.server.issuer, example.address) as page:
        yield page


def sign_in(page: Page, example: Example, person: Person, button: str = "Allow") -> None:
    page.goto(example.address)
    page.get_by_role("button", name="Sign in with Polar").click()
    fill_in_sign_in(page, person.email)
    page.get_by_role("button", name=button).click()


def test_in_and_out(page: Page, server: Server, example: Example, person: Person) -> None:
    """The person is greeted, two calls at once refresh once, no storage has a token, and signing out revokes it."""
    server.organization(person, "Lighthouse <b>Records</b>")
    sign_in(page, example, person)
    expect_heading(page, f"Hello, {person.name}")
    expect(page.get_by_role("status")).to_have_text(person.email)
    expect(page.get_by_role("listitem")).to_have_text("Lighthouse <b>Records</b>")
    assert page.url == f"{example.address}/", "the code is gone from the address"
    stored = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])")
    assert stored == '[{},{},""]'
    issued, _ = example.tokens()
    with page.expect_response("**/v1/oauth2/token") as refreshed:
        page.get_by_role("button", name="Ask again").click()
    assert refreshed.value.ok
    expect(page.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="Sign out").click()
    expect_heading(page, "Welcome")
    assert example.tokens() == (issued + 1, 0)
    assert not tells_a_secret(example.printed())


def test_a_reload_ends_it_here(page: Page, example: Example, person: Person) -> None:
    """Tokens live as long as the page; a person who allowed it before is back with one press."""
    sign_in(page, example, person)
    expect_heading(page, f"Hello, {person.name}")
    page.reload()
    expect_heading(page, "Welcome")
    page.get_by_role("button", name="Sign in with Polar").click()
    page.get_by_role("button", name="Allow").click()
    expect_heading(page, f"Hello, {person.name}")


def test_refused_and_ended(page: Page, server: Server, example: Example, person: Person) -> None:
    """Who denies reads so and may try again; who ends the access at Polar is signed out by the next call."""
    sign_in(page, example, person, "Deny")
    expect_heading(page, "Nothing was shared")
    page.get_by_role("button", name="Sign in with Polar").click()
    page.get_by_role("button", name="Allow").click()
    expect_heading(page, f"Hello, {person.name}")
    other = page.context.new_page()
    other.goto(f"{server.issuer}/account/apps")
    other.get_by_role("button", name="End access").click()
    other.get_by_text("Access is ended.").wait_for()
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("status")).to_have_text("Your access was ended at Polar.")
    expect(page.get_by_role("button", name="Sign in with Polar")).to_be_visible()


def test_an_answer_to_nobody(page: Page, example: Example) -> None:
    """An answer to a request that this window never made is not used."""
    page.goto(f"{example.address}/?code=polar_ac_x&state=y")
    expect(page.get_by_role("status")).to_have_text("This sign-in began in another window. Begin again.")


def test_what_is_not_set() -> None:
    """Without its variables it says in one sentence which, and where they come from."""
    assert without("single_page").stderr == (
        "Set POLAR_ISSUER and POLAR_CLIENT_ID: `python examples/register.py --public` makes and prints them.\n"
    )

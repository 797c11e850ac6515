"""What people do on the server's pages again and again."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect
from tests.servers import PASSWORD, Server

from polar_server.accounts.people import Person

from .apps import App


def fill_in_sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Send the sign-in form of the page that is open."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_in(page: Page, server: Server, person: Person, password: str = PASSWORD) -> None:
    """Sign in on the server's own page."""
    page.goto(f"{server.issuer}/sign-in")
    fill_in_sign_in(page, person.email, password)


def is_signed_in(page: Page, server: Server) -> bool:
    """Whether the account page opens."""
    page.goto(f"{server.issuer}/account")
    return page.url == f"{server.issuer}/account"


def allow(page: Page, app: App) -> str:
    """Allow the app, and give the address at which the browser is back."""
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(app.is_back)
    return page.url


def press(page: Page, name: str) -> None:
    """Press a button in the main part, and wait for the page that follows."""
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()


def follow(page: Page, name: str) -> None:
    """Follow a link in the main part, and wait for the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()


def wait_for_moments(page: Page) -> None:
    """The page works at once; what changes parts of it in place comes a moment later."""
    page.locator("p.unseen[role=status]").wait_for(state="attached")


def expect_heading(page: Page, text: str) -> None:
    """The page's one heading of the first level."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def tab_to(page: Page, selector: str) -> None:
    """Move the focus with the Tab key alone. Where it stands, it must be seen."""
    target = page.locator(selector)
    for _ in range(40):
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate(_IS_MARKED)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {selector}")


_IS_MARKED = """element => {
    const style = getComputedStyle(element)
    return style.outlineStyle !== 'none' || style.boxShadow !== 'none'
}"""


@contextmanager
def device(page: Page) -> Iterator[None]:
    """A telephone's lock, as Chromium plays it (WebDriver's virtual authenticator): whoever holds it is verified."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": made["authenticatorId"]})

"""The consent page in a browser: what people decide, and what the app gets from it."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.servers import PASSWORD, Server

from polar_server.accounts.people import Person

from . import apps
from .apps import App
from .steps import allow, expect_heading, fill_in_sign_in, sign_in, tab_to


def test_allow(any_page: Page, server: Server, person: Person, app: App) -> None:
    """Who signs in on the way and allows is brought back with a code that the app can exchange."""
    page = any_page
    page.goto(app.address())
    expect(page.get_by_text("to continue to Tune Shop")).to_be_visible()
    fill_in_sign_in(page, person.email)
    expect_heading(page, "Allow Tune Shop to use your account?")
    main = page.get_by_role("main")
    for text in (
        person.email,
        "See your email address",
        "See your name and picture",
        urlsplit(app.redirect_uri).netloc,
    ):
        expect(main.get_by_text(text, exact=True)).to_be_visible()
    allow(page, app)
    token = app.token(page.url)
    assert app.introspect(token["access_token"])["sub"] == person.id


def test_deny(any_page: Page, server: Server, person: Person, app: App) -> None:
    """Denying brings the person back with access_denied, and is not remembered."""
    page = any_page
    sign_in(page, server, person)
    page.goto(app.address())
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url(app.is_back)
    assert app.answer(page.url)["error"] == "access_denied"
    page.goto(app.address())
    expect_heading(page, "Allow Tune Shop to use your account?")


def test_choose_an_organization(any_page: Page, server: Server, person: Person, app: App) -> None:
    """The token acts for the organization that the person chose, and none is chosen beforehand."""
    page = any_page
    server.organization(person, "Lighthouse")
    night_owl = server.organization(person, "Paper Kite")
    sign_in(page, server, person)
    page.goto(app.address(sub_type="organization", scope="openid products:read products:write"))
    expect_heading(page, "Allow Tune Shop to act for an organization?")
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    page.get_by_role("button", name="Allow").click()
    expect_heading(page, "Allow Tune Shop to act for an organization?")  # the browser asks for a choice first
    page.get_by_text("Paper Kite").click()
    allow(page, app)
    about = app.introspect(app.token(page.url)["access_token"])
    assert (about["sub"], about["sub_type"], about["act"]) == (night_owl.id, "organization", {"sub": person.id})


def test_preselected_organization(page: Page, server: Server, person: Person, app: App) -> None:
    """An app may propose an organization of the person's, and no other."""
    server.organization(person, "Lighthouse")
    night_owl, foreign = server.organization(person, "Paper Kite"), server.organization(server.person(), "Elsewhere")
    sign_in(page, server, person)
    page.goto(app.address(sub_type="organization", scope="openid", sub=night_owl.id))
    expect(page.get_by_role("radio", name="Paper Kite")).to_be_checked()
    page.goto(app.address(sub_type="organization", scope="openid", sub=foreign.id))
    expect(page.get_by_role("radio")).to_have_count(2)
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    expect(page.get_by_text("Elsewhere")).to_have_count(0)


def test_remembered(page: Page, server: Server, person: Person, app: App) -> None:
    """What was allowed once is not asked again, until the app asks for something new or for consent itself."""
    sign_in(page, server, person)
    page.goto(app.address(scope="openid email"))
    allow(page, app)
    page.goto(app.address(scope="openid"))
    assert app.token(page.url)["scope"] == "openid"

    page.goto(app.address(scope="openid email products:read"))
    expect(page.get_by_text("Your products and prices")).to_be_visible()
    allow(page, app)
    page.goto(app.address(scope="openid email products:read"))
    assert app.token(page.url)["scope"] == "openid email products:read"

    page.goto(app.address(scope="openid", prompt="consent"))
    expect_heading(page, "Allow Tune Shop to use your account?")


def test_select_account(page: Page, server: Server, person: Person, app: App) -> None:
    """With prompt=select_account the person goes on with the account in use, or with another one."""
    other = server.person(name="Mary Somerville")
    sign_in(page, server, person)
    page.goto(app.address(prompt="select_account"))
    expect_heading(page, "Choose an account")
    page.get_by_role("button", name=f"Continue as {person.name}").click()
    expect(page.get_by_role("main").get_by_text(person.email)).to_be_visible()

    page.goto(app.address(prompt="select_account"))
    page.get_by_role("link", name="Use another account").click()
    fill_in_sign_in(page, other.email)
    expect_heading(page, "Allow Tune Shop to use your account?")
    allow(page, app)
    assert app.introspect(app.token(page.url)["access_token"])["sub"] == other.id


def test_prompt_login(page: Page, server: Server, person: Person, app: App) -> None:
    """With prompt=login the password is asked for again, once."""
    sign_in(page, server, person)
    page.goto(app.address(prompt="login"))
    expect_heading(page, "Sign in")
    fill_in_sign_in(page, person.email)
    expect_heading(page, "Allow Tune Shop to use your account?")


def test_form_post(page: Page, server: Server, person: Person, app: App) -> None:
    """With response_mode=form_post the answer is posted by itself."""
    sign_in(page, server, person)
    page.goto(app.address(response_mode="form_post"))
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(app.redirect_uri)
    assert app.introspect(app.token(page.locator("pre").inner_text())["access_token"])["sub"] == person.id


def test_form_post_without_javascript(plain_page: Page, server: Server, person: Person, app: App) -> None:
    """Without JavaScript a button posts the answer."""
    page = plain_page
    sign_in(page, server, person)
    page.goto(app.address(response_mode="form_post"))
    page.get_by_role("button", name="Allow").click()
    expect_heading(page, "Returning to Tune Shop")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(app.redirect_uri)
    assert app.token(page.locator("pre").inner_text())["access_token"]


def test_by_keyboard(page: Page, server: Server, person: Person, app: App) -> None:
    """Sign-in, the choice of an organization and consent need no mouse, and the focus is seen on the way."""
    chosen = server.organization(person, "Lighthouse")
    server.organization(person, "Paper Kite")
    page.goto(app.address(sub_type="organization", scope="openid"))
    page.keyboard.type(person.email)
    tab_to(page, "#password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect_heading(page, "Allow Tune Shop to act for an organization?")
    tab_to(page, f"input[value='{chosen.id}']")
    page.keyboard.press("Space")
    tab_to(page, "button[value=allow]")
    page.keyboard.press("Enter")
    page.wait_for_url(app.is_back)
    assert app.introspect(app.token(page.url)["access_token"])["sub"] == chosen.id


def test_sign_up_on_the_way(page: Page, server: Server, app: App, request: pytest.FixtureRequest) -> None:
    """Who has no account yet makes one, and the mailed link leads on to the app."""
    address = f"{id(request)}@example.com"
    page.goto(app.address())
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Email").fill(address)
    page.get_by_role("button", name="Send the link").click()
    page.goto(server.mailed_link(address))
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_label("Password").fill("seven tall blue herons")
    page.get_by_role("button", name="Create account").click()
    expect_heading(page, "Allow Tune Shop to use your account?")
    allow(page, app)
    assert app.token(page.url)["access_token"]


@pytest.mark.parametrize(
    "change,error",
    [
        (lambda url: url.replace("client_id=polar_ci_", "client_id=polar_cx_"), "invalid_client"),
        (lambda url: url.replace("callback", "elsewhere"), "invalid_request"),
    ],
)
def test_untrusted_request(page: Page, app: App, change: Callable[[str], str], error: str) -> None:
    """A request whose client or redirect URI is not known stays on our page, with a code and an explanation."""
    page.goto(change(app.address()))
    expect(page.locator(f"[data-error={error}]")).to_be_visible()
    expect_heading(page, "This sign-in link does not work")


def test_names_cannot_disguise(page: Page, server: Server, person: Person, site: str) -> None:
    """A name full of markup is shown as text."""
    app = apps.registered(server, site, client_name="<img src=x onerror=alert(1)>")
    sign_in(page, server, person)
    page.goto(app.address())
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("h1 img")).to_have_count(0)

"""Signing up, in and out, and choosing a new password, in a browser with and without JavaScript."""

from playwright.sync_api import Page, expect
from tests.servers import PASSWORD, Server

from polar_server.accounts.people import Person

from .steps import expect_heading, is_signed_in, sign_in, tab_to

NEW_PASSWORD = "seven tall blue herons"


def test_sign_up(any_page: Page, server: Server, request: object) -> None:
    """The mailed link leads to a name and a password, and from there into the account."""
    page, address = any_page, f"new-{id(request)}@example.com"
    page.goto(server.issuer)
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Email").fill(address)
    page.get_by_role("button", name="Send the link").click()
    expect_heading(page, "Check your mail")

    page.goto(server.mailed_link(address))
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect_heading(page, "Grace Hopper")
    expect(page.get_by_role("status")).to_have_text("Welcome. Your account is ready.")


def test_sign_in_and_out(any_page: Page, server: Server, person: Person) -> None:
    """Email and password open the account, and signing out closes it."""
    page = any_page
    sign_in(page, server, person)
    expect(page).to_have_url(f"{server.issuer}/account")
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status").first).to_have_text("You are signed out.")
    assert not is_signed_in(page, server)


def test_wrong_password(any_page: Page, server: Server, person: Person) -> None:
    """A wrong password says so without saying which half was wrong, and keeps the address."""
    sign_in(any_page, server, person, "not the password")
    expect(any_page.get_by_role("alert")).to_contain_text("That email and password do not match.")
    expect(any_page.get_by_label("Email")).to_have_value(person.email)
    assert not is_signed_in(any_page, server)


def test_forgotten_password(any_page: Page, server: Server, person: Person) -> None:
    """The mailed link changes the password once; the old one no longer opens the account."""
    page = any_page
    page.goto(f"{server.issuer}/sign-in")
    page.get_by_role("link", name="Forgot it?").click()
    page.get_by_label("Email").fill(person.email)
    page.get_by_role("main").get_by_role("button").click()

    link = server.mailed_link(person.email)
    page.goto(link)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status").first).to_contain_text("Your password is changed")

    sign_in(page, server, person, PASSWORD)
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, server, person, NEW_PASSWORD)
    expect(page).to_have_url(f"{server.issuer}/account")
    page.goto(link)
    expect_heading(page, "This link no longer works")


def test_sign_in_by_keyboard(page: Page, server: Server, person: Person) -> None:
    """The focus starts in the form, and Tab and Enter are all that is needed."""
    page.goto(f"{server.issuer}/sign-in")
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type(person.email)
    tab_to(page, "#password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.issuer}/account")

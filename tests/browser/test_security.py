"""Passkeys with a device in software, and what of the account's security works without JavaScript."""

import re
import time
from base64 import b32decode

from playwright.sync_api import Page, expect
from tests.servers import Server

from polar_server.accounts.one_time_codes import totp
from polar_server.accounts.people import Person

from .steps import device, expect_heading, fill_in_sign_in, is_signed_in, sign_in


def sign_out(page: Page) -> None:
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect_heading(page, "Sign in")


def test_a_passkey_in_place_of_the_password(page: Page, server: Server, person: Person) -> None:
    """Added, used to sign in without an address, then the only way in; refused when the device has none."""
    sign_in(page, server, person)
    with device(page):
        page.goto(f"{server.issuer}/account/security")
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("Name").fill("Blue telephone")
        page.get_by_role("button", name="Create the passkey").click()
        expect(page.get_by_role("status").first).to_contain_text("Your passkey is added.")
        expect(page.get_by_text("Blue telephone")).to_be_visible()
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_role("button", name="Create the passkey").click()
        expect(page.get_by_role("status")).to_contain_text("holds a passkey for your account already")
        page.get_by_role("link", name="Back").click()
        page.get_by_role("button", name="Remove password").click()
        expect(page.get_by_role("status").first).to_contain_text("Your password is removed.")
        sign_out(page)
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page).to_have_url(f"{server.issuer}/account")
        page.goto(f"{server.issuer}/account/security")
        expect(page.get_by_text("with a passkey").first).to_be_visible()
        page.goto(f"{server.issuer}/confirm?return_to=/account/data")
        page.get_by_role("button", name="Use a passkey").click()
        expect_heading(page, "Your data")
        sign_out(page)
    with device(page):
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_text("No passkey was used. You can try again.")).to_be_visible()
    assert not is_signed_in(page, server)


def test_without_javascript(plain_page: Page, server: Server, person: Person) -> None:
    """One-time codes, recovery codes, a new address and the end of the account need no script; passkeys say why."""
    page = plain_page
    page.goto(f"{server.issuer}/sign-in")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_text("Signing in with a passkey needs JavaScript")).to_be_visible()
    fill_in_sign_in(page, person.email)
    page.goto(f"{server.issuer}/account/passkeys/new")
    expect(page.get_by_text("passkeys need JavaScript")).to_be_visible()

    page.goto(f"{server.issuer}/account/codes")
    secret = b32decode(page.locator("main code").inner_text().replace(" ", ""))
    now = int(time.time())
    page.get_by_label("Code", exact=True).fill(totp.code_at(secret, now // 30))
    page.get_by_role("button", name="Turn on").click()
    expect_heading(page, "Your recovery codes")
    recovery = re.findall(r"[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}", page.locator("pre").inner_text())
    assert len(recovery) == 10
    sign_out(page)
    fill_in_sign_in(page, person.email)
    expect_heading(page, "Enter your code")
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#code-error")).to_contain_text("This code is not right.")
    page.get_by_label("Code", exact=True).fill(recovery[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{server.issuer}/account")

    address = f"new-{person.email}"
    page.get_by_role("link", name="Change address").click()
    page.get_by_label("New email address").fill(address)
    page.get_by_role("button", name="Send the link").click()
    page.goto(server.mailed_link(address))
    page.get_by_role("button", name="Use this address").click()
    expect(page.get_by_role("status")).to_have_text("Your email address is changed.")

    page.goto(f"{server.issuer}/account/data")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download your data").click()
    assert download.value.suggested_filename == "polar-account.json"
    page.get_by_role("link", name="Delete account").click()
    page.get_by_label("Your email address").fill(address)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("status")).to_have_text("Your account is deleted. Goodbye.")
    assert not is_signed_in(page, server)

"""Every page that people meet, one after the other: for checks of each, and for screenshots."""

import time
from base64 import b32decode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from playwright.sync_api import Locator, Page, expect
from tests.servers import PASSWORD, Server
from tests.visitors import Visitor

from polar_server.accounts.one_time_codes import totp
from polar_server.accounts.organizations import Organization
from polar_server.accounts.people import Person

from . import apps, shops
from .apps import App
from .steps import allow, device, fill_in_sign_in

_NUMBERS = count(1)
_WIDE = "openid profile email products:read products:write orders:read customers:read"


@dataclass(frozen=True)
class Cast:
    """Who and what is seen on the pages."""

    server: Server
    site: str
    app: App
    person: Person
    organization: Organization
    newcomer: str

    def url(self, path: str) -> str:
        return self.server.issuer + path

    def asking(self, **parameters: str) -> str:
        """An authorization request for an organization, with many scopes."""
        return self.app.address(**{"sub_type": "organization", "scope": _WIDE} | parameters)


def cast(server: Server, site: str) -> Cast:
    """Make people, organizations and an app for one walk."""
    number = next(_NUMBERS)
    person = server.person(f"ada{number}@example.com", name="Ada Lovelace")
    organization = server.organization(person, "Lighthouse Records")
    server.member(organization, server.person(f"mary{number}@example.com", name="Mary Somerville"))
    server.organization(person, "Paper Kite Software")
    server.organization(person, "Lighthouse Records", is_test=True)
    links = {name: f"https://tunes.example.com/{name}" for name in ("client_uri", "policy_uri", "tos_uri")}
    # The second redirect URI answers "no content": the browser stays on the page that posts there.
    app = apps.registered(server, site, redirect_uris=[f"{site}/callback", f"{site}/stay"], **links)
    return Cast(server, site, app, person, organization, f"grace{number}@example.com")


def walk(page: Page, cast: Cast) -> Iterator[str]:
    """Open page after page; gives the name of each when it is there."""
    yield from _before_sign_in(page, cast)
    yield from _by_mail(page, cast)
    yield from _errors(page, cast)
    yield from _consent(page, cast)
    yield from _account(page, cast)
    yield from _organizations(page, cast)
    yield from _checkout(page, cast)


def _before_sign_in(page: Page, cast: Cast) -> Iterator[str]:
    for name, path in (("home", "/"), ("sign-in", "/sign-in"), ("sign-up", "/sign-up"), ("forgot", "/forgot-password")):
        page.goto(cast.url(path))
        yield name
    page.goto(cast.url("/docs"))
    yield "api-reference"
    page.get_by_text("Products", exact=True).click()
    _press(page, page.get_by_role("link", name="Create a product with its prices"))
    expect(page.get_by_role("heading", name="Parameters")).to_have_count(0)
    expect(page.get_by_role("link", name="ProductCreate")).to_be_visible()
    yield "api-operations"
    page.goto(cast.asking())
    yield "sign-in-to-an-app"
    _press(page, page.get_by_role("link", name="Create an account"))
    yield "sign-up-for-an-app"
    page.goto(cast.url("/sign-in"))
    _sign_in_as(page, cast.person.email, "not the password")
    yield "sign-in-wrong-password"


def _by_mail(page: Page, cast: Cast) -> Iterator[str]:
    page.goto(cast.url("/sign-up"))
    page.get_by_label("Email").fill(cast.newcomer)
    _press(page, page.get_by_role("main").get_by_role("button"))
    yield "sign-up-sent"
    page.goto(cast.server.mailed_link(cast.newcomer))
    yield "finish-sign-up"
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_label("Password").fill("12345678")
    _press(page, page.get_by_role("main").get_by_role("button"))
    yield "finish-sign-up-mistake"
    page.goto(cast.url("/forgot-password"))
    page.get_by_label("Email").fill(cast.person.email)
    _press(page, page.get_by_role("main").get_by_role("button"))
    yield "forgot-sent"
    page.goto(cast.server.mailed_link(cast.person.email))
    yield "reset-password"


def _errors(page: Page, cast: Cast) -> Iterator[str]:
    for name, path in (("not-found", "/nowhere"), ("link-expired", "/reset-password?token=unknown")):
        page.goto(cast.url(path))
        yield name
    page.goto(cast.asking(redirect_uri="https://elsewhere.example.com/"))
    yield "authorization-error"
    guessed = cast.server.person().email
    with Visitor(cast.server) as guesser:
        for _ in range(cast.server.settings.guesses_per_account):
            guesser.open("/sign-in")
            guesser.submit("/sign-in", email=guessed, password="not the password")
    page.goto(cast.url("/sign-in"))
    _sign_in_as(page, guessed, "not the password")
    yield "too-many-tries"
    page.goto(cast.url("/sign-in"))
    page.locator("[name=csrf]").first.evaluate("element => { element.value = 'stale' }")
    _sign_in_as(page, cast.person.email)
    yield "form-refused"


def _consent(page: Page, cast: Cast) -> Iterator[str]:
    page.goto(cast.url("/sign-in"))
    _sign_in_as(page, cast.person.email)
    page.goto(cast.url("/account/apps"))
    yield "connected-apps-none"
    page.goto(cast.asking(prompt="select_account"))
    yield "select-account"
    page.goto(cast.app.address())
    yield "consent"
    page.goto(cast.asking())
    yield "consent-for-an-organization"
    page.get_by_role("radio").evaluate_all("radios => radios.forEach(radio => { radio.required = false })")
    _press(page, page.get_by_role("button", name="Allow"))
    yield "consent-nothing-chosen"
    page.goto(cast.asking(sub=cast.organization.id))
    allow(page, cast.app)
    page.goto(cast.app.address())
    allow(page, cast.app)
    staying = cast.app.redirect_uri.replace("callback", "stay")
    page.goto(cast.app.address(response_mode="form_post", redirect_uri=staying), wait_until="commit")
    page.get_by_role("button", name="Continue").wait_for()
    yield "form-post"
    page.goto(cast.url("/account/apps"))
    yield "connected-apps"


def _account(page: Page, cast: Cast) -> Iterator[str]:
    with Visitor(cast.server) as elsewhere:
        elsewhere.sign_in(cast.person.email)
    page.goto(cast.url("/account"))
    yield "account"
    page.get_by_label("Picture").fill("http://example.com/me.png")
    _press(page, page.get_by_role("button", name="Save profile"))
    yield "account-mistake"
    page.goto(cast.url("/account/email"))
    yield "change-email"
    page.get_by_label("New email address").fill(f"new-{cast.person.email}")
    _press(page, page.get_by_role("button", name="Send the link"))
    yield "change-email-sent"
    page.goto(cast.server.mailed_link(f"new-{cast.person.email}"))
    yield "confirm-email"
    for name, path in (("data", "/account/data"), ("delete", "/account/delete"), ("confirm", "/confirm")):
        page.goto(cast.url(path))
        yield name
    yield from _security(page, cast)


def _security(page: Page, cast: Cast) -> Iterator[str]:
    page.goto(cast.url("/account/security"))
    yield "security"
    page.get_by_label("Current password").fill("not the password")
    page.get_by_label("New password").fill(PASSWORD)
    _press(page, page.get_by_role("button", name="Change password"))
    yield "security-wrong-password"
    page.goto(cast.url("/account/passkeys/new"))
    yield "new-passkey"
    page.get_by_label("Name").fill("Blue telephone")
    with device(page):
        _press(page, page.get_by_role("button", name="Create the passkey"))
    page.goto(cast.url("/account/codes"))
    page.get_by_label("Code", exact=True).fill("000000")
    _press(page, page.get_by_role("button", name="Turn on"))
    yield "codes-mistake"
    secret = b32decode(page.locator("main code").inner_text().replace(" ", ""))
    page.get_by_label("Code", exact=True).fill(totp.code_at(secret, int(time.time()) // totp.STEP))
    _press(page, page.get_by_role("button", name="Turn on"))
    yield "recovery-codes"
    page.goto(cast.url("/account/security"))
    yield "security-passkey-and-codes"
    page.goto(cast.url("/confirm"))
    yield "confirm-with-a-code"


def _organizations(page: Page, cast: Cast) -> Iterator[str]:
    page.goto(cast.url("/dashboard/organizations"))
    yield "organizations"
    page.goto(cast.url(f"/dashboard/{cast.organization.slug}/members"))
    page.get_by_label("Email").fill(cast.newcomer)
    _press(page, page.get_by_role("button", name="Send invitation"))
    yield "organization"
    invitation = cast.server.mailed_link(cast.newcomer, "invit")
    page.goto(invitation)
    yield "invitation-for-somebody-else"
    page.goto(cast.url("/account"))
    _press(page, page.get_by_role("banner").get_by_role("button", name="Sign out"))
    yield "signed-out"
    page.goto(invitation)
    yield "invitation-signed-out"
    page.goto(cast.url("/sign-in"))
    _sign_in_as(page, cast.person.email)
    yield "sign-in-code"
    unverified = cast.server.person(cast.newcomer, name="Grace Hopper", verified=False)
    page.goto(cast.url("/sign-in"))
    _sign_in_as(page, unverified.email)
    yield "account-unverified"
    page.goto(cast.url("/dashboard/organizations"))
    yield "organizations-none"
    page.goto(cast.asking())
    yield "consent-without-an-organization"


def _checkout(page: Page, cast: Cast) -> Iterator[str]:
    seller = cast.server.person(name="Ada Lovelace")
    shop = shops.opened(cast.server, cast.site, seller, cast.server.organization(seller, "Lighthouse Records"))
    lamp = shop.product("Night lamp", 4900, "Printed manual", description="A warm light that dims with the evening.")
    page.goto(shop.checkout(lamp, return_url="https://lighthouse.example/cart"))
    yield "checkout"
    shops.fill_in(page)
    shops.fill_in_card(page, "4000 0000 0000 0002")
    _press(page, page.get_by_role("main").get_by_role("button", name="Pay $49.00"))
    yield "checkout-declined"
    shops.fill_in_card(page, "4000 0025 0000 3155")
    _press(page, page.get_by_role("main").get_by_role("button", name="Pay $49.00"))
    yield "checkout-bank"
    _press(page, page.get_by_role("button", name="Approve"))
    yield "checkout-confirmation"
    page.get_by_role("link", name="Receipt").click()
    yield "receipt"
    page.goto(page.url.partition("?")[0])
    yield "receipt-over"
    monthly = {"recurring_interval": "month", "trial_interval": "day", "trial_interval_count": 14}
    radio = shop.product("Radio", 1000, "All stations", **monthly)
    page.goto(shop.checkout(radio, lamp, require_billing_address=True, is_business_customer=True))
    yield "checkout-choice"
    page.locator("form").evaluate("form => { form.noValidate = true }")
    _press(page, page.get_by_role("main").get_by_role("button", name="Start free trial"))
    yield "checkout-mistakes"
    price = {"amount_type": "custom", "minimum_amount": 500, "preset_amount": 1500}
    page.goto(shop.checkout(shop.product("Benefit concert", prices=[price])))
    yield "checkout-amount"
    page.goto(cast.url("/checkout/unknown"))
    yield "checkout-unknown"


def _press(page: Page, target: Locator) -> None:
    """Press, and wait for the page that follows."""
    with page.expect_navigation():
        target.click()


def _sign_in_as(page: Page, email: str, password: str = PASSWORD) -> None:
    with page.expect_navigation():
        fill_in_sign_in(page, email, password)

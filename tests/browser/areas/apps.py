"""Apps in the dashboard."""

import re
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect
from tests.browser.steps import follow, press, wait_for_moments

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    apps = f"{room.server.issuer}/dashboard/apps"
    page.goto(apps)
    yield "dashboard-apps-none"
    follow(page, "New app")
    yield "dashboard-app-new"
    secret = yield from _registered(page)
    yield from _tried(page, secret)
    app = page.url.partition("/try")[0]
    for name in ("code", "events", "edit"):
        page.goto(f"{app}/{name}")
        yield f"dashboard-app-{name}"
    page.goto(app)
    yield "dashboard-app"
    press(page, "Make a new secret")
    yield "dashboard-app-secret"
    follow(page, "I have kept it")
    yield "dashboard-app-two-secrets"
    page.goto(apps)
    yield "dashboard-apps"
    page.goto(f"{app}/delete")
    yield "dashboard-app-delete"


def _registered(page: Page) -> Generator[str, None, str]:
    """Register an app; gives its secret in the end."""
    wait_for_moments(page)
    addresses = page.get_by_label("Redirect URIs")
    page.get_by_label("Name", exact=True).fill("Record Shelf")
    addresses.fill("http://shelf.example/\nhttps://shelf.example/callback\nshelf")
    error = page.locator("#redirect_uris-error")
    expect(error).to_contain_text("Line 1: http://shelf.example/ must use https")
    expect(error).not_to_contain_text("Line 3")
    addresses.blur()
    expect(error).to_contain_text("Line 3: shelf is not an absolute URI.")
    page.get_by_role("button", name="Select all").click()
    page.get_by_text(re.compile("^More")).click()
    yield "dashboard-app-typing"
    press(page, "Create app")
    yield "dashboard-app-mistakes"
    wait_for_moments(page)
    page.get_by_label("Redirect URIs").fill("https://shelf.example/callback")
    expect(page.locator("#redirect_uris-error")).to_have_count(0)
    page.get_by_role("button", name="Select none").click()
    for name in ("openid", "email"):
        page.locator(f"[name=scope-{name}]").check()
    press(page, "Create app")
    yield "dashboard-app-shown-once"
    return page.locator("#client-secret").inner_text()


def _tried(page: Page, secret: str) -> Iterator[str]:
    """Sign in to the app, step by step."""
    follow(page, "Try it")
    yield "dashboard-app-try-first"
    press(page, "Add this redirect URI")
    yield "dashboard-app-try"
    follow(page, "Sign in to Record Shelf")
    press(page, "Allow")
    yield "dashboard-app-try-callback"
    page.get_by_label("Client secret").fill("something else")
    press(page, "Exchange the code")
    yield "dashboard-app-try-refused"
    page.get_by_label("Client secret").fill(secret)
    press(page, "Try the exchange again")
    yield "dashboard-app-try-result"
    page.reload()
    yield "dashboard-app-try-over"
    press(page, "Revoke its tokens")
    yield "dashboard-app-try-revoked"

"""Organization access tokens in the dashboard."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser.steps import follow, press

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("tokens"))
    yield "dashboard-tokens-none"
    follow(page, "New token")
    page.get_by_label("Name", exact=True).fill("Nightly export")
    press(page, "Create token")
    yield "dashboard-token-mistakes"
    page.get_by_role("button", name="Select all").click()
    press(page, "Create token")
    yield "dashboard-token-shown-once"
    follow(page, "I have kept it")
    yield "dashboard-tokens"
    follow(page, "Nightly export")
    yield "dashboard-token"
    press(page, "Revoke token")
    yield "dashboard-token-revoked"

"""An organization's settings in the dashboard, and a test organization from its beginning to its end."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser.steps import follow, press

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("settings"))
    yield "dashboard-settings"
    page.get_by_label("Days until benefits end").fill("soon")
    page.get_by_label("Sites that may show it in a frame").fill("https://lighthouse.example/shop")
    press(page, "Save settings")
    yield "dashboard-settings-mistakes"
    page.get_by_label("Days until benefits end").fill("3")
    page.get_by_label("Sites that may show it in a frame").fill("lighthouse.example")
    press(page, "Save settings")
    yield "dashboard-settings-saved"
    page.goto(f"{room.server.issuer}/dashboard/organizations")
    press(page, "Create a test organization")
    yield "dashboard-test-organization"
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Yes, all of it may go").check()
    press(page, "Reset test organization")
    yield "dashboard-test-organization-reset"
    follow(page, "Delete organization")
    yield "dashboard-organization-end"
    page.get_by_label("Short name").fill(page.url.split("/")[-3])
    press(page, "Delete this organization")
    page.get_by_text("The organization is deleted.").wait_for()
    yield "dashboard-organization-ended"

"""Activity in the dashboard and in the account."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect
from tests.browser.steps import wait_for_moments

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("activity"))
    yield "dashboard-activity"
    wait_for_moments(page)
    page.get_by_label("About").select_option("webhook_event")
    expect(page.get_by_role("main")).to_contain_text("Nothing fits")
    yield "dashboard-activity-nothing-fits"
    page.goto(f"{room.server.issuer}/account/activity")
    yield "account-activity"

"""Checkouts in the dashboard."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser.steps import follow, press

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("checkouts"))
    yield "dashboard-checkouts-none"
    room.shop.product("Desk lamp", 1250)
    follow(page, "New checkout link")
    yield "dashboard-checkout-new"
    page.get_by_label("Customer's email").fill("grace@example.com")
    press(page, "Create link")
    yield "dashboard-checkout-mistakes"
    page.get_by_label("Desk lamp").check()
    press(page, "Create link")
    yield "dashboard-checkout"
    page.goto(room.url("checkouts"))
    yield "dashboard-checkouts"
    page.goto(room.url("checkouts?status=failed"))
    yield "dashboard-checkouts-nothing-fits"

"""Webhooks in the dashboard."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser.steps import follow, press

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("webhooks"))
    yield "dashboard-webhooks-none"
    page.goto(room.url("webhooks", "events"))
    yield "dashboard-webhook-log-none"
    page.goto(room.url("webhooks", "new"))
    yield "dashboard-webhook-new"
    page.get_by_label("URL").fill("https://shop.example")
    page.get_by_role("button", name="Select none").click()
    press(page, "Create endpoint")
    yield "dashboard-webhook-mistakes"
    page.get_by_label("URL").fill(f"{room.site}/no-such-page")
    page.get_by_role("button", name="Select all").click()
    press(page, "Create endpoint")
    page.get_by_role("link", name="Edit").wait_for()
    yield "dashboard-webhook"
    room.shop.product()
    page.goto(room.url("webhooks", "events"))
    while not page.get_by_role("main").get_by_role("link", name="product.created").count():
        page.reload()
    yield "dashboard-webhook-log"
    follow(page, "product.created")
    yield "dashboard-webhook-event"
    page.goto(room.url("webhooks"))
    yield "dashboard-webhooks"
    with page.expect_navigation():
        page.get_by_role("rowheader").get_by_role("link").click()
    follow(page, "Edit")
    yield "dashboard-webhook-edit"
    page.go_back()
    press(page, "Send test event")
    yield "dashboard-webhook-test-event"
    page.go_back()
    follow(page, "Delete endpoint")
    yield "dashboard-webhook-delete"

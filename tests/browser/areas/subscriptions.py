"""Subscriptions in the dashboard."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser import shops
from tests.browser.steps import follow, press

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("subscriptions"))
    yield "dashboard-subscriptions-none"
    club = room.shop.product("Listening club", 900, "A record each month", recurring_interval="month")
    room.shop.product("Listening club, all year", 9000, recurring_interval="year")
    page.goto(room.shop.checkout(club))
    shops.fill_in(page, "mary@club.example", "Mary Somerville")
    shops.fill_in_card(page)
    press(page, "Subscribe for $9.00")
    page.goto(room.url("subscriptions"))
    yield "dashboard-subscriptions"
    page.goto(room.url("settings", "delete"))
    yield "dashboard-organization-end-in-the-way"
    follow(page, "Show what renews")
    follow(page, "Mary Somerville")
    yield "dashboard-subscription"
    follow(page, "Change product")
    yield "dashboard-subscription-product"
    page.get_by_label("Listening club, all year").check()
    press(page, "See what it costs")
    yield "dashboard-subscription-product-costs"
    page.get_by_label("With the next period").check()
    press(page, "Change product")
    yield "dashboard-subscription-waits"
    page.get_by_label("Why the customer leaves").select_option("It is too expensive")
    with page.expect_navigation():
        page.get_by_role("button", name="End on").click()
    yield "dashboard-subscription-ending"
    follow(page, "End now")
    yield "dashboard-subscription-end"
    page.get_by_label("Type “end” to go on").fill("no")
    press(page, "End subscription")
    yield "dashboard-subscription-end-mistake"
    page.get_by_label("Type “end” to go on").fill("end")
    press(page, "End subscription")
    yield "dashboard-subscription-ended"

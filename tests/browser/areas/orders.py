"""Orders in the dashboard."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser import shops
from tests.browser.steps import follow, press

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("orders"))
    yield "dashboard-orders-none"
    page.goto(room.shop.checkout(room.shop.product("Reading lamp", 1250)))
    shops.fill_in(page)
    shops.fill_in_card(page)
    press(page, "Pay $12.50")
    page.goto(room.url("orders"))
    yield "dashboard-orders"
    follow(page, "Grace Hopper")
    yield "dashboard-order"
    follow(page, "Add a name and an address, for the invoice")
    page.get_by_label("City").fill("Arlington")
    press(page, "Save")
    yield "dashboard-order-billing-mistake"
    page.get_by_label("Country").select_option("United States")
    press(page, "Save")
    yield "dashboard-order-billed"
    page.get_by_label("Amount").fill("2000")
    press(page, "Give money back")
    yield "dashboard-order-refund-mistake"
    page.get_by_label("Amount").fill("2.50")
    press(page, "Give money back")
    yield "dashboard-order-refunded"

"""Products in the dashboard."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect
from tests.browser.steps import press, wait_for_moments

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("products"))
    yield "dashboard-products-none"
    page.get_by_role("link", name="New product").click()
    yield "dashboard-product-new"
    page.get_by_label("Name").fill("Lo")
    page.get_by_label("Amount").fill("a lot")
    press(page, "Create product")
    yield "dashboard-product-mistakes"
    page.get_by_label("Name").fill("Night lamp")
    page.get_by_label("Amount").fill("49")
    page.get_by_label("Paid").select_option("month")
    press(page, "Create product")
    yield "dashboard-product"
    press(page, "Archive product")
    yield "dashboard-product-archived"
    press(page, "Put on sale")
    page.goto(room.url("products"))
    yield "dashboard-products"
    wait_for_moments(page)
    page.get_by_label("Find by name").press_sequentially("nothing")
    expect(page.get_by_role("main")).to_contain_text("Nothing fits")
    yield "dashboard-products-nothing-fits"

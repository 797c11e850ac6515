"""Customers in the dashboard."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser.steps import follow, press

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("customers", "new"))
    yield "dashboard-customer-new"
    page.get_by_label("Name").fill("Mary Somerville")
    page.get_by_label("Email").fill("mary at example")
    page.get_by_label("Tax id").fill("FR40303265045")
    press(page, "Create customer")
    yield "dashboard-customer-mistakes"
    page.get_by_label("Email").fill("mary@example.com")
    page.get_by_label("City").fill("Jedburgh")
    page.get_by_label("Country").select_option("France")
    press(page, "Create customer")
    yield "dashboard-customer"
    follow(page, "Edit")
    yield "dashboard-customer-edit"
    page.goto(room.url("customers"))
    yield "dashboard-customers"
    follow(page, "Grace Hopper")
    yield "dashboard-customer-with-orders"
    follow(page, "Delete customer")
    yield "dashboard-customer-delete"

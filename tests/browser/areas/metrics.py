"""Figures in the dashboard, once something was sold."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect
from tests.browser.steps import wait_for_moments

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url())
    yield "dashboard-overview"
    page.get_by_role("link", name="All metrics").click()
    yield "dashboard-metrics"
    for table in page.get_by_text("As a table").all():
        table.click()
    page.get_by_text("Other days, steps or time zone").click()
    yield "dashboard-metrics-tables"
    wait_for_moments(page)
    page.get_by_label("Time zone").fill("Europe/Berli")
    expect(page.get_by_role("main")).to_contain_text("There is no such time zone.")
    yield "dashboard-metrics-mistake"
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Show", exact=True).select_option("Orders")
    expect(page.locator("svg.chart")).to_have_count(1)
    yield "dashboard-metrics-alone"

"""The first page of an organization, before anything was sold."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url())
    yield "dashboard-first-steps"

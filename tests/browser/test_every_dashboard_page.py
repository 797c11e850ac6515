"""Every page of the dashboard: valid, accessible in light and dark, never wider than a telephone, light to load."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect
from tests.servers import Server

from . import dashboard
from .test_every_page import AXE, PHONE, checked

_MOST_BYTES = 60_000


@pytest.fixture(scope="module")
def axe() -> str:
    return Path(AXE).read_text()


def test_every_page_of_the_dashboard(page: Page, server: Server, site: str, axe: str) -> None:
    """Each page is valid, has one heading, labels, readable colours in light and dark, and no horizontal scrolling."""
    assert len(checked(page, dashboard.walk(page, dashboard.room(server, site)), axe)) >= 7


def test_a_first_page_is_small_and_ours_alone(page: Page, server: Server, site: str) -> None:
    """With everything that it loads a page stays below 60 kB as it is sent, and nothing comes from anywhere else."""
    room = dashboard.room(server, site)
    room.shop.product()
    dashboard.enter(page, room)
    page.wait_for_load_state("networkidle")
    loaded: list[Response] = []
    page.on("response", lambda response: loaded.append(response))  # noqa: PLW0108 - a method of a list cannot be wrapped
    for url in (room.url(), room.url("products")):
        loaded.clear()
        page.goto(url, wait_until="networkidle")
        assert sum(response.request.sizes()["responseBodySize"] for response in loaded) < _MOST_BYTES
        assert {response.url.startswith(server.issuer) for response in loaded} == {True}
        assert any(response.url.endswith("/dashboard.css") for response in loaded)


def test_on_a_telephone_the_menu_opens_over_the_page(plain_page: Page, server: Server, site: str) -> None:
    """Also without script a button shows the menu, the last entry as near as the first; the Escape key hides it."""
    room = dashboard.room(server, site)
    dashboard.enter(plain_page, room)
    plain_page.set_viewport_size(PHONE)
    plain_page.goto(room.url("settings"))
    entry = plain_page.get_by_role("link", name="Activity")
    menu = plain_page.get_by_role("button", name="Menu")
    expect(entry).to_be_hidden()
    menu.click()
    expect(entry).to_be_in_viewport(ratio=1)
    plain_page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    menu.press("Enter")
    entry.click()
    expect(plain_page).to_have_url(room.url("activity"))
    expect(entry).to_be_hidden()

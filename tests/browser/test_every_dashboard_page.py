"""Every page of the dashboard: valid, accessible in light and dark, never wider than a telephone, light to load."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Response
from tests.servers import Server

from . import dashboard
from .test_every_page import AXE, checked

_MOST_BYTES = 60_000


@pytest.fixture(scope="module")
def axe() -> str:
    return Path(AXE).read_text()


def test_every_page_of_the_dashboard(page: Page, server: Server, site: str, axe: str) -> None:
    """Each page is valid, has one heading, labels, readable colours in light and dark, and no horizontal scrolling."""
    assert len(checked(page, dashboard.walk(page, dashboard.room(server, site)), axe)) >= 7


def test_a_first_page_is_small_and_ours_alone(page: Page, server: Server, site: str) -> None:
    """With everything that it loads a page stays below 60 kB, and nothing comes from anywhere else."""
    room = dashboard.room(server, site)
    room.shop.product()
    dashboard.enter(page, room)
    page.wait_for_load_state("networkidle")
    loaded: list[Response] = []
    page.on("response", lambda response: loaded.append(response))  # noqa: PLW0108 - a method of a list cannot be wrapped
    for url in (room.url(), room.url("products")):
        loaded.clear()
        page.goto(url, wait_until="networkidle")
        assert sum(len(response.body()) for response in loaded) < _MOST_BYTES
        assert {response.url.startswith(server.issuer) for response in loaded} == {True}
        assert any(response.url.endswith("/dashboard.css") for response in loaded)

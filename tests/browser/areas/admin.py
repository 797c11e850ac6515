"""The operation of the server."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser.steps import follow, press

from polar_server.accounts.operators import make_operator

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    room.server.write(lambda tx: make_operator(tx, room.person.id, int(time.time())))
    address = f"{room.server.issuer}/admin"
    page.goto(address)
    yield "admin"
    for area in ("people", "organizations", "apps", "keys", "work", "activity"):
        page.goto(f"{address}/{area}")
        yield f"admin-{area}"
    page.goto(f"{address}/people/{room.person.id}")
    press(page, "Take the right to run the server")
    yield "admin-person"
    page.goto(f"{address}/organizations/{room.organization.id}")
    yield "admin-organization"
    page.goto(f"{address}/apps?query=Till")
    follow(page, "Till")
    yield "admin-app"

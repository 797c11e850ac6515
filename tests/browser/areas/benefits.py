"""Benefits in the dashboard, one form for each kind."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser import shops
from tests.browser.steps import follow, press

if TYPE_CHECKING:
    from tests.browser.dashboard import Room


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("benefits"))
    yield "dashboard-benefits-none"
    follow(page, "New benefit")
    yield "dashboard-benefit-kinds"
    page.goto(room.url("benefits", "new", "downloadables"))
    yield "dashboard-benefit-new-files"
    page.goto(room.url("benefits", "new", "feature_flag"))
    yield "dashboard-benefit-new-feature"
    page.goto(room.url("benefits", "new", "license_keys"))
    yield "dashboard-benefit-new-key"
    page.get_by_label("Name").fill("A key")
    page.get_by_label("Uses in all").fill("many")
    press(page, "Create benefit")
    yield "dashboard-benefit-mistakes"
    page.get_by_label("Uses in all").fill("100")
    press(page, "Create benefit")
    yield "dashboard-benefit"
    _sell(page, room, page.url.partition("?")[0].rpartition("/")[2])
    page.goto(room.url("benefits"))
    yield "dashboard-benefits"
    follow(page, "1 with A key")
    yield "dashboard-benefit-grants"
    follow(page, "Back to the benefit")
    follow(page, "Delete benefit")
    yield "dashboard-benefit-delete"
    press(page, "Delete benefit")
    yield "dashboard-benefit-deleted"


def _sell(page: Page, room: "Room", benefit_id: str) -> None:
    """Let somebody get the benefit with a product."""
    product = room.shop.product("Lamp software", 1900)
    room.shop.post(f"/v1/products/{product['id']}/benefits", {"benefits": [benefit_id]})
    page.goto(room.shop.checkout(product))
    shops.fill_in(page)
    shops.fill_in_card(page)
    press(page, "Pay $19.00")

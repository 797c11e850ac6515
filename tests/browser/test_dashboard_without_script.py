"""The dashboard for people whose browser runs no script, and for those who use no mouse."""

import pytest
from playwright.sync_api import Page, expect
from tests.servers import Server

from . import dashboard
from .dashboard import Room
from .shops import fill_in, fill_in_card
from .steps import expect_heading, follow, press, tab_to


@pytest.fixture
def room(server: Server, site: str) -> Room:
    return dashboard.room(server, site)


def test_everything_works_without_script(plain_page: Page, room: Room) -> None:
    """Forms alone sell a product, give half of it back, make what programs need, and lead to another organization."""
    dashboard.enter(plain_page, room)
    _sell(plain_page, room)
    _find(plain_page, room)
    _give_half_back(plain_page, room)
    _create_webhook(plain_page, room)
    _upload(plain_page, room)
    _create_app(plain_page, room)
    _create_token(plain_page, room)
    _switch(plain_page, room)


def _sell(page: Page, room: Room) -> None:
    page.goto(room.url("products"))
    follow(page, "New product")
    page.get_by_label("Name").fill("Night lamp")
    page.get_by_label("Amount").fill("49")
    press(page, "Create product")
    expect_heading(page, "Night lamp")
    page.goto(room.url("checkouts"))
    follow(page, "New checkout link")
    page.get_by_label("Night lamp").check()
    press(page, "Create link")
    page.goto(page.locator("#url").inner_text())
    fill_in(page)
    fill_in_card(page)
    press(page, "Pay $49.00")
    expect_heading(page, "Thank you")


def _find(page: Page, room: Room) -> None:
    """Search, filters and other figures are asked for with a button."""
    page.goto(room.url("products"))
    page.get_by_label("Find by name").fill("elephant")
    press(page, "Find")
    expect(page.get_by_role("main")).to_contain_text("Nothing fits")
    page.get_by_label("Find by name").fill("lamp")
    press(page, "Find")
    expect(page.get_by_role("link", name="Night lamp")).to_be_visible()
    page.goto(room.url("metrics"))
    follow(page, "7 days")
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")


def _give_half_back(page: Page, room: Room) -> None:
    page.goto(room.url("orders"))
    follow(page, "Grace Hopper")
    page.get_by_label("Amount").fill("24.50")
    press(page, "Give money back")
    expect(page.get_by_role("row", name="Refunded")).to_contain_text("-$24.50")


def _create_webhook(page: Page, room: Room) -> None:
    page.goto(room.url("webhooks", "new"))
    page.get_by_label("URL").fill(f"{room.site}/no-such-page")
    press(page, "Select all")
    expect(page.get_by_label("URL")).to_have_value(f"{room.site}/no-such-page")
    expect(page.get_by_label("order.refunded")).to_be_checked()
    press(page, "Create endpoint")
    expect(page.locator("#secret-text")).to_contain_text("whsec_")


def _upload(page: Page, room: Room) -> None:
    page.goto(room.url("files", "new"))
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "guide.txt", "mimeType": "text/plain", "buffer": b"How to build a lamp."}
    )
    press(page, "Upload file")
    expect_heading(page, "guide.txt")


def _create_app(page: Page, room: Room) -> None:
    """A double click registers one, and a reload does not show its secret again."""
    page.goto(f"{room.server.issuer}/dashboard/apps/new")
    page.get_by_label("Name", exact=True).fill("Record Shelf")
    page.get_by_label("Redirect URIs").fill("shelf")
    press(page, "Create app")
    expect(page.locator("#redirect_uris-error")).to_contain_text("shelf is not an absolute URI.")
    page.get_by_label("Redirect URIs").fill("https://shelf.example/callback")
    page.get_by_role("button", name="Create app").dblclick()
    secret = page.locator("#client-secret").inner_text()
    assert secret.startswith("polar_cs_")
    page.reload()
    expect_heading(page, "Record Shelf")
    expect(page.get_by_role("status")).to_contain_text("were shown once")
    assert secret not in page.content()
    follow(page, "Apps")
    expect(page.get_by_role("link", name="Record Shelf")).to_have_count(1)


def _create_token(page: Page, room: Room) -> None:
    page.goto(room.url("tokens", "new"))
    page.get_by_label("Name", exact=True).fill("Nightly export")
    page.locator("[name='scope-orders:read']").check()
    press(page, "Create token")
    expect(page.locator("#access-token")).to_contain_text("polar_oat_")


def _switch(page: Page, room: Room) -> None:
    """From one organization to another, by the menu."""
    other = room.server.organization(room.person, "Paper Kite Software")
    page.goto(room.url())
    page.get_by_text("Organization: Lighthouse Records").click()
    with page.expect_navigation():
        page.get_by_role("link", name="Paper Kite Software").click()
    expect(page).to_have_url(f"{room.server.issuer}/dashboard/{other.slug}")
    expect(page.get_by_role("navigation", name="Paper Kite Software")).to_be_visible()


def test_a_product_by_keyboard(page: Page, room: Room) -> None:
    """Tab, the arrows, Enter and letters make a product, from the menu on, and the focus is seen on the way."""
    dashboard.enter(page, room)
    page.goto(room.url())
    tab_to(page, "nav a:text-is('Products')")
    page.keyboard.press("Enter")
    tab_to(page, "a:text-is('New product') >> nth=0")
    page.keyboard.press("Enter")
    tab_to(page, "#name")
    page.keyboard.type("Night lamp")
    tab_to(page, "#recurring_interval")
    page.keyboard.type("Every m")
    tab_to(page, "#amount")
    page.keyboard.type("49")
    page.keyboard.press("Enter")
    expect_heading(page, "Night lamp")
    expect(page.get_by_role("main")).to_contain_text("$49.00 a month")

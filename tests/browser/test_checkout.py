"""Paying in a browser, with and without JavaScript: what people see, type, and get."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.servers import Server

from polar_server.accounts.people import Person

from . import shops
from .shops import Shop, fill_in, fill_in_card
from .steps import expect_heading, tab_to
from .test_every_page import AXE, RULES, breaches, overflows


@pytest.fixture
def shop(server: Server, site: str, person: Person) -> Shop:
    return shops.opened(server, site, person, server.organization(person, "Lighthouse Records"))


@pytest.fixture(scope="module")
def axe() -> str:
    return Path(AXE).read_text()


def _pay(page: Page, name: str = "Pay $10.00") -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def _is_fine(page: Page, axe: str) -> None:
    """Nothing that axe or our own rules complain of, in either scheme, on a telephone as well."""
    assert page.evaluate(RULES) + overflows(page) + breaches(page, axe) == []


def test_paying(any_page: Page, shop: Shop) -> None:
    """A card, a name and an address are all; then the page shows what was bought, whenever it is opened again."""
    page = any_page
    page.goto(shop.checkout(shop.product("Night lamp", 1000, "Manual")))
    expect_heading(page, "Night lamp")
    fill_in(page)
    fill_in_card(page)
    _pay(page)
    expect_heading(page, "Thank you")
    expect(page.get_by_role("main")).to_contain_text("Manual: welcome.")
    page.reload()
    expect_heading(page, "Thank you")
    page.get_by_role("link", name="Receipt").click()
    expect(page.get_by_role("main")).to_contain_text("$10.00")


def test_back_at_the_app(any_page: Page, shop: Shop, site: str) -> None:
    """With a success_url the browser ends at the app, without a complaint of the page's policy."""
    any_page.goto(shop.checkout(shop.product(), success_url=f"{site}/thanks?id={{CHECKOUT_ID}}"))
    fill_in(any_page)
    fill_in_card(any_page)
    _pay(any_page)
    any_page.wait_for_url(f"{site}/thanks?id=*")
    expect_heading(any_page, "Back at the app")


def test_a_declined_card(any_page: Page, shop: Shop) -> None:
    """The bank's sentence is announced, everything but the card is still there, and another card pays."""
    page = any_page
    page.goto(shop.checkout(shop.product()))
    fill_in(page)
    fill_in_card(page, "4000000000000002")
    _pay(page)
    expect(page.get_by_role("alert")).to_contain_text("Your bank declined the payment.")
    expect(page.get_by_label("Email")).to_have_value("grace@example.com")
    expect(page.get_by_label("Card number")).to_have_value("")
    fill_in_card(page)
    _pay(page)
    expect_heading(page, "Thank you")


@pytest.mark.parametrize("answer", ["Approve", "Decline"])
def test_the_second_step(any_page: Page, shop: Shop, axe: str, answer: str) -> None:
    """The bank asks; approved, it is paid; declined, the form is back."""
    page = any_page
    page.goto(shop.checkout(shop.product()))
    fill_in(page)
    fill_in_card(page, "4000 0025 0000 3155")
    _pay(page)
    expect_heading(page, "Confirm the payment")
    page.get_by_role("button", name=answer).click()
    if answer == "Approve":
        expect_heading(page, "Thank you")
        return
    expect(page.get_by_role("alert")).to_contain_text("You did not confirm the payment.")
    expect(page.get_by_label("Name (optional)")).to_have_value("Grace Hopper")


def test_a_free_product(any_page: Page, shop: Shop) -> None:
    """No card is asked for."""
    page = any_page
    page.goto(shop.checkout(shop.product("Sticker", 0)))
    expect(page.get_by_label("Card number")).to_have_count(0)
    fill_in(page)
    _pay(page, "Get it for free")
    expect_heading(page, "Thank you")


def test_a_trial(any_page: Page, shop: Shop) -> None:
    """The page says what is due today and what it costs afterwards; the confirmation says from when on."""
    page = any_page
    trial = {"recurring_interval": "month", "trial_interval": "day", "trial_interval_count": 14}
    page.goto(shop.checkout(shop.product("Radio", 1000, **trial)))
    expect(page.get_by_role("main")).to_contain_text("Free for 14 days, then $10.00 a month.")
    fill_in(page)
    fill_in_card(page)
    _pay(page, "Start free trial")
    expect(page.get_by_role("main")).to_contain_text("Free until")


def test_choosing_a_product(any_page: Page, shop: Shop) -> None:
    """The choice is shown with its price, and what was typed before stays."""
    page = any_page
    page.goto(shop.checkout(shop.product("Night lamp"), shop.product("Desk", 125_000)))
    fill_in(page)
    page.get_by_role("radio", name="Desk").check()
    page.get_by_role("button", name="Show this choice").click()
    expect(page.get_by_label("Email")).to_have_value("grace@example.com")
    fill_in_card(page)
    _pay(page, "Pay $1,250.00")
    expect(page.get_by_role("main")).to_contain_text("You bought Desk from")


def test_an_amount_of_ones_own(any_page: Page, shop: Shop) -> None:
    """Typed as people write amounts; one that is too small is named where it stands, which has the focus."""
    page = any_page
    price = {"amount_type": "custom", "minimum_amount": 500, "maximum_amount": 9000}
    page.goto(shop.checkout(shop.product("Concert", prices=[price])))
    fill_in(page)
    fill_in_card(page)
    page.get_by_label("Amount in USD").fill("3")
    _pay(page, "Pay")
    expect(page.get_by_label("Amount in USD")).to_have_accessible_description(
        "This is not within the limits. At least $5.00, at most $90.00."
    )
    expect(page.get_by_label("Amount in USD")).to_be_focused()
    page.get_by_label("Amount in USD").fill("12,50")
    fill_in_card(page)
    _pay(page, "Pay")
    expect(page.get_by_role("main")).to_contain_text("$12.50")


def test_by_keyboard(page: Page, shop: Shop) -> None:
    """Tab and Enter are all that is needed, in the order of reading, and the focus is seen on the way."""
    page.goto(shop.checkout(shop.product()))
    for selector, text in (
        ("#email", "grace@example.com"),
        ("#name", "Grace Hopper"),
        ("#card_number", "4242424242424242"),
        ("#card_expiry", "09/40"),
        ("#card_cvc", "123"),
    ):
        tab_to(page, selector)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect_heading(page, "Thank you")


def test_every_page_of_a_checkout(page: Page, shop: Shop, axe: str) -> None:
    """Readable in light and dark, labelled, and never wider than a telephone, with mistakes as well as without."""
    lamp, desk = shop.product("Night lamp", 1000, "Manual", description="Warm."), shop.product("Desk", 5000)
    url = shop.checkout(
        lamp, desk, require_billing_address=True, is_business_customer=True, return_url="https://a.example/"
    )
    page.goto(url)
    page.get_by_text("Test cards, and what each does").click()
    _is_fine(page, axe)
    page.locator("form").evaluate("form => { form.noValidate = true }")
    _pay(page)
    expect(page.get_by_label("Email")).to_be_focused()
    _is_fine(page, axe)
    page.goto(shop.checkout(lamp))
    fill_in(page)
    fill_in_card(page, "4000002500003155")
    _pay(page)
    _is_fine(page, axe)
    page.get_by_role("button", name="Approve").click()
    expect_heading(page, "Thank you")
    _is_fine(page, axe)
    page.goto(f"{shop.server.issuer}/checkout/unknown")
    _is_fine(page, axe)

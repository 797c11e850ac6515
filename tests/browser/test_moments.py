"""Small moments: parts of a page that change alone, while the address, the focus and the place on the page hold."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect
from tests.servers import Server

from . import apps, dashboard
from .chromium import TIMEOUT
from .dashboard import Room
from .steps import follow, wait_for_moments


@pytest.fixture
def room(server: Server, site: str, page: Page) -> Room:
    room = dashboard.room(server, site)
    dashboard.enter(page, room)
    return room


def test_a_list_answers_while_somebody_types(page: Page, room: Room) -> None:
    """The address follows, the focus stays, what was found is said, and going back is one step for each question."""
    for name in ("Night lamp", "Reading lamp", "Desk"):
        room.shop.product(name)
    url = room.url("products")
    with staying(page, url):
        search, rows = page.get_by_label("Find by name"), page.get_by_role("rowheader")
        search.press_sequentially("elephant")
        expect(says(page)).to_have_text("Nothing fits")
        search.fill("lamp")
        expect(rows).to_have_count(2)
        expect(says(page)).to_have_text("1 to 2 of 2")
        expect(search).to_be_focused()
        expect(page).to_have_url(re.compile(r"/products\?query=lamp&sorting=-created_at$"))
        by_name = page.get_by_role("link", name="Name")
        by_name.press("Enter")
        expect(rows).to_have_text(["Night lamp", "Reading lamp"])
        by_name.press("Enter")
        expect(rows).to_have_text(["Reading lamp", "Night lamp"])
        expect(by_name).to_be_focused()
        page.get_by_label("Show").select_option("Archived")
        expect(says(page)).to_have_text("Nothing fits")
        expect(page).to_have_url(re.compile(r"/products\?query=lamp&state=archived&sorting=-name$"))
    for names in (["Reading lamp", "Night lamp"], ["Night lamp", "Reading lamp"]):
        page.go_back()
        expect(rows).to_have_text(names)
    page.go_back()
    expect(page).to_have_url(re.compile(r"-created_at$"))
    expect(page.get_by_label("Find by name")).to_have_value("lamp")
    page.go_back()
    expect(page).to_have_url(url)
    expect(page.get_by_label("Show")).to_have_value("")
    expect(rows).to_have_count(3)


def test_what_goes_wrong_is_said(page: Page, room: Room) -> None:
    """An error stands above the list until an answer comes; whoever is signed out comes to the sign-in page."""
    room.shop.product()
    page.goto(room.url("products"))
    wait_for_moments(page)
    refused = page.request.get(f"{room.server.issuer}/nothing")
    search, alert = page.get_by_label("Find by name"), page.get_by_role("alert")

    def answering(route: Route) -> None:
        if "query=n" in route.request.url:
            route.fulfill(status=429, body=refused.text(), content_type="text/html")
        elif "query=o" in route.request.url:
            route.fulfill(status=200, body="<h1>A proxy speaks</h1>", content_type="text/html")
        else:
            route.continue_()

    page.route("**/products?*", answering)
    search.fill("n")
    expect(alert).to_contain_text("Page not found. There is nothing at this address.")
    search.fill("o")
    expect(alert).to_have_text("The server did not answer as it should. Try again in a moment.")
    expect(page).to_have_url(room.url("products"))
    search.fill("lamp")
    expect(alert).to_have_count(0)
    page.context.clear_cookies()
    search.fill("a lamp")
    page.wait_for_url("**/sign-in?*")
    assert page.url.endswith("%3Fquery%3Da%2520lamp%26sorting%3D-created_at")


def test_a_webhook_is_sent_again_where_it_stands(page: Page, room: Room) -> None:
    """The log tells by itself what becomes of an event, and asks no more once nothing is on its way."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    page.goto(room.url("webhooks", "new"))
    page.get_by_label("URL").fill(f"http://127.0.0.1:{port}/hook")
    page.get_by_role("button", name="Select all").click()
    page.get_by_role("button", name="Create endpoint").click()
    page.get_by_role("link", name="Edit").wait_for()
    room.shop.product()
    log = room.url("webhooks", "events")
    page.goto(log)
    row = page.get_by_role("row", name="product.created")
    while not row.count():
        page.reload()
    with receiving(port) as start:
        with staying(page, log):
            expect(row).to_contain_text("Trying again", timeout=TIMEOUT)
            start()
            row.get_by_role("button", name="Send again").press("Enter")
            expect(says(page)).to_contain_text("is sent in a moment")
            expect(row.get_by_role("link")).to_be_focused()
            expect(row).to_contain_text("Arrived", timeout=TIMEOUT)
            expect(page.locator("[data-hx-trigger^=every]")).to_have_count(0)
            expect(page).to_have_url(log)
        follow(page, "product.created")
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_text("Answer 200")).to_have_count(2, timeout=TIMEOUT)


def test_figures_of_other_days_leave_everything_at_its_place(page: Page, room: Room) -> None:
    """Other days are chosen from anywhere on the page; tables that are open stay so."""
    with staying(page, room.url("metrics")):
        table = page.locator("details", has_text="As a table").nth(3)
        table.locator("summary").click()
        place = page.evaluate("scrollY")
        page.get_by_role("link", name="90 days").press("Enter")
        expect(says(page)).to_have_text("90 days")
        expect(page.get_by_role("link", name="90 days")).to_be_focused()
        expect(table).to_have_attribute("open", "")
        assert page.evaluate("scrollY") == place > 500


def test_a_double_click_is_one_act(page: Page, room: Room) -> None:
    """A button does nothing while its form is on its way; when the browser comes back to the page it works again."""
    posted: list[Request] = []

    def stopping(route: Route) -> None:
        posted.append(route.request)
        route.abort("aborted")

    page.goto(room.url("products", "new"))
    page.route("**/products/new", stopping)
    page.get_by_label("Name").fill("Night lamp")
    page.get_by_label("Amount").fill("49")
    button = page.get_by_role("button", name="Create product")
    button.dblclick()
    expect(button).to_be_disabled()
    assert [request.method for request in posted] == ["POST"]
    page.evaluate("dispatchEvent(new Event('pageshow'))")
    expect(button).to_be_enabled()
    page.unroute("**/products/new")
    button.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Night lamp")


def says(page: Page) -> Locator:
    """What is said to whoever does not see the change."""
    return page.locator("p.unseen[role=status]")


@contextmanager
def staying(page: Page, url: str) -> Iterator[None]:
    """Open a page that must not be left."""
    page.goto(url)
    wait_for_moments(page)
    page.evaluate("window.stays = true")
    yield
    assert page.evaluate("window.stays")


@contextmanager
def receiving(port: int) -> Iterator[Callable[[], None]]:
    """What starts a receiver of webhooks, where nothing listens before."""
    with ExitStack() as stack:

        def start() -> None:
            listening = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", port), apps.Page))
            Thread(target=listening.serve_forever, daemon=True).start()
            stack.callback(listening.shutdown)

        yield start

"""Screenshots of every page, in light and dark, for a telephone and a desk: `script/screenshots [folder]`.

The server runs for this alone. The pages go into `screens` in the folder, and beside it the pictures of the README: the
consent page with the demo data, a page where a customer pays, and the overview of an organization.
"""

import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page
from tests import servers
from tests.servers import Server

from polar_server import demo

from . import apps, chromium, dashboard, gallery, shops
from .apps import App
from .steps import expect_heading, fill_in_sign_in
from .test_every_page import SETTLE

SCHEMES = ("light", "dark")
WIDTHS = (390, 1280)


def main(folder: Path) -> None:
    """Fill the folder."""
    screens = folder / "screens"
    screens.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        servers.serve(Path(data), outbound_loopback=True) as server,
        chromium.launched() as browser,
    ):
        everything(browser, server, screens)
        consent(browser, server, folder)
        checkout(browser, server, folder)
        overview(browser, server, folder)


def everything(browser: Browser, server: Server, folder: Path) -> None:
    """`name-scheme-width.png` for each page."""
    with apps.site() as site:
        cast = gallery.cast(server, site)
        with chromium.opened(browser, server.issuer, site) as page:
            for name in gallery.walk(page, cast):
                shoot(page, name, folder)
        with chromium.opened(browser, server.issuer, site) as page:
            for name in dashboard.walk(page, dashboard.room(server, site)):
                shoot(page, name, folder)


def shoot(page: Page, name: str, folder: Path) -> None:
    """One page in every scheme and width."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            show_in(page, scheme)
            page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)


def show_in(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.evaluate(SETTLE)


def consent(browser: Browser, server: Server, folder: Path) -> None:
    """`consent-light.png` and `consent-dark.png`: the demo app asks for an organization."""
    client = json.loads(server.command("demo", "--json"))["client"]
    app = App(server, client["redirect_uri"], client["client_id"], client["client_secret"])
    size = {"width": 592, "height": 900}
    with chromium.opened(browser, server.issuer, viewport=size, device_scale_factor=1.5) as page:
        page.goto(app.address(sub_type="organization", scope="openid profile products:read orders:read products:write"))
        fill_in_sign_in(page, demo.EMAIL, demo.PASSWORD)
        expect_heading(page, "Allow Demo app to act for an organization?")
        page.get_by_role("radio").first.check()
        page.mouse.move(0, 0)
        for scheme in SCHEMES:
            show_in(page, scheme)
            page.screenshot(path=folder / f"consent-{scheme}.png", full_page=True)


def checkout(browser: Browser, server: Server, folder: Path) -> None:
    """`checkout-light.png`: a subscription that begins with a trial."""
    person = server.person()
    organization = server.organization(person, "Paper Kite Software")
    with apps.site() as site:
        shop = shops.opened(server, site, person, organization)
    trial = {"trial_interval": "day", "trial_interval_count": 14}
    about = "Your documents on every device, also without a connection."
    product = shop.product(
        "Kite cloud", 1000, "A letter each month", recurring_interval="month", description=about, **trial
    )
    size = {"width": 1120, "height": 800}
    with chromium.opened(browser, server.issuer, viewport=size, device_scale_factor=1.5) as page:
        page.goto(shop.checkout(product))
        shops.fill_in(page)
        page.mouse.move(0, 0)
        page.screenshot(path=folder / "checkout-light.png", full_page=True)


def overview(browser: Browser, server: Server, folder: Path) -> None:
    """`dashboard-light.png`: the test organization of the demo that `consent` made, with its sample data."""
    with chromium.opened(browser, server.issuer, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{server.issuer}/sign-in")
        fill_in_sign_in(page, demo.EMAIL, demo.PASSWORD)
        page.goto(f"{server.issuer}/dashboard/lighthouse-test")
        page.mouse.move(0, 0)
        page.screenshot(path=folder / "dashboard-light.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))

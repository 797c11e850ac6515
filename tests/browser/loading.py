"""How soon pages of the dashboard can be used: `python -m tests.browser.loading`.

From the start of the navigation to DOMContentLoaded, by the browser's clock (Navigation Timing): medians of ten loads
in a tab that was opened for it, in one that comes from the front page, neither with any file of the dashboard, and in
one that was here before. The first line is a script of a hundred bytes, shown as text: what the browser itself takes.
The server runs for this alone, with demo data.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page
from tests import servers
from tests.servers import Server

from polar_server import demo
from polar_server.html import static

from . import chromium
from .steps import fill_in_sign_in

LOADS = 10
_READY = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
_BYTES = """() => ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
    .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""


def main() -> None:
    """Print a line of the table for each page."""
    with tempfile.TemporaryDirectory() as data, servers.serve(Path(data)) as server, chromium.launched() as browser:
        server.command("demo")
        with signed_in(browser, server) as page:
            page.goto(f"{server.issuer}/dashboard/organizations")
            for url in pages(page, server):
                sys.stdout.write(f"| `{url.removeprefix(server.issuer)}` | {measured(browser, page, url)} |\n")
    sys.stdout.write(f"Medians of {LOADS}, with a load average of {os.getloadavg()[0]:.0f}.\n")


@contextmanager
def signed_in(browser: Browser, server: Server) -> Iterator[Page]:
    """A browser in which the demo's person is signed in."""
    with chromium.opened(browser, server.issuer) as page:
        page.goto(f"{server.issuer}/sign-in")
        with page.expect_navigation():
            fill_in_sign_in(page, demo.EMAIL, demo.PASSWORD)
        yield page


def pages(page: Page, server: Server) -> list[str]:
    """A file that leads to no other, then the overview and the products of each organization."""
    links = page.locator("main a[href^='/dashboard/']:has(bdi)").evaluate_all("links => links.map(link => link.href)")
    bare = f"{server.issuer}{static.FILES['form_post.js'].path}"
    return [bare, *(f"{link}{rest}" for link in links for rest in ("", "/products"))]


def measured(browser: Browser, page: Page, url: str) -> str:
    """Milliseconds of first visits, in a new tab and from the front page, and of later ones; the bytes of the first."""
    page.goto(url)
    front = "/".join(url.split("/")[:3]) + "/"
    new, size = zip(*(_first_visit(browser, page, url) for _ in range(LOADS)), strict=True)
    led, _ = zip(*(_first_visit(browser, page, url, front) for _ in range(LOADS)), strict=True)
    later = [_load(page, url) for _ in range(LOADS)]
    medians = " | ".join(f"{statistics.median(each):.0f}" for each in (new, led, later))
    return f"{medians} | {max(size) / 1000:.0f}"


def _first_visit(browser: Browser, page: Page, url: str, before: str | None = None) -> tuple[float, int]:
    """In a browser that knows who is signed in, and has no files of ours but those of the page before."""
    context = browser.new_context(storage_state=page.context.storage_state())
    page = context.new_page()
    if before is not None:
        page.goto(before)
    took, size = _load(page, url), int(page.evaluate(_BYTES))
    context.close()
    return took, size


def _load(page: Page, url: str) -> float:
    page.goto(url)
    return float(page.evaluate(_READY))


if __name__ == "__main__":
    main()

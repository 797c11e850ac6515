"""Headless Chromium, which reaches nothing but this machine, and what a page must never do in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

_PATH = "/usr/bin/chromium"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT = 15_000
"""Milliseconds that anything may take."""


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser until the end of the block. On this thread an event loop runs meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_PATH, args=_ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """Collects what pages complain of: errors on the console (a broken CSP is one) and requests to other origins."""

    origins: tuple[str, ...]
    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # The page itself came with a status of 4xx, as a form with a mistake in it does.
        is_status = message.text.startswith("Failed to load resource: the server responded with a status of 4")
        if message.type in ("error", "warning") and not (is_status and "/static/" not in message.location["url"]):
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith(tuple(f"{origin}/" for origin in self.origins)):
            self.complaints.append(f"request to {request.url}")


@contextmanager
def opened(browser: Browser, *origins: str, **options: Any) -> Iterator[Page]:
    """A page in a browser context of its own. At the end it must not have complained, nor asked other origins."""
    watch = Watch(origins)
    context = browser.new_context(**options)
    context.set_default_timeout(TIMEOUT)
    context.on("page", watch.follow)
    yield context.new_page()
    context.close()
    assert watch.complaints == []

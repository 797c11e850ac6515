"""Files in the dashboard."""

from base64 import b64decode
from collections.abc import Iterator
from typing import TYPE_CHECKING

from playwright.sync_api import Page
from tests.browser.steps import follow, press

if TYPE_CHECKING:
    from tests.browser.dashboard import Room

# One dot, as small as a PNG can be.
_PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def walk(page: Page, room: "Room") -> Iterator[str]:
    page.goto(room.url("files"))
    yield "dashboard-files-none"
    follow(page, "Upload a file")
    yield "dashboard-file-new"
    _choose(page, b"")
    press(page, "Upload file")
    yield "dashboard-file-mistake"
    _choose(page, b"How to build a lamp. " * 1000)
    press(page, "Upload file")
    yield "dashboard-file-uploaded"
    page.goto(room.url("files"))
    yield "dashboard-files"
    follow(page, "guide.txt")
    follow(page, "Delete file")
    yield "dashboard-file-delete"
    page.goto(room.url("products?state=all"))
    follow(page, "Night lamp")
    product = page.url
    follow(page, "Upload a picture")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "lamp.png", "mimeType": "image/png", "buffer": _PICTURE}
    )
    press(page, "Upload file")
    page.goto(product)
    page.get_by_label("lamp.png").check()
    press(page, "Save product")
    yield "dashboard-product-picture"


def _choose(page: Page, content: bytes) -> None:
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "guide.txt", "mimeType": "text/plain", "buffer": content}
    )

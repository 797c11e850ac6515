"""Files in the dashboard: sent by a form, kept as the API keeps them, and found, renamed and deleted again."""

import base64
import hashlib

import httpx
import pytest
from tests.resources.test_files import PNG, begun, described, kept
from tests.world import ISSUER, Forms

from polar_server.dashboard.files import forms
from polar_server.settings import Settings
from polar_server.storage import LocalStorage, StorageFailed

from .conftest import Desk


async def _send(
    desk: Desk, content: bytes = b"one two", name: str = "guide.txt", kind: str = "text/plain", **texts: str
) -> httpx.Response:
    """Fill in the form with a file and send it as a browser does."""
    browser = desk.browser
    page = await desk.open("files", "new")
    hidden = Forms(page.text).found[desk.path("files", "new")]
    data = {**hidden, "purpose": "downloadable", **texts}
    browser.page = await browser.http.post(
        desk.path("files", "new"), data=data, files={"file": (name, content, kind)} if name else {"file": ("", b"")}
    )
    return browser.page


async def _names(desk: Desk) -> list[str]:
    return [file["name"] for file in (await desk.api.get("/v1/files/")).json()["items"]]


async def test_the_life_of_a_file(desk: Desk, member_desk: Desk, stranger_desk: Desk) -> None:
    """Sent by a form, checked, found, renamed, downloaded and deleted; members only look, strangers do not."""
    assert "No files yet" in (await desk.open("files")).text
    content = b"a line\r\n--\n" * 300_000
    answer = await _send(desk, content, "C:\\books\\guide \u202egpj.txt", "Text/Plain; charset=utf-8")
    assert answer.status_code == 303, desk.errors
    file_id = answer.headers["location"].rpartition("/")[2].partition("?")[0]
    page = f"files/{file_id}"
    [file] = (await desk.api.get("/v1/files/")).json()["items"]
    digest = hashlib.sha256(hashlib.sha256(content).digest()).digest()
    assert (file["name"], file["mime_type"], file["size"]) == ("guide gpj.txt", "text/plain", len(content))
    assert file["checksum_sha256_base64"] == base64.b64encode(digest).decode()
    shown = (await desk.browser.open(answer.headers["location"])).text
    assert all(words in shown for words in ("guide gpj.txt", "3.1 MB", "Customers download it", "Uploaded"))
    link = await desk.open(f"{page}/download")
    assert (await desk.browser.open(link.headers["location"])).content == content

    assert (await desk.post(page, name="", version="2")).status_code == 422
    assert list(desk.errors) == ["name"]
    await desk.post(page, name="book.txt", version="2")
    listed = (await desk.open("files?query=BOOK&purpose=downloadable&sorting=-size")).text
    assert all(words in listed for words in ("book.txt", "3.1 MB of 10 GB used", "1 to 1 of 1"))
    assert "Nothing fits" in (await desk.open("files?purpose=product_media")).text

    assert "book.txt" in (await member_desk.open("files")).text
    assert "<form" not in (await member_desk.open(page)).text.partition("<main")[2]
    assert (await member_desk.open("files/new")).status_code == 403
    assert (await member_desk.open(f"{page}/delete")).status_code == 403
    assert (await stranger_desk.open(f"{page}/download")).status_code == 404

    body = {"type": "downloadables", "description": "The book", "properties": {"files": [file_id]}}
    await desk.api.post("/v1/benefits/", body)
    asked = (await desk.open(f"{page}/delete")).text
    assert "The book" in asked
    await desk.browser.submit(desk.path(page, "delete"))
    assert await _names(desk) == []
    assert (await desk.open(page)).status_code == 404

    answer = await _send(desk, PNG, "lamp.png", "text/html", purpose="product_media")
    [file] = (await desk.api.get("/v1/files/")).json()["items"]
    assert (file["mime_type"], file["public_url"]) == ("image/png", f"{ISSUER}/v1/files/{file['id']}/image")
    assert file["public_url"] in (await desk.browser.open(answer.headers["location"])).text


async def test_what_cannot_be_kept_is_said_and_leaves_nothing(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file, an empty one, a wrong one, one that is too large for its purpose, for the form, or for the room left."""
    for answer, fields in (
        (await _send(desk, name=""), ["file"]),
        (await _send(desk, b""), ["file"]),
        (await _send(desk, purpose="other"), ["purpose"]),
        (await _send(desk, b"<svg/>", "a.png", "image/png", purpose="product_media"), ["file"]),
        (await _send(desk, PNG + bytes(1_048_576), "a.png", "image/png", purpose="organization_avatar"), ["file"]),
        (await _send(desk, b"x", " \u202e "), ["file"]),
    ):
        assert (answer.status_code, "error" in answer.text) == (422, True)
        desk.browser.page = answer
        assert list(desk.errors) == fields
    monkeypatch.setattr(forms, "MOST", 100_000)
    assert (await _send(desk, bytes(100_001))).status_code == 413, "counted while it comes"
    assert (await _send(desk, bytes(200_000))).status_code == 413, "said before it comes"
    assert desk.errors == forms.too_large()
    monkeypatch.setattr(forms, "MOST", 10_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "join", _fail)
        assert (await _send(desk)).status_code == 503
    assert desk.notices == ["The storage does not answer. Try again in a moment."]
    assert "No files yet" in (await desk.open("files")).text
    await begun(desk.api, described([b"x"], size=10_240 * 1_048_576 - 5, upload={"parts": [_whole(10_240)]}))
    assert (await _send(desk)).status_code == 422
    assert "10240 MiB" in desk.errors["file"]
    assert "Upload not finished" in (await desk.open("files")).text
    assert await _names(desk) == []
    assert kept(settings.data_dir / "files") == []


async def _fail(*_: object) -> None:
    raise StorageFailed("It is away.")


def _whole(mebibytes: int) -> dict[str, int]:
    return {"number": 1, "chunk_start": 0, "chunk_end": mebibytes * 1_048_576 - 5}


async def test_a_form_that_is_not_ours_is_refused_before_its_file(desk: Desk) -> None:
    """Without the token no byte of the file is kept, and what is no such form, or not readable, has no effect."""
    http, path = desk.browser.http, desk.path("files", "new")
    file = {"file": ("a.txt", b"x")}
    hidden = Forms((await desk.open("files", "new")).text).found[path]
    assert (await http.post(path, files=file)).status_code == 403
    assert (await http.post(path, data=hidden)).status_code == 403, "not multipart"
    assert (await http.post(path, data=hidden, files=[("file", file["file"])] * 2)).status_code == 400
    assert (await http.post(path, data={**hidden, "purpose": ["a", "b"]}, files=file)).status_code == 400
    assert (await http.post(path, data={**hidden, "purpose": "x" * 70_000}, files=file)).status_code == 400
    cut = {"content-type": "multipart/form-data; boundary=x"}
    for body in (b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data; name=csrf\r\n\r\n\xff\r\n--x--"):
        assert (await http.post(path, content=body, headers=cut)).status_code == 400
    assert await _names(desk) == []

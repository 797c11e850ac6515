"""The front page and the static files, over HTTP."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from polar_server.html import Pages, endpoints, static
from polar_server.settings import Settings


def _constant(part: Any) -> Callable[[], Any]:
    return lambda: part


@pytest.fixture
def browser(pages: Pages, settings: Settings) -> Iterator[TestClient[Litestar]]:
    parts: dict[str, Any] = {"pages": pages, "settings": settings, "session": None}
    dependencies = {name: Provide(_constant(part), sync_to_thread=False) for name, part in parts.items()}
    app = Litestar(endpoints.routes, dependencies=dependencies, openapi_config=None)
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    "name,media_type", [("polar.css", "text/css"), ("form_post.js", "text/javascript"), ("polar.svg", "image/svg+xml")]
)
def test_static_files_are_cached_for_ever(browser: TestClient[Litestar], name: str, media_type: str) -> None:
    """A file is served at the address of its content with its type, immutable and never sniffed."""
    response = browser.get(static.FILES[name].path)
    assert response.status_code == 200
    assert response.content == static.FILES[name].content
    assert response.headers["content-type"].partition(";")[0] == media_type
    assert response.headers["content-type"].count("charset") <= 1
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("accepted,encoding", [("br, gzip", "gzip"), ("br;q=1, gzip;q=0", None), ("", None)])
def test_static_files_come_compressed_to_whoever_takes_it(
    browser: TestClient[Litestar], accepted: str, encoding: str | None
) -> None:
    """It gets the same file in a third of the bytes, and a cache keeps both apart (RFC 9110 §12.5.3, §12.5.5)."""
    file = static.FILES["polar.css"]
    response = browser.get(file.path, headers={"accept-encoding": accepted})
    assert response.content == file.content
    assert response.headers.get("content-encoding") == encoding
    assert response.headers["vary"] == "Accept-Encoding"
    assert int(response.headers["content-length"]) == len(file.gzipped if encoding else file.content)
    assert len(file.gzipped) * 3 < len(file.content)


@pytest.mark.parametrize(
    "path", ["/static/0000000000000000/polar.css", "/static/0/..%2f..%2flogs.py", "/static/x/none.css"]
)
def test_another_address_is_not_found_and_not_cached(browser: TestClient[Litestar], path: str) -> None:
    """An outdated digest or an unknown name is a 404 that no cache keeps."""
    response = browser.get(path)
    assert response.status_code == 404
    assert response.headers.get("cache-control", "no-store") == "no-store"


def test_htmx_is_the_file_that_was_published() -> None:
    """The one file that others wrote is what CONTRIBUTING.md says, byte by byte, and its licence is beside it."""
    folder = Path(static.__file__).parent / "static"
    [name] = [name for name in static.FILES if name.startswith("htmx-")]
    digest = hashlib.sha256(static.FILES[name].content).hexdigest()
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    assert f"`{name}`" in text
    assert f"`{digest}`" in text
    assert "Zero-Clause BSD" in (folder / "htmx-LICENSE.txt").read_text()


def test_the_address_changes_with_the_content(tmp_path: Any) -> None:
    """Two contents of one name have two addresses, and files of other types are not served."""
    (tmp_path / "polar.css").write_text("p{}")
    (tmp_path / "a.css").write_text("a{}")
    (tmp_path / "notes.txt").write_text("private")
    first = static.load(tmp_path)
    (tmp_path / "a.css").write_text("b{}")
    second = static.load(tmp_path)
    assert first["a.css"].path != second["a.css"].path
    assert first["polar.css"].path == second["polar.css"].path
    assert list(first) == ["a.css", "polar.css"]


def test_a_page_needs_one_style_sheet(tmp_path: Any) -> None:
    """What all pages have in common stands in front of every other style sheet, and a change of it changes them all."""
    (tmp_path / "polar.css").write_text("p{}")
    (tmp_path / "a.css").write_text("a{}")
    first = static.load(tmp_path)
    assert first["a.css"].content == b"p{}a{}"
    (tmp_path / "polar.css").write_text("q{}")
    assert first["a.css"].path != static.load(tmp_path)["a.css"].path


def test_the_front_page_points_developers_to_the_documents(browser: TestClient[Litestar]) -> None:
    """The issuer and the discovery documents are on the front page, which sets no cookie."""
    response = browser.get("/")
    assert response.status_code == 200
    assert "https://id.example.com" in response.text
    assert "/.well-known/openid-configuration" in response.text
    assert "set-cookie" not in response.headers
    assert "server" not in response.headers


@pytest.mark.parametrize("path", ["/", "/favicon.ico"])
def test_head_is_answered_like_get(browser: TestClient[Litestar], path: str) -> None:
    """Monitors that ask with HEAD get the same status."""
    assert browser.head(path).status_code == browser.get(path).status_code == 200

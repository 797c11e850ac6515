"""The site of docs/: it builds without a warning, its links lead somewhere, and it asks nobody else for anything."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .reader import ROOT

_LINK = re.compile(r'<a [^>]*?href="([^"]+)"')
_LOADED = re.compile(r'<(?:script|img|iframe|source|video)[^>]* src="([^"]+)"|<link[^>]* href="([^"]+)"')
_ID = re.compile(r' id="([^"]+)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-j", "2", "-b", "html"]
    built = subprocess.run([*command, ROOT / "docs", folder], check=False, capture_output=True, text=True)
    assert (built.returncode, built.stderr) == (0, "")
    return folder


def test_every_link_within_the_site_leads_somewhere(site: Path) -> None:
    """Pages and the places in them that are linked to exist, so do files that pages load."""
    pages = {path: path.read_text() for path in site.glob("**/*.html")}
    places = {path: set(_ID.findall(text)) for path, text in pages.items()}
    for path, text in pages.items():
        loaded = [first or second for first, second in _LOADED.findall(text)]
        for target in [*_LINK.findall(text), *loaded]:
            parts = urlsplit(target)
            meant = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert parts.scheme or meant.exists(), f"{path.name}: {target}"
            if parts.fragment and meant in places and not parts.scheme:
                assert unquote(parts.fragment) in places[meant], f"{path.name}: {target}"


def test_no_page_asks_anybody_else(site: Path) -> None:
    """No page and no style sheet loads a script, style, picture or font from another host."""
    for path in site.glob("**/*.html"):
        for found in _LOADED.findall(path.read_text()):
            assert not urlsplit(found[0] or found[1]).netloc, f"{path.name}: {found}"
    for path in site.glob("**/*.css"):
        assert not re.search(r"(?:url\(|@import )[\"']?(?:https?:)?//", path.read_text()), path.name


def test_the_front_page_leads_to_every_document(site: Path) -> None:
    """Whatever stands in docs/ is in the navigation."""
    front = (site / "index.html").read_text() + (site / "decisions.html").read_text()
    for path in (ROOT / "docs").glob("**/*.md"):
        page = path.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        assert page == "index.html" or f'href="{page}"' in front, page

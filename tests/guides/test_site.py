"""The site of docs/: it builds without a warning, its links lead somewhere, and it asks nobody else for anything."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import polar_client.oauth
from polar_client import Polar
from polar_client.operations import Resource

from .reader import ROOT

_LINK = re.compile(r'<a [^>]*?href="([^"]+)"')
_LOADED = re.compile(r'<(?:script|img|iframe|source|video)[^>]* src="([^"]+)"|<link[^>]* href="([^"]+)"')
_ID = re.compile(r' id="([^"]+)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. A document that no other one leads to is a warning as well."""
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


def test_the_reference_has_every_part_of_the_client(site: Path) -> None:
    """Each part of `Polar`, each method of it, and what is public beside it is described."""
    text = (site / "reference" / "client.html").read_text() + (site / "reference" / "sign-in.html").read_text()
    places = set(_ID.findall(text))
    with Polar(base_url="http://localhost") as polar:
        parts = {name: type(part) for name, part in vars(polar).items() if isinstance(part, Resource)}
    for name, kind in parts.items():
        assert f"polar-{name.replace('_', '-')}" in places, name
        for method in vars(kind):
            assert method.startswith("_") or f"{kind.__module__}.{kind.__name__}.{method}" in places, method
    for name in polar_client.oauth.__all__:
        assert {f"polar_client.oauth.{name}", f"polar_client.oauth.errors.{name}"} & places, name


def test_no_page_asks_anybody_else(site: Path) -> None:
    """No page and no style sheet loads a script, style, picture or font from another host."""
    for path in site.glob("**/*.html"):
        for found in _LOADED.findall(path.read_text()):
            assert not urlsplit(found[0] or found[1]).netloc, f"{path.name}: {found}"
    for path in site.glob("**/*.css"):
        assert not re.search(r"(?:url\(|@import )[\"']?(?:https?:)?//", path.read_text()), path.name

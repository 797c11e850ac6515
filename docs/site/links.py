"""Links between files: those that leave docs/ become links to the pages that include them, or plain text."""

import os
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent.parent
ROOT = DOCS.parent
PAGES = {
    "README.md": "index.md",
    "client/README.md": "client.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "docs/adr": "decisions.md",
    "examples": "examples.md",
    "examples/README.md": "examples.md",
}
"""Documents from elsewhere in the repository, and the pages that include them."""
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)\s]+)\)")


def rewrite(text: str, source: Path, page: Path) -> str:
    """The text of a document at `source` as the page at `page` has it."""

    def linked(found: re.Match[str]) -> str:
        mark, words, target = found.groups()
        path, _, anchor = target.partition("#")
        if ":" in target or not path:
            return found[0]
        meant = _page(Path(os.path.normpath(source.parent / path)))
        if meant is None:
            return words
        return f"{mark}[{words}]({os.path.relpath(meant, page.parent)}{'#' + anchor if anchor else ''})"

    return _LINK.sub(linked, text)


def _page(path: Path) -> Path | None:
    """Where the site has this file, or None."""
    inside = path.relative_to(ROOT).as_posix()
    if inside in PAGES:
        return DOCS / PAGES[inside]
    return path if path.is_relative_to(DOCS) and path.is_file() else None


def _read(app: Any, name: str, content: list[str]) -> None:
    page = Path(app.env.doc2path(name))
    content[0] = rewrite(content[0], page, page)


def _include(app: Any, path: Path, name: str, content: list[str]) -> None:
    content[0] = rewrite(content[0], Path(app.srcdir, path).resolve(), Path(app.env.doc2path(name)))


def setup(app: Any) -> dict[str, bool]:
    """Add the extension to Sphinx."""
    app.connect("source-read", _read)
    app.connect("include-read", _include)
    return {"parallel_read_safe": True}

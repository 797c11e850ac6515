"""The navigation is what the front page lists: under each of its headings, the pages in their order."""

import re
from typing import Any

_SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n?)*)", re.MULTILINE)
_ENTRY = re.compile(r"^- \[[^\]]+\]\(([^):#]+)\.md\)", re.MULTILINE)


def trees(text: str) -> str:
    """A hidden table of contents for each section that lists pages."""
    sections = ((title, _ENTRY.findall(body)) for title, body in _SECTION.findall(text))
    return "".join(
        "\n```{toctree}\n:hidden:\n:caption: " + title + "\n\n" + "\n".join(pages) + "\n```\n"
        for title, pages in sections
        if pages
    )


def _read(app: Any, name: str, content: list[str]) -> None:
    if name == app.config.root_doc:
        content[0] += trees(content[0])


def setup(app: Any) -> dict[str, bool]:
    """Add the extension to Sphinx, after `links`."""
    app.connect("source-read", _read, priority=900)
    return {"parallel_read_safe": True}

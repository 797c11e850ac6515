"""`{commands} module:app`: every command of a program, from what its `--help` prints."""

import re
import sys
from importlib import import_module
from typing import Any
from unittest.mock import patch

from sphinx.util.docutils import SphinxDirective

_CONTENTS = re.compile(r"^## Table of Contents\n.*?(?=^\*\*)", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"\A# .*\n")
_JSON = re.compile(r"^\* `--json`: .*\n", re.MULTILINE)
_NO_PARAMETERS = re.compile(r"^\*\*Parameters\*\*:\n\s*(?=^#|\Z)", re.MULTILINE)
_LINK = re.compile(r"\[(`[^`]+`)\]\(#[^)]+\)")


class Commands(SphinxDirective):
    """Takes one argument, the program."""

    required_arguments = 1

    def run(self) -> list[Any]:
        """The sections of the program's commands."""
        module, _, name = self.arguments[0].partition(":")
        text = _help(getattr(import_module(module), name))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _help(program: Any) -> str:
    """In Markdown, without its title and contents, which the page has, and without what every command takes."""
    # The usage lines name whatever runs: for once that is the program itself.
    with patch.object(sys, "argv", [program.name[0]]):
        text: str = program.generate_docs(output_format="markdown")
    text = _LINK.sub(r"\1", _CONTENTS.sub("", _TITLE.sub("", text)))
    text = _NO_PARAMETERS.sub("", _JSON.sub("", text))
    return text.replace("```console", "```text")


def setup(app: Any) -> dict[str, bool]:
    """Add the extension to Sphinx."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}

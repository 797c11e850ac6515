"""The code blocks of a document, with what its author wrote beside the language.

    ```sh              runs
    ```python          runs
    ```python first.py is saved under this name
    ```text output     is what the block before it prints; `...` stands for anything
    ```sh setup        was done before the guide is followed, by whoever follows it

Other languages only show something.
"""

import re
from dataclasses import dataclass
from pathlib import Path

RUNNABLE = ("sh", "python")
_FENCE = re.compile(r"^```(\S+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STRAY = re.compile(r"^ +```", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `place` names its document and line."""

    language: str
    word: str
    text: str
    place: str

    @property
    def is_output(self) -> bool:
        return self.word == "output"

    @property
    def is_setup(self) -> bool:
        return self.word == "setup"

    @property
    def runs(self) -> bool:
        return self.language in RUNNABLE and not self.word

    @property
    def file(self) -> str:
        """The name to save it under, or nothing."""
        return self.word if "." in self.word else ""


def blocks(path: Path) -> list[Block]:
    """All of them, in order."""
    text = path.read_text()
    assert not _STRAY.search(text), f"{path.name}: an indented block would not be found"
    return [
        Block(found[1], found[2] or "", found[3], f"{path.name}:{text.count(chr(10), 0, found.start()) + 1}")
        for found in _FENCE.finditer(text)
    ]

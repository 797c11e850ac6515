"""Placeholders: `{name}` for a value, `{A*50}` for a repetition, `{b64(...)}`, `{n}`, and `{n<1000}` for a thousand."""

import base64
import re
from collections.abc import Iterator
from typing import Any, Protocol

_PLAIN = re.compile(r"\{([^{}()]*)\}")
_BASE64 = re.compile(r"\{b64\(([^()]*)\)\}")
_REPETITION = re.compile(r"(.)\*([0-9]+)")
_COUNT = re.compile(r"\{n<([0-9]+)\}")


class UnknownPlaceholder(Exception):
    """A case names a value that nobody makes."""


class Known(Protocol):
    """Where the values come from. Raises UnknownPlaceholder."""

    def __getitem__(self, name: str) -> str: ...


def expand(value: Any, known: Known, index: int = 0) -> Any:
    """The value with its placeholders replaced, in objects and lists too; `index` is what `{n}` stands for."""
    if isinstance(value, str):
        return _expand_text(value, known, index)
    if isinstance(value, list):
        return [expand(one, known, index) for item in value for one in _multiplied(item)]
    if isinstance(value, dict):
        pairs = ((one, part) for name, part in value.items() for one in _multiplied(name))
        return {_expand_text(name, known, index): expand(part, known, index) for name, part in pairs}
    return value


def names_in(value: Any) -> set[str]:
    """The names of the values that a text, list or object asks for."""
    if isinstance(value, dict):
        return names_in(list(value)) | names_in(list(value.values()))
    if isinstance(value, list):
        return {name for item in value for name in names_in(item)}
    if not isinstance(value, str):
        return set()
    inner = _COUNT.sub("", value)
    return {name for name in _PLAIN.findall(inner) if name != "n" and not _REPETITION.fullmatch(name)}


def _expand_text(text: str, known: Known, index: int) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1] == "n":
            return str(index)
        repetition = _REPETITION.fullmatch(match[1])
        return repetition[1] * int(repetition[2]) if repetition else known[match[1]]

    return _BASE64.sub(lambda match: base64.b64encode(match[1].encode()).decode(), _PLAIN.sub(plain, text))


def _multiplied(item: Any) -> Iterator[Any]:
    """An item of a list, or the name of a member, once for each n below the count it names."""
    count = _COUNT.search(item) if isinstance(item, str) else None
    if count is None:
        yield item
        return
    for n in range(int(count[1])):
        yield item.replace(count[0], str(n))

"""Calls as values: what is to be sent, and how its answer is read. Nothing here sends anything."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Generic, TypeAlias, TypeVar, cast
from urllib.parse import quote, urlencode, urlsplit

from msgspec import UNSET, Struct, UnsetType

T = TypeVar("T")

Maybe: TypeAlias = T | UnsetType
"""A value, or UNSET for one that is left out: `name=UNSET` changes nothing where `name=None` empties."""

Many: TypeAlias = str | Sequence[str]
"""One value of a filter, or several of which one has to fit."""

_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_PLACE = re.compile(r"\{\w+\}")


class Pagination(Struct):
    """How many items there are in all, and the number of the last page."""

    total_count: int
    max_page: int


class Page(Struct, Generic[T]):
    """One page of a list."""

    items: list[T]
    pagination: Pagination


@dataclass(frozen=True, slots=True, repr=False)
class Call(Generic[T]):
    """One call, whose answer is read as `kind`: a type of msgspec, `str` for text, `None` for nothing.

    `path` keeps its values in braces and apart, since some of them are secrets that no error may show. A path that is
    a whole URL is sent there without a token. `token` takes the place of the client's own; an open call has none.
    """

    method: str
    path: str
    kind: Any
    values: tuple[str, ...] = ()
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    token: str | None = None
    is_open: bool = False
    is_repeatable: bool | None = None

    def __repr__(self) -> str:
        return f"<Call {self.label}>"

    @property
    def label(self) -> str:
        """What may be shown of it: method and path. The query of a whole URL may be a signature."""
        return f"{self.method} {urlsplit(self.path).path}"

    @property
    def can_be_repeated(self) -> bool:
        """Whether sending it twice does what sending it once does (RFC 9110 §9.2.2)."""
        return self.method in _REPEATABLE if self.is_repeatable is None else self.is_repeatable

    def at_page(self, number: int) -> "Call[T]":
        """The same list at another page."""
        return replace(self, query={**self.query, "page": number})

    def url(self, base_url: str) -> str:
        """Where it goes. Raises ValueError for a value that would lead elsewhere."""
        if not self.path.startswith("/"):
            return self.path
        values = iter(self.values)
        path = _PLACE.sub(lambda _: _segment(next(values)), self.path)
        query = urlencode(list(_pairs(self.query)))
        return f"{base_url}{path}?{query}" if query else base_url + path


def sent(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a body without those that are UNSET. TypedDicts of all kinds come in here."""
    return {name: value for name, value in members.items() if value is not UNSET}


def _segment(value: str) -> str:
    # An empty value would turn one thing into a list of things, and dots would climb.
    if value in ("", ".", ".."):
        raise ValueError(f"{value!r} cannot be an id.")
    return quote(value, safe="")


def _pairs(query: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        if name == "metadata" and isinstance(value, Mapping):
            nested = cast(Mapping[str, object], value)
            yield from _pairs({f"metadata[{key}]": wanted for key, wanted in nested.items()})
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from ((name, _text(one)) for one in cast(Sequence[object], value))
        elif value is not None and value is not UNSET:
            yield name, _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime | date) else str(value)

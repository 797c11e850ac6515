"""Long lists: their page, their search and their order stand in the address, so that a link shows the same again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from polar_server.html import PageRequest
from polar_server.resource_server.lists import order_by

PER_PAGE = 25
_LAST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is asked for. `sorting` is a column's name, with a minus in front for descending."""

    path: str
    query: str
    sorting: str
    page: int
    columns: Mapping[str, str]
    chosen: Mapping[str, str]

    @property
    def order(self) -> str:
        """ORDER BY terms; see `resource_server.lists.order_by`."""
        return order_by([self.sorting], self.columns, self.sorting)

    @property
    def offset(self) -> int:
        return (self.page - 1) * PER_PAGE

    @property
    def is_filtered(self) -> bool:
        """Whether more is there than what was asked for."""
        return bool(self.query or any(self.chosen.values()))

    def url(self, **changes: Any) -> str:
        """The address of this list with other values; what is empty or usual is left out."""
        asked = replace(self, **changes)
        values = {"query": asked.query, "sorting": asked.sorting, **asked.chosen, "page": asked.page}
        kept = {name: value for name, value in values.items() if value and (name, value) != ("page", 1)}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def sorted_by(self, column: str) -> str:
        """The address sorted by this column, or the other way round where it is already."""
        return self.url(sorting=f"-{column}" if self.sorting == column else column, page=1)

    def direction(self, column: str) -> str | None:
        """`ascending` or `descending` when the list is sorted by this column."""
        return {column: "ascending", f"-{column}": "descending"}.get(self.sorting)

    def of(self, items: list[Any], total: int) -> "Listed":
        return Listed(self, items, total)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list, and how many items there are in all."""

    asked: Asked
    items: list[Any]
    total: int

    @property
    def last_page(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def earlier(self) -> str | None:
        """The address of the page before, if there is one; from far behind the end it leads to the last."""
        page = self.asked.page
        return self.asked.url(page=min(page - 1, self.last_page)) if page > 1 else None

    @property
    def later(self) -> str | None:
        page = self.asked.page
        return self.asked.url(page=page + 1) if page < self.last_page else None

    @property
    def span(self) -> str:
        """`26 to 50 of 312`."""
        if not self.items:
            return f"0 of {self.total:,}"
        first = self.asked.offset + 1
        return f"{first:,} to {first + len(self.items) - 1:,} of {self.total:,}"


def asked_of(request: PageRequest, columns: Mapping[str, str], usual: str, **choices: tuple[str, ...]) -> Asked:
    """What the address asks for. Whatever it cannot mean is as if it were left out: a list is never an error.

    `columns` are those that the list can be sorted by, `usual` its order without a word. `choices` are filters with
    the values that each may have.
    """
    query = request.query_params
    sorting = query.get("sorting", usual)
    return Asked(
        path=request.scope["path"],
        query=query.get("query", "").replace("\0", "").strip()[:200],
        sorting=sorting if sorting.removeprefix("-") in columns.keys() - {"id"} else usual,
        page=_page(query.get("page", "")),
        columns=columns,
        chosen={name: value if (value := query.get(name, "")) in known else "" for name, known in choices.items()},
    )


def _page(text: str) -> int:
    return min(int(text), _LAST_PAGE) if text.isascii() and text.isdecimal() and len(text) < 9 and int(text) else 1

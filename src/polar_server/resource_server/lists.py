"""Lists of the API: pages, and the order of their items."""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.errors import Issue, RequestValidationError

MAX_LIMIT = 100

T = TypeVar("T")


class Pagination(msgspec.Struct):
    """How many items there are in all, and the number of the last page."""

    total_count: int
    max_page: int


class ListResource(msgspec.Struct, Generic[T]):
    """One page of a list."""

    items: list[T]
    pagination: Pagination


class Paging(msgspec.Struct, frozen=True):
    """The page that a request asks for."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit

    def of(self, items: list[T], total: int) -> ListResource[T]:
        """The answer. A page past the end is empty."""
        return ListResource(items, Pagination(total, -(-total // self.limit)))


def ask_page(
    caller: GivenCaller,  # noqa: ARG001 - it is asked for first: what is resolved at the same time takes a task each
    page: Annotated[int, QueryParameter(ge=1, le=1_000_000, description="Page number, from 1.")] = 1,
    limit: Annotated[int, QueryParameter(ge=1, description="Size of a page; at most 100.")] = 10,
) -> Paging:
    """The page from the query; a limit over 100 becomes 100."""
    return Paging(page, min(limit, MAX_LIMIT))


GivenPaging = NamedDependency[SkipValidation[Paging]]
"""The parameter of a list: what Litestar hands in by its name."""


def asked_list(values: Iterable[str] | None) -> str | None:
    """The values of a parameter that repeats, as statements take them: a JSON list, None where nothing was asked."""
    return None if values is None else json.dumps(list(values))


def order_by(sorting: list[str] | None, columns: Mapping[str, str], default: str) -> str:
    """ORDER BY terms from the `sorting` of a query, out of the columns that a list knows; ties go by `id`.

    `sorting` repeats, each name with a minus in front for descending. Raises RequestValidationError.
    """
    terms = [_term(name, columns) for name in sorting or [default]]
    return ", ".join([*terms, columns["id"]])


def _term(name: str, columns: Mapping[str, str]) -> str:
    column = columns.get(name.removeprefix("-"))
    if column is None or name.removeprefix("-") == "id":
        known = ", ".join(known for known in columns if known != "id")
        raise RequestValidationError([Issue(("query", "sorting"), f"Sort by one of {known}.", "enum", name)])
    return f"{column} DESC" if name.startswith("-") else f"{column} ASC"


def repeated(request: Request[Any, Any, Any], name: str) -> list[str] | None:
    """The values of a query parameter that may repeat, None without one."""
    return request.query_params.getall(name, None)

"""A form is another way to write the body of an API call: the same schemas check it, and errors go to its fields."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from polar_server.resource_server.bodies import issue_of
from polar_server.resource_server.errors import ApiError, RequestValidationError

T = TypeVar("T")

_LENGTH = re.compile(r"Expected `str` of length (>=|<=) (\d+)\.")
_SIZE = re.compile(r"Expected `int` (>=|<=) (-?\d+)\.")
_LIMITS = {">=": "at least", "<=": "at most"}


def read_sent(values: Mapping[str, Any], schema: type[T]) -> T:
    """The values of a form as the body of an API call. Raises RequestValidationError."""
    try:
        return msgspec.convert(values, schema)
    except msgspec.ValidationError as error:
        raise RequestValidationError([issue_of(error)]) from error


def errors_of(refused: ApiError, names: Iterable[str] = (), **fields: str) -> dict[str, str]:
    """A sentence for each field that was refused.

    `names` are fields called as the members of the body are, `fields` those called otherwise: `prices="amount"`.
    Of a member within another one the outer counts first. What belongs to none stands above the form, under `form`.
    """
    if not isinstance(refused, RequestValidationError):
        return {"form": refused.detail}
    known = {**{name: name for name in names}, **fields}
    found: dict[str, str] = {}
    for issue in refused.issues:
        field = next((known[step] for step in map(str, issue.loc[1:]) if step in known), "form")
        found.setdefault(field, _in_words(issue.msg))
    return found


def _in_words(message: str) -> str:
    """What a schema says of a limit, as people read it."""
    if length := _LENGTH.fullmatch(message):
        return f"Use {_LIMITS[length[1]]} {length[2]} characters."
    if size := _SIZE.fullmatch(message):
        return f"Enter a number of {_LIMITS[size[1]]} {size[2]}."
    return message

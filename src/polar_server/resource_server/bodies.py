"""Bodies of the API: JSON, checked against a schema, with every mistake named by its place."""

import re
from typing import Any, TypeVar

import msgspec
from litestar import Request

from polar_server.resource_server.errors import Issue, RequestBodyTooLarge, RequestValidationError

MAX_BYTES = 10 * 1_048_576
"""Enough for the ten thousand parts of an upload, each with its checksum."""

T = TypeVar("T")

_PLACE = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"Object missing required field `([^`]+)`")
# A NUL can only come escaped; after an even number of backslashes it is none.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


async def read_body(request: Request[Any, Any, Any], schema: type[T]) -> T:
    """The body as a value of the schema. Raises RequestValidationError, naming the place, or RequestBodyTooLarge."""
    raw = await request.body()
    if len(raw) > MAX_BYTES:
        raise RequestBodyTooLarge(f"The body is longer than {MAX_BYTES} bytes.")
    if _NUL.search(raw):
        raise RequestValidationError([Issue(("body",), "The body holds the character NUL.")])
    try:
        return msgspec.json.decode(raw or b"{}", type=schema)
    except msgspec.ValidationError as error:
        raise RequestValidationError([issue_of(error)]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestValidationError([Issue(("body",), "The body is not JSON.", "json_invalid")]) from error


def issue_of(error: msgspec.ValidationError) -> Issue:
    """What does not fit the schema, by its place in the body."""
    message = str(error)
    place = _PLACE.search(message)
    text = message[: place.start()] if place else message
    loc: list[str | int] = ["body"]
    for name, index in _STEP.findall(place[1]) if place else []:
        loc.append(name or (int(index) if index.isdigit() else index))
    missing = _MISSING.match(text)
    if missing:
        return Issue((*loc, missing[1]), "This field is missing.", "missing")
    return Issue(tuple(loc), f"{text}.", "value_error")

"""Metadata: what apps keep beside an object, and lists filtered by it."""

import json
import re
from typing import Any

from litestar import Request

from polar_server.resource_server.errors import Issue, RequestValidationError

Metadata = dict[str, str | int | float | bool]

MAX_KEYS, MAX_KEY, MAX_VALUE = 50, 40, 500
NOT_ASKED = "{}"
"""The filter of a query that asks for no metadata."""
_FILTER = re.compile(r"metadata\[([^\]]*)\]")


def check_metadata(metadata: Metadata) -> str:
    """The metadata as they are stored. Raises RequestValidationError."""
    if len(metadata) > MAX_KEYS:
        raise _wrong((), f"At most {MAX_KEYS} keys.")
    for key, value in metadata.items():
        if not 1 <= len(key) <= MAX_KEY:
            raise _wrong((key[:50],), f"A key has 1 to {MAX_KEY} characters.")
        if isinstance(value, str) and not 1 <= len(value) <= MAX_VALUE:
            raise _wrong((key,), f"A text has 1 to {MAX_VALUE} characters.")
    return json.dumps(metadata, ensure_ascii=False)


def asked_metadata(request: Request[Any, Any, Any]) -> str:
    """The filter `metadata[key]=value` of a query, as JSON: key -> texts. One key repeated is or, several are and."""
    query = request.scope["query_string"]
    if b"metadata" not in query and b"%" not in query:
        return NOT_ASKED
    wanted: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if (match := _FILTER.fullmatch(name)) is not None:
            wanted.setdefault(match[1], []).append(value)
    return json.dumps(wanted)


def _wrong(place: tuple[str, ...], msg: str) -> RequestValidationError:
    return RequestValidationError([Issue(("body", "metadata", *place), msg)])

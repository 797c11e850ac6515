"""HTTP as plain values, for the endpoints that go around the framework.

The protocol's endpoints take a Request and give a Response; nothing in them knows
ASGI. That keeps them as cheap as a bare application, and testable without a server.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from polar_server.oauth.errors import InvalidRequest

Headers = list[tuple[bytes, bytes]]
OwnHeaders = Sequence[tuple[bytes, bytes]]
"""Headers of one answer; names are lower case, values are Latin-1."""

_JSON = (b"content-type", b"application/json")
_NOSNIFF = (b"x-content-type-options", b"nosniff")
# RFC 6749 §5.1.
_PRIVATE = (_JSON, _NOSNIFF, (b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
_encode = msgspec.json.Encoder().encode


class Request(NamedTuple):
    """A request whose body has arrived. Header names are lower case, as ASGI gives them."""

    method: str
    path: str
    headers: Headers
    body: bytes = b""
    peer: str = ""

    def header(self, name: bytes) -> str | None:
        """The value of a header, None without it. Raises InvalidRequest when it came more than once."""
        found = None
        for key, value in self.headers:
            if key == name:
                if found is not None:
                    raise InvalidRequest(f"The header {name.decode()} is repeated.")
                found = value
        return None if found is None else found.decode("latin-1")


class Response(NamedTuple):
    """A response that is ready to be sent. `headers` are those of many responses, `own` those of this one."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    own: OwnHeaders = ()


Endpoint = Callable[[Any, Request], Awaitable[Response]]


def json(content: Mapping[str, Any], status: int = 200, own: OwnHeaders = ()) -> Response:
    """A JSON answer that no cache keeps."""
    return Response(status, _encode(content), _PRIVATE, own)


def public_json(body: bytes, max_age: int) -> Response:
    """A JSON document that is the same for everybody; `max_age` in seconds."""
    # What is allowed to an origin is said to an origin, and a cache must not answer one with what another client got.
    kept = (b"cache-control", f"public, max-age={max_age}".encode())
    return Response(200, body, (_JSON, _NOSNIFF, kept, (b"vary", b"Origin")))


def encode_json(content: Any) -> bytes:
    """A value as JSON bytes."""
    return _encode(content)

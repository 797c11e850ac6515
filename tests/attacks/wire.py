"""HTTP/1.1 on bare sockets: an attacker's client sends what others refuse, such as a header twice or bytes in it."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlencode

from tests.attacks.cases import Request

TIMEOUT = 30
_BOUNDARY = "x"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, and the seconds it took."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float

    def all(self, name: str) -> list[str]:
        """The values of a header, in their order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next(iter(self.all(name)), None)

    @property
    def location(self) -> str:
        return self.header("Location") or ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON; an empty object when it is something else."""
        with contextlib.suppress(ValueError):
            return json.loads(self.body)
        return {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, the host name that it is reached by, and the address of this machine to call it from."""

    port: int
    host: str
    source: str = "127.0.0.1"

    def send(self, request: Request) -> Response:
        """Send one request with no placeholders left."""
        return self.send_together([request])[0]

    def send_together(self, requests: Sequence[Request]) -> list[Response]:
        """Send requests over a connection each: all are connected before the first byte goes out."""
        if len(requests) == 1:
            with self.connect() as connection:
                return [_exchange(connection, self._message(requests[0]))]
        barrier = threading.Barrier(len(requests))
        with ThreadPoolExecutor(len(requests)) as threads:
            return list(threads.map(lambda request: self._send_at(barrier, request), requests))

    def send_bytes(self, method: str, path: str, data: bytes, headers: Mapping[str, str]) -> Response:
        """Send what is no text."""
        lines = _lines({"Host": self.host, **headers, "Content-Length": str(len(data))})
        with self.connect() as connection:
            return _exchange(connection, "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + data)

    def connect(self) -> socket.socket:
        """A connection on which nothing was said yet."""
        return socket.create_connection(("127.0.0.1", self.port), TIMEOUT, (self.source, 0))

    def _send_at(self, barrier: threading.Barrier, request: Request) -> Response:
        message = self._message(request)
        with self.connect() as connection:
            barrier.wait(TIMEOUT)
            return _exchange(connection, message)

    def _message(self, request: Request) -> bytes:
        body, content_type = _body(request)
        headers = {"Host": self.host, **content_type, **request.headers}
        if request.method != "GET" or body:
            headers["Content-Length"] = str(len(body))
        lines = [f"{request.method} {_target(request)} HTTP/1.1", *_lines(headers), "", ""]
        return "\r\n".join(lines).encode() + body


def _lines(headers: Mapping[str, str | list[str]]) -> list[str]:
    return [f"{name}: {value}" for name, value in _pairs(headers)]


def _target(request: Request) -> str:
    if not request.params:
        return request.path
    return request.path + ("&" if "?" in request.path else "?") + urlencode(_pairs(request.params))


def _body(request: Request) -> tuple[bytes, dict[str, str]]:
    """The body and the header that announces it."""
    if request.form is not None:
        return urlencode(_pairs(request.form)).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    if request.json is not None:
        return json.dumps(request.json).encode(), {"Content-Type": "application/json"}
    if request.multipart is not None:
        return _multipart(request.multipart), {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    return b"", {}


def _multipart(fields: Mapping[str, str]) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return ("".join(parts) + f"--{_BOUNDARY}--\r\n").encode()


def _pairs(values: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
    return [(name, one) for name, value in values.items() for one in _several(value)]


def _several(value: str | list[str]) -> Iterable[str]:
    return value if isinstance(value, list) else [value]


def _exchange(connection: socket.socket, message: bytes) -> Response:
    started = time.perf_counter()
    # A server may refuse before it has read everything.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(message)
    return read_response(connection, started)


def read_response(connection: socket.socket, started: float | None = None) -> Response:
    """The answer that comes on a connection; its seconds count from `started`, or from now."""
    started = time.perf_counter() if started is None else started
    with contextlib.closing(HTTPResponse(connection)) as reader:
        reader.begin()
        body = reader.read()
        return Response(reader.status, tuple(reader.getheaders()), body, time.perf_counter() - started)

"""Open connections to a server, requests released over many of them at once, and which process holds which one."""

import asyncio
import base64
import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from tests.servers import Server

_PATIENCE = 30
"""Seconds: no request of these tests may take longer."""


class Cut(Exception):
    """The connection ended before an answer had come: what was asked may have been done or not."""


@dataclass(frozen=True)
class Answer:
    """A whole response. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_invalid_grant(self) -> bool:
        return self.status == 400 and self.json["error"] == "invalid_grant"


class Line:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.port: int = writer.get_extra_info("sockname")[1]
        self.used = time.monotonic()
        """When the last request was sent. The server closes a connection that is not used for five seconds."""

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect, and ask once: then a worker has taken the connection. Raises Cut."""
        try:
            line = cls(*await asyncio.open_connection("127.0.0.1", port))
        except OSError as error:
            raise Cut from error
        await line.ask(PING)
        return line

    async def ask(self, request: bytes) -> Answer:
        """Send a request and wait for its answer. Raises Cut."""
        self.send(request)
        return await self.answer()

    def send(self, request: bytes) -> None:
        """Hand the request to the operating system at once."""
        self.used = time.monotonic()
        self._writer.write(request)

    async def answer(self) -> Answer:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                status, *lines = head.strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await self._reader.readexactly(int(headers["content-length"]))
        except (OSError, asyncio.IncompleteReadError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise Cut from error
        return Answer(int(status.split(" ")[1]), headers, body)

    def close(self) -> None:
        self._writer.close()


def get(path: str, **headers: str) -> bytes:
    """The bytes of a GET request."""
    return _head("GET", path, headers)


def post(path: str, form: Mapping[str, str], **headers: str) -> bytes:
    """The bytes of a POST request with a form."""
    body = urlencode(form).encode()
    headers |= {"content_type": "application/x-www-form-urlencoded", "content_length": str(len(body))}
    return _head("POST", path, headers) + body


def post_json(path: str, body: Mapping[str, Any], token: str) -> bytes:
    """The bytes of a call of the API with a body."""
    content = json.dumps(body).encode()
    headers = {"content_type": "application/json", "content_length": str(len(content))}
    return _head("POST", path, {**headers, "authorization": f"Bearer {token}"}) + content


def basic(name: str, password: str) -> str:
    """The Authorization header of a client (RFC 6749 §2.3.1)."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n{''.join(lines)}\r\n".encode()


PING = get("/.well-known/oauth-authorization-server")


async def at_once(lines: Sequence[Line], requests: Sequence[bytes]) -> list[Answer]:
    """Send every request on a line of its own before anything is read, and wait for all answers."""
    for line, request in zip(lines, requests, strict=True):
        line.send(request)
    return await asyncio.gather(*(line.answer() for line in lines))


async def spread(server: Server, count: int) -> list[Line]:
    """Open connections, one more to some workers than to others at the most."""
    pids, kept, tries = workers(server), list[Line](), 0
    assert len(pids) == server.workers, "every worker is up"
    held, share = Counter[int](), ceil(count / len(pids))
    while len(kept) < count:
        tries += 1
        assert tries < 40, f"connections do not reach every worker: {held}"
        opened = [await Line.open(server.port) for _ in range(count)]
        where = holders(server)
        for line in opened:
            if len(kept) < count and held[where[line.port]] < share:
                held[where[line.port]] += 1
                kept.append(line)
            else:
                line.close()
    return kept


def workers(server: Server) -> list[int]:
    """The processes that answer."""
    first = server.process.pid
    if server.workers == 1:
        return [first]
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in _command(child)]


def _command(pid: str) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def holders(server: Server) -> dict[int, int]:
    """The worker at the other end of each connection, by the port at our end, as the kernel knows it."""
    sockets = {inode: pid for pid in workers(server) for inode in _sockets(pid)}
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = ((_port(row[1]), _port(row[2]), row[9]) for row in rows)
    return {theirs: sockets[inode] for ours, theirs, inode in ends if ours == server.port and inode in sockets}


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)


def _sockets(pid: int) -> list[str]:
    """The inodes of a process's sockets."""
    found = []
    with suppress(OSError):  # it may have ended
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                found.append(Path(entry.path).readlink().name)
    return [name[len("socket:[") : -1] for name in found if name.startswith("socket:[")]

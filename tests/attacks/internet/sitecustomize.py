"""The internet as a server under attack finds it: a few names, one public receiver, and a canary everywhere inside.

Python imports a module of this name by itself when it starts and finds it in PYTHONPATH.
"""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from itertools import cycle
from typing import Any

import httpcore

PUBLIC = "93.184.215.14"
_real_look_up = socket.getaddrinfo
_real_connect = httpcore.AnyIOBackend.connect_tcp
_NAMES: dict[str, Iterator[str | None]] = {
    "receiver.example": cycle([PUBLIC]),
    # Public when it is checked, inside when it is called, and the other way round.
    "rebind.example": cycle([PUBLIC, "127.0.0.1"]),
    # No answer when it is checked, inside when it is called.
    "flaky.example": cycle([None, "10.0.0.5"]),
}


def _look_up(host: Any, *others: Any, **named: Any) -> Any:
    if host not in _NAMES:
        return _real_look_up(host, *others, **named)
    address = next(_NAMES[host])
    if address is None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]


async def _connect(self: Any, host: str, port: int, *others: Any, **named: Any) -> httpcore.AsyncNetworkStream:
    name = "ATTACKS_RECEIVER" if (host, port) == (PUBLIC, 443) else "ATTACKS_CANARY"
    if name == "ATTACKS_CANARY" and ip_address(host).is_global:
        raise httpcore.ConnectError("nobody is there")
    stream = await _real_connect(self, "127.0.0.1", int(os.environ[name]), *others, **named)
    return _Elsewhere(stream, (host, port))


class _Elsewhere(httpcore.AsyncNetworkStream):
    """A stream whose other end says that it is where the server meant to go."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, peer: tuple[str, int]) -> None:
        self._stream, self._peer = stream, peer
        self.read, self.write, self.aclose = stream.read, stream.write, stream.aclose  # type: ignore[method-assign]

    def get_extra_info(self, info: str) -> Any:
        return self._peer if info == "server_addr" else self._stream.get_extra_info(info)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
    ) -> httpcore.AsyncNetworkStream:
        return await self._stream.start_tls(ssl_context, server_hostname, timeout)


def _installed(connect: Callable[..., Any]) -> None:
    socket.getaddrinfo = _look_up
    httpcore.AnyIOBackend.connect_tcp = connect  # type: ignore[method-assign]


if "ATTACKS_RECEIVER" in os.environ:
    _installed(_connect)

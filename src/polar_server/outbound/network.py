"""Connections to checked addresses: a name is resolved once, and the connection goes where the check was."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore

from polar_server.outbound.addresses import Address, Refused, is_public, read_address
from polar_server.outbound.urls import Target

CONNECT_WAIT = 4.0
"""Seconds for one of a host's addresses."""
_MOST_ADDRESSES = 3

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All addresses of a host, or of an address itself. Raises OSError."""


class Resolver:
    """The system's resolver, on threads of its own: a slow name server delays only those who ask it."""

    def __init__(self, threads: int = 32) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="polar-resolver")

    async def __call__(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host)
        return list(dict.fromkeys(found))

    def close(self) -> None:
        """Wait for nobody: a thread that still asks ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


async def checked_addresses(resolve: Resolve, target: Target, *, loopback: bool) -> list[Address]:
    """The addresses of the target's host, every one of them fit to be called. Raises Refused, and OSError."""
    addresses = [_read(text) for text in await resolve(target.host)]
    if not addresses:
        raise OSError("the host has no address")
    for address in addresses:
        if not _fits(address, target, loopback=loopback):
            # Which address it is, is nobody's business outside: it would map our network.
            raise Refused("The host has an address that is not public.")
    return addresses


def _read(text: str) -> Address:
    try:
        return read_address(text)
    except ValueError:
        raise Refused("The host has an address that is not public.") from None


def _fits(address: Address, target: Target, *, loopback: bool) -> bool:
    if loopback and address.is_loopback:
        return True
    return is_public(address) and (target.scheme, target.port) == ("https", 443)


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """What an HTTP connection to one target opens its socket with."""

    def __init__(self, resolve: Resolve, target: Target, *, loopback: bool) -> None:
        self._resolve, self._target, self._loopback = resolve, target, loopback
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the target says it
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - each address gets the same
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await checked_addresses(self._resolve, self._target, loopback=self._loopback)
        failure: Exception | None = None
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                stream = await self._network.connect_tcp(
                    str(address), port, CONNECT_WAIT, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return await self._with_checked_peer(stream, address)
        raise failure or httpcore.ConnectError("no address")

    async def _with_checked_peer(
        self, stream: httpcore.AsyncNetworkStream, address: Address
    ) -> httpcore.AsyncNetworkStream:
        """The socket itself says who is at its other end: nothing between the check and here can have changed it."""
        peer = _read(str(stream.get_extra_info("server_addr")[0]))
        if peer != address or not _fits(peer, self._target, loopback=self._loopback):
            await stream.aclose()
            raise Refused("The connection went to an address that is not public.")
        return stream

"""Connections to checked addresses, and one exchange on each: the connection goes where the check was."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore

from polar_server.outbound.addresses import Address, Refused
from polar_server.outbound.hosts import Resolve, checked_addresses, fits, read_checked
from polar_server.outbound.urls import Target

CONNECT_WAIT = 4.0
"""Seconds for one of a host's addresses."""
MOST_READ = 65_536
"""Bytes of an answer that are read; the rest is left."""
_MOST_ADDRESSES = 3

FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ssl.SSLError, OSError)
"""What an exchange may raise when no answer came."""


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
        peer = read_checked(str(stream.get_extra_info("server_addr")[0]))
        if peer != address or not fits(peer, self._target, loopback=self._loopback):
            await stream.aclose()
            raise Refused("The connection went to an address that is not public.")
        return stream


async def exchange(
    network: CheckedNetwork,
    method: str,
    target: Target,
    body: bytes | None,
    headers: Mapping[str, str],
    trust: ssl.SSLContext | None,
) -> tuple[int, bytes]:
    """Send a request and read its answer: (status, body). Raises Refused, and FAILURES."""
    url = httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )
    sent = {
        "host": target.authority,
        **({} if body is None else {"content-length": str(len(body))}),
        "connection": "close",
        # Nothing that we would have to unpack.
        "accept-encoding": "identity",
        **headers,
    }
    request = httpcore.Request(method, url, headers=list(sent.items()), content=body)
    # A connection for each request: the next one resolves and checks anew.
    connection = httpcore.AsyncHTTPConnection(url.origin, ssl_context=trust, network_backend=network)
    try:
        return await _answer(await connection.handle_async_request(request))
    finally:
        await connection.aclose()


async def public_trust() -> ssl.SSLContext:
    """The public trust store. Reading it takes tens of milliseconds."""
    return await asyncio.to_thread(httpcore.default_ssl_context)


async def _answer(response: httpcore.Response) -> tuple[int, bytes]:
    body = bytearray()
    try:
        async for chunk in response.aiter_stream():
            body += chunk
            if len(body) >= MOST_READ:
                break
    finally:
        await response.aclose()
    return response.status, bytes(body[:MOST_READ])

"""Requests to other people's servers: bounded in time and size, never redirected, never through a proxy."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore

from polar_server.outbound.network import CheckedNetwork, Resolve, Resolver, checked_addresses
from polar_server.outbound.urls import Target, read_url

TOTAL_WAIT = 10.0
"""Seconds for everything: name, connection, handshake, request and answer."""
MOST_READ = 65_536
"""Bytes of an answer that are read; the rest is left."""
_CHECK_WAIT = 3.0

_FAILURES = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ssl.SSLError, OSError)


class Unreachable(Exception):
    """No answer came. The message says why, for the person whose server it is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said. A redirect is an answer like any other."""

    status: int
    body: bytes


class Outbound:
    """The door. `loopback` opens it to this machine, for development; `tls` replaces the public trust store."""

    def __init__(
        self,
        *,
        loopback: bool = False,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        total_wait: float = TOTAL_WAIT,
    ) -> None:
        self._resolve: Resolve = Resolver() if resolve is None else resolve
        self._loopback, self._tls, self._total_wait = loopback, tls, total_wait

    def close(self) -> None:
        """Give up what is still being resolved."""
        if isinstance(self._resolve, Resolver):
            self._resolve.close()

    async def check(self, url: str) -> None:
        """Refuse a URL that no request would be sent to. Raises Refused.

        A host that has no address now may get one later; each request checks again.
        """
        target = read_url(url, loopback=self._loopback)
        try:
            async with asyncio.timeout(_CHECK_WAIT):
                await checked_addresses(self._resolve, target, loopback=self._loopback)
        except (OSError, UnicodeError):
            return

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Read what is there. Raises Refused or Unreachable."""
        return await self._ask("GET", url, None, headers)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send the body and read the answer. Raises Refused or Unreachable."""
        return await self._ask("POST", url, body, headers)

    async def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        target = read_url(url, loopback=self._loopback)
        try:
            async with asyncio.timeout(self._total_wait):
                return await self._send(method, target, body, headers)
        except TimeoutError:
            raise Unreachable(f"No complete answer came within {self._total_wait:g} seconds.") from None
        except (*_FAILURES, UnicodeError) as error:
            raise Unreachable(f"No answer came: {str(error) or type(error).__name__}.") from error

    async def _send(self, method: str, target: Target, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        network = CheckedNetwork(self._resolve, target, loopback=self._loopback)
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
        trust = await self._trust() if target.scheme == "https" else None
        connection = httpcore.AsyncHTTPConnection(url.origin, ssl_context=trust, network_backend=network)
        try:
            return await _answer(await connection.handle_async_request(request))
        finally:
            await connection.aclose()

    async def _trust(self) -> ssl.SSLContext:
        if self._tls is None:
            # Reading the trust store takes tens of milliseconds, once.
            self._tls = await asyncio.to_thread(httpcore.default_ssl_context)
        return self._tls


async def _answer(response: httpcore.Response) -> Answer:
    body = bytearray()
    try:
        async for chunk in response.aiter_stream():
            body += chunk
            if len(body) >= MOST_READ:
                break
    finally:
        await response.aclose()
    return Answer(response.status, bytes(body[:MOST_READ]))

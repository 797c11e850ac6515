"""Requests to other people's servers: bounded in time and size, never redirected, never through a proxy."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from polar_server.outbound.hosts import Resolve, Resolver, checked_addresses
from polar_server.outbound.urls import read_url

TOTAL_WAIT = 10.0
"""Seconds for everything: name, connection, handshake, request and answer."""
_CHECK_WAIT = 3.0


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
        from polar_server.outbound import connections  # noqa: PLC0415 - httpcore: 1.5 MB, for workers that call nobody

        target = read_url(url, loopback=self._loopback)
        network = connections.CheckedNetwork(self._resolve, target, loopback=self._loopback)
        try:
            async with asyncio.timeout(self._total_wait):
                if target.scheme == "https" and self._tls is None:
                    self._tls = await connections.public_trust()
                trust = self._tls if target.scheme == "https" else None
                return Answer(*await connections.exchange(network, method, target, body, headers, trust))
        except TimeoutError:
            raise Unreachable(f"No complete answer came within {self._total_wait:g} seconds.") from None
        except (*connections.FAILURES, UnicodeError) as error:
            raise Unreachable(f"No answer came: {str(error) or type(error).__name__}.") from error

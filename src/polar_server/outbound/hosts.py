"""Where a host is: a name is resolved once, and every one of its addresses is checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from polar_server.outbound.addresses import Address, Refused, is_public, read_address
from polar_server.outbound.urls import Target

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
    addresses = [read_checked(text) for text in await resolve(target.host)]
    if not addresses:
        raise OSError("the host has no address")
    for address in addresses:
        if not fits(address, target, loopback=loopback):
            # Which address it is, is nobody's business outside: it would map our network.
            raise Refused("The host has an address that is not public.")
    return addresses


def read_checked(text: str) -> Address:
    """An address that can be judged. Raises Refused for any other."""
    try:
        return read_address(text)
    except ValueError:
        raise Refused("The host has an address that is not public.") from None


def fits(address: Address, target: Target, *, loopback: bool) -> bool:
    """Whether this address may be called for the target."""
    if loopback and address.is_loopback:
        return True
    return is_public(address) and (target.scheme, target.port) == ("https", 443)

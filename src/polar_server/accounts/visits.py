"""Who asks, from where and when: the browser's network address, its name for itself, and the time."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from polar_server.audit import Actor
from polar_server.html import PageRequest

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a browser. `now_ms` is epoch milliseconds."""

    address: str
    user_agent: str
    now_ms: int

    @property
    def now(self) -> int:
        """Epoch seconds."""
        return self.now_ms // 1000

    def by(self, user_id: str | None, client_id: str | None = None) -> Actor:
        """The visit as the audit log tells it, of this person and through this app."""
        return Actor(user_id, client_id, self.address, self.user_agent)


def visit_of(request: PageRequest, trusted_proxies: str, now: float) -> Visit:
    """The visit behind a request. `now` is epoch seconds with their fraction."""
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getall("x-forwarded-for", []))
    address = client_address(peer, forwarded, trusted_proxies)
    return Visit(address, printable(request.headers.get("user-agent", "")), int(now * 1000))


def client_address(peer: str, forwarded: str, trusted_proxies: str) -> str:
    """The address of the client: the peer, or, through trusted proxies, the nearest hop that is none of them.

    `forwarded` is X-Forwarded-For, whose left part anyone can write: it is read from the right, each
    entry only when the one after it is a trusted proxy. An entry that is no address ends the walk.
    """
    trusted = _networks(trusted_proxies)
    address = peer
    for hop in reversed(forwarded.split(",")):
        if not _is_within(address, trusted) or not _is_address(hop.strip()):
            break
        address = hop.strip()
    return address


def neighbourhood(address: str) -> str:
    """What counts as one address for limits: an IPv6 customer owns a whole /64."""
    if not _is_address(address):
        return address
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))


def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


@lru_cache(maxsize=8)
def _networks(trusted_proxies: str) -> tuple[Network, ...]:
    return tuple(ip_network(text.strip(), strict=False) for text in trusted_proxies.split(",") if text.strip())


def printable(text: str) -> str:
    """The beginning of what a client says of itself, without control characters."""
    return "".join(character for character in text[:300] if character.isprintable())

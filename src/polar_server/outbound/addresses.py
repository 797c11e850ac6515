"""Which network addresses a request may go to: global unicast ones and no others (RFC 6890, RFC 4291)."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# `is_global` leaves these in, though nobody's public server is there.
_NO_SERVERS = tuple(
    map(
        IPv4Network,
        (
            "192.0.0.0/24",  # RFC 6890: protocol assignments; one cloud keeps its metadata there
            "192.88.99.0/24",  # RFC 7526: relays of 6to4
            "168.63.129.16/32",  # a cloud's own services, reached from inside it only
        ),
    )
)
# RFC 4291 §2.4: global unicast addresses are those that IANA hands out of here, and only those.
_GLOBAL = IPv6Network("2000::/3")
_NOT_GLOBAL = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # RFC 2928: protocol assignments, with Teredo (RFC 4380), which hides an IPv4 address
            "2001:db8::/32",  # RFC 3849: for documentation
            "2002::/16",  # RFC 3056: 6to4, which hides an IPv4 address
            "3fff::/20",  # RFC 9637: for documentation
        ),
    )
)
# RFC 6052 §2.1: the same IPv4 host, behind a translator. Networks without IPv4 depend on it.
_NAT64 = IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """A URL or an address that no request may go to. The message is a sentence for whoever gave it."""


def read_address(text: str) -> Address:
    """The address, an IPv4 host written as IPv6 unwrapped. Raises ValueError; one with a zone is none."""
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        raise ValueError("an address with a zone is one of this machine's links")
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address


def is_public(address: Address) -> bool:
    """Whether the address, as `read_address` gave it, is global unicast."""
    if isinstance(address, IPv4Address):
        within = any(address in network for network in _NO_SERVERS)
        return address.is_global and not address.is_multicast and not within
    # IPv4-compatible addresses (RFC 4291 §2.5.5.1) and all that is local are outside 2000::/3.
    return address in _GLOBAL and address.is_global and not any(address in network for network in _NOT_GLOBAL)

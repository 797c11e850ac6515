"""URLs that a request may be sent to: one strict reading, which is also the only one (RFC 3986)."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from polar_server.outbound.addresses import Refused

MAX_LENGTH = 2083
_PORTS = {"https": 443, "http": 80}
# No user name, no fragment, no backslash, no space: what readers of URLs disagree about.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[a-z0-9._~!$&'()*+,;=:@%/-]*)?(?P<query>\?[a-z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.IGNORECASE,
)
# What the resolver would take for a short, octal or hexadecimal IPv4 address.
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_INSIDE = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "localdomain")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL points. `host` is a name in lower case or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header (RFC 9110 §7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(text: str, *, loopback: bool = False) -> Target:
    """The target of a URL: https on port 443 at a public host. Raises Refused.

    `loopback` lets http, any port and names of this machine through, for development.
    """
    match = _URL.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        raise Refused("Write a URL like https://example.com/path, in ASCII, without a user name or a fragment.")
    scheme, host = match["scheme"].lower(), match["host"].lower().removesuffix(".").strip("[]")
    port = int(match["port"] or _PORTS[scheme])
    if not loopback:
        _refuse_inside(scheme, host, port)
    if not 0 < port < 65536:
        raise Refused("The port is not between 1 and 65535.")
    return Target(scheme, host, port, (match["path"] or "/") + (match["query"] or ""))


def _refuse_inside(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise Refused("Only https URLs are called.")
    if port != 443:
        raise Refused("Only port 443 is called.")
    if ":" not in host:
        _refuse_name(host)


def _refuse_name(host: str) -> None:
    labels = host.split(".")
    if not all(labels) or any(len(label) > 63 for label in labels):
        raise Refused("The host is not a name.")
    if _NUMERIC.fullmatch(labels[-1]):
        _require_dotted(host)
    elif len(labels) == 1 or any(host == name or host.endswith(f".{name}") for name in _INSIDE):
        raise Refused("The host is not a public one.")


def _require_dotted(host: str) -> None:
    try:
        ip_address(host)
    except ValueError:
        raise Refused("The host is neither a name nor an address.") from None

"""Redirect URIs: what may be registered, and what matches (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1.3).

A redirect URI is the text that the client registered. It is compared as bytes
and never normalised; parsing only decides whether registration is allowed.
"""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import unquote

from polar_server.oauth.errors import InvalidRedirectUri, InvalidRequest

MAX_LENGTH = 2000
MAX_COUNT = 50

# What the response adds to the query must not be planted there (RFC 9700 §4.1.2).
_RESERVED = frozenset(
    {"code", "state", "iss", "error", "error_description", "error_uri", "response", "id_token", "access_token"}
)
# RFC 3986 §2: what a URI may be written with, but for `#`, which check_registrable names by itself.
_CHARACTERS = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&'()*+,;=._~%-]*")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?")
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::(.*))?")
_HOST_NAME = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE
)
# WHATWG URL §3.5: a host that ends so is read as an IPv4 address, whatever it looks like to others.
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]|localhost))(?::([0-9]{1,5}))?([/?].*)?")
_LOCAL = re.compile(r"https?://(?:127\.[0-9.]+|\[::1\]|(?:[a-z0-9_-]+\.)*localhost)(?:[:/?].*)?", re.IGNORECASE)
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
# RFC 8252 §7.1: a private-use scheme is a reversed domain name, so it has a dot.
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+")


def check_registrable(uri: str, *, public: bool) -> None:
    """Whether a client may register this redirect URI. Raises InvalidRedirectUri, which says what is wrong with it."""
    if len(uri) > MAX_LENGTH:
        raise InvalidRedirectUri(f"A redirect URI is longer than {MAX_LENGTH} characters.")
    _check_characters(uri)
    if "#" in uri:
        raise InvalidRedirectUri(f"{_shown(uri)} has a fragment, which RFC 6749 section 3.1.2 forbids.")
    if "*" in uri:
        raise InvalidRedirectUri(f"{_shown(uri)} has a wildcard; register each URI in full.")
    parts = _URI.fullmatch(uri)
    if parts is None:
        raise InvalidRedirectUri(f"{_shown(uri)} is not an absolute URI.")
    scheme, authority, path, query = parts.groups()
    _check_place(uri, scheme, authority or "", public=public)
    _check_path(uri, path)
    _check_query(uri, query or "")


def check_link(uri: str) -> None:
    """Whether a URL may be shown to people as a link or an image: https, with a host. Raises InvalidRedirectUri."""
    _check_characters(uri)
    parts = _URI.match(uri)
    if parts is None or parts[1] != "https":
        raise InvalidRedirectUri(f"{_shown(uri)} must start with https://.")
    _checked_host(uri, parts[2] or "")


def _check_characters(uri: str) -> None:
    if not _CHARACTERS.fullmatch(uri):
        raise InvalidRedirectUri(
            f"{_shown(uri)} contains a space, a control character or another one that must be percent-encoded."
        )


def _check_place(uri: str, scheme: str, authority: str, *, public: bool) -> None:
    if scheme in ("https", "http"):
        host = _checked_host(uri, authority)
        if scheme == "http" and host not in _LOOPBACK_HOSTS:
            raise InvalidRedirectUri(f"{_shown(uri)} must use https; http is for localhost and 127.0.0.1 only.")
    elif not public:
        raise InvalidRedirectUri(f"{_shown(uri)} must start with https://.")
    elif not _PRIVATE_SCHEME.fullmatch(scheme):
        raise InvalidRedirectUri(
            f"{_shown(uri)} must start with https://, with http:// on localhost,"
            " or with a private scheme such as com.example.app:/callback."
        )
    elif authority:
        # RFC 8252 §7.1 has one slash, many apps have two; the system looks at the scheme only.
        _checked_host(uri, authority)


def _checked_host(uri: str, authority: str) -> str:
    if "@" in authority:
        raise InvalidRedirectUri(f"{_shown(uri)} has a user name in front of its host.")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or not _is_host(parts[1]):
        raise InvalidRedirectUri(f"{_shown(uri)} has no valid host name.")
    if parts[2] is not None and not _is_port(parts[2]):
        raise InvalidRedirectUri(f"{_shown(uri)} has no valid port.")
    return parts[1]


def _is_host(host: str) -> bool:
    """Whether every reader of URLs finds the same host here."""
    if host.startswith("["):
        return "%" not in host and _is_address(host[1:-1], ipaddress.IPv6Address)
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _is_address(host, ipaddress.IPv4Address)
    return _HOST_NAME.fullmatch(host) is not None


def _is_address(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _check_path(uri: str, path: str) -> None:
    segments = re.split("[/;]", unquote(path))
    if any(code in path.lower() for code in ("%2f", "%5c", "%00")) or "." in segments or ".." in segments:
        raise InvalidRedirectUri(f"{_shown(uri)} has a dot segment or an encoded slash in its path.")


def _check_query(uri: str, query: str) -> None:
    # Some servers separate parameters by semicolons.
    for field in re.split("[&;]", query):
        name = unquote(field.partition("=")[0])
        if name in _RESERVED:
            raise InvalidRedirectUri(f"{_shown(uri)} has the parameter {name}, which the response adds itself.")


def choose(sent: str | None, registered: Iterable[str], *, public: bool, required: bool) -> str:
    """The redirect URI that this request may use. Raises InvalidRequest; nothing may be sent anywhere then."""
    registered = tuple(registered)
    if sent is None:
        # OpenID Connect Core §3.1.2.1 and RFC 6749 §3.1.2.3.
        if required or len(registered) != 1:
            raise InvalidRequest("redirect_uri is missing.")
        return registered[0]
    if not any(_matches(sent, one, public=public) for one in registered):
        raise InvalidRequest("redirect_uri is not registered for this client.", detail=_difference(sent, registered))
    return sent


def _matches(sent: str, registered: str, *, public: bool) -> bool:
    if sent == registered:
        return True
    # RFC 8252 §7.3: only the port of a loopback redirect is free, and only for native apps.
    ours, theirs = _LOOPBACK.fullmatch(registered), _LOOPBACK.fullmatch(sent)
    if not public or ours is None or theirs is None:
        return False
    # RFC 8252 §8.3 advises against localhost by name: its port is free only when none was registered.
    if ours[1].endswith("localhost") and ours[2]:
        return False
    return ours[1] == theirs[1] and ours[3] == theirs[3] and (theirs[2] is None or _is_port(theirs[2]))


def is_local(uri: str) -> bool:
    """Whether a redirect goes to an app on the person's own machine: loopback or a private scheme (RFC 8252 §8.6)."""
    return _LOCAL.fullmatch(uri) is not None or not uri.startswith(("https://", "http://"))


def origin(uri: str) -> str:
    """`https://host:port` of a redirect URI, or `scheme:` of a private one: what a page's form-action must list."""
    parts = _URI.fullmatch(uri)
    assert parts is not None, "registered redirect URIs are absolute"
    return f"{parts[1]}://{parts[2]}" if parts[2] else f"{parts[1]}:"


def shown_host(uri: str) -> str:
    """The host (with its port) that the consent page names; a private scheme names itself."""
    return origin(uri).partition("://")[2] or origin(uri)


def _is_port(text: str) -> bool:
    return _PORT.fullmatch(text) is not None and int(text) <= 65535


def _difference(sent: str, registered: tuple[str, ...]) -> str:
    """Where the nearest registered URI and the sent one part, for the log and for the app's developers."""
    common = max((_common_length(sent, one) for one in registered), default=0)
    which = "the registered one" if len(registered) == 1 else "every registered one"
    return f"redirect_uri differs from {which} at character {common + 1}"


def _common_length(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _shown(uri: str) -> str:
    return uri if len(uri) <= 100 else uri[:99] + "..."

"""Filters that put values into words a person reads: names, hosts, times."""

import datetime as dt
import unicodedata
import zlib
from urllib.parse import urlsplit

from markupsafe import Markup

NAME_LENGTH = 200
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Letters by category, blanks by look: Hangul fillers, the empty Braille cell, the grapheme joiner.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_TINTS = 6
_UNITS, _MANY = (("day", 86_400), ("hour", 3_600)), 4
# In this order: each browser also claims to be those below it.
_PROGRAMS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrom": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
    "python": "A Python program",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def plain(text: str | None, otherwise: str = "") -> str:
    """A name that strangers chose, without characters that are invisible or turn the text around (UTS 39 §5.2)."""
    kept = (" " if character.isspace() else character for character in (text or "")[: NAME_LENGTH * 4])
    visible = "".join(c for c in kept if unicodedata.category(c) not in _INVISIBLE and c not in _BLANK)
    return _few_marks(" ".join(visible.split()))[:NAME_LENGTH] or otherwise


def _few_marks(text: str) -> str:
    """At most two combining marks on a letter: towers of them cover the lines around."""
    kept: list[str] = []
    for character in text:
        mark = unicodedata.combining(character)
        if not (mark and len(kept) > 1 and unicodedata.combining(kept[-1]) and unicodedata.combining(kept[-2])):
            kept.append(character)
    return "".join(kept)


def host(uri: str) -> str:
    """Where a URI leads, in ASCII: its host and port, or its private scheme."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return "an address that cannot be read"
    if not parts.hostname:
        return f"{parts.scheme}:"
    name = f"[{parts.hostname}]" if ":" in parts.hostname else ".".join(map(_ascii_label, parts.hostname.split(".")))
    return f"{name}:{port}" if port else name


def _ascii_label(label: str) -> str:
    """A label as the DNS has it, so that a look-alike letter shows (RFC 3492)."""
    try:
        return label.encode("ascii").decode()
    except UnicodeEncodeError:
        return "xn--" + label.encode("punycode").decode()


def is_this_device(uri: str) -> bool:
    """Whether a redirect URI stays on the person's own device: loopback or a private scheme (RFC 8252 §7)."""
    parts = urlsplit(uri)
    return parts.scheme not in ("http", "https") or parts.hostname in LOOPBACK


def web(uri: str | None) -> str | None:
    """The URI when it is a web address, so that no link runs a script (ASVS 1.2.2)."""
    return uri if uri and uri.lower().startswith(("https://", "http://")) else None


def initials(name: str) -> str:
    """One or two letters that stand for a name without a picture."""
    words = [word for word in plain(name).split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def tint(text: str) -> int:
    """The number of the colour behind the initials: the same for the same text."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % _TINTS


def browser(user_agent: str | None) -> str:
    """`Firefox on Linux`: what a User-Agent says it is, in two words."""
    sent = user_agent or ""
    program = next((name for mark, name in _PROGRAMS.items() if mark in sent), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in sent), None)
    return f"{program or 'A browser'} on {system}" if system else program or "An unknown browser"


def day(seconds: int) -> Markup:
    """`3 March 2026`, as a <time> element. `seconds` since 1970; UTC."""
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return _time(at, f"{at.day} {at:%B %Y}")


def moment(seconds: int) -> Markup:
    """`3 March 2026, 10:12 UTC`, as a <time> element."""
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return _time(at, f"{at.day} {at:%B %Y, %H:%M} UTC")


def date(at: dt.datetime) -> Markup:
    """`3 March 2026`, as a <time> element, of a moment in UTC as the API has it."""
    return _time(at, f"{at.day} {at:%B %Y}")


def _time(at: dt.datetime, text: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", text)


def duration(seconds: int) -> str:
    """`1 hour`, `90 minutes`, `5 days`: in the largest unit that is exact or fine enough, rounded up."""
    seconds = max(1, seconds)
    exact_or_many = ((unit, size) for unit, size in _UNITS if seconds % size == 0 or seconds > _MANY * size)
    unit, size = next(exact_or_many, ("minute", 60))
    count = -(-seconds // size)
    return f"{count} {unit}" + ("s" if count > 1 else "")


FILTERS = {
    f.__name__: f for f in (plain, host, is_this_device, web, browser, initials, tint, day, date, moment, duration)
}

"""Who may frame the page of a checkout: the origin it was made for, if its organization allows that host."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from polar_server.database import Row
from polar_server.html import Page

_NEVER = "frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class Framed:
    """What binds the forms of a framed page: browsers keep our cookie from it, so the checkout's own secret does."""

    id: str


def framing_origin(row: Row, hosts: list[str]) -> str | None:
    """The origin that may frame the page, None for nobody."""
    origin: str | None = row["embed_origin"]
    return origin if origin is not None and any(_allows(host, origin) for host in hosts) else None


def framed_by(page: Page, origin: str | None) -> Page:
    """The page with leave for this origin, and for no other, to frame it."""
    if origin is not None:
        policy = page.headers["Content-Security-Policy"]
        page.headers["Content-Security-Policy"] = policy.replace(_NEVER, f"frame-ancestors {origin}")
        # It knows no origins, and where there is a policy browsers do not look at it.
        del page.headers["X-Frame-Options"]
    return page


def _allows(allowed: str, origin: str) -> bool:
    """Whether an entry of embed_hosts is this origin's: a host, `*.` and a host, or the origin of an app."""
    if "://" in allowed:
        return allowed.lower() == origin.lower()
    parts = urlsplit(origin.lower())
    if parts.scheme not in ("http", "https"):
        return False
    name, _, port = allowed.lower().partition(":")
    if port and port != str(parts.port or ""):
        return False
    host = parts.hostname or ""
    return host.endswith(name[1:]) if name.startswith("*.") else host == name

"""The headers that every page and redirect carries (RFC 9700 §4.16, §4.2.4)."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from litestar import Response
from litestar.datastructures import Cookie

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' https: data:; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_SOURCE = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|[a-z][a-z0-9+.-]*:")
_LOCATION = re.compile(r"[!-~]+")

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"{_POLICY}; form-action 'self'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@lru_cache(maxsize=256)
def content_security_policy(form_action: str | None) -> str:
    """The policy of a page whose forms post to this server, and lead to `form_action`.

    `form_action` is None (forms stay here), "any" (no limit: the page continues a sign-in whose end is
    not known yet) or a source as `source_of` makes it. Chrome applies form-action to the redirects after
    a post too, hence the choice. Raises ValueError for a source that could add a directive.
    """
    if form_action == "any":
        return _POLICY
    if form_action is None:
        return f"{_POLICY}; form-action 'self'"
    if not _SOURCE.fullmatch(form_action):
        raise ValueError(f"not a source for form-action: {form_action!r}")
    return f"{_POLICY}; form-action 'self' {form_action}"


def source_of(uri: str) -> str:
    """The CSP source that covers a redirect URI: its origin, or its scheme where no origin can be written."""
    parts = urlsplit(uri)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    # A private scheme has no origin, and CSP's grammar has no IPv6 hosts (CSP 3 §2.3.1).
    return origin if parts.scheme in ("http", "https") and "[" not in origin else f"{parts.scheme}:"


def page_headers(form_action: str | None = None) -> dict[str, str]:
    """SECURITY_HEADERS for a page with this form-action; see `content_security_policy`."""
    return {**SECURITY_HEADERS, "Content-Security-Policy": content_security_policy(form_action)}


def redirect(url: str, cookies: Iterable[Cookie] = ()) -> Response[bytes]:
    """Send the browser on with GET, also after a POST (RFC 9700 §4.12).

    Raises ValueError when the URL holds anything but visible ASCII: such a URL was not checked.
    """
    if not _LOCATION.fullmatch(url):
        raise ValueError("a redirect must be visible ASCII")
    headers = {**SECURITY_HEADERS, "Location": url}
    return Response(b"", status_code=303, headers=headers, cookies=list(cookies), media_type="text/html")

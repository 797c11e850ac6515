"""The headers that every page and redirect carries (RFC 9700 §4.16, §4.2.4)."""

import re
from collections.abc import Iterable, Mapping

from litestar import Response
from litestar.datastructures import Cookie

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' https: data:; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_LOCATION = re.compile(r"[!-~]+")

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"{_POLICY}; form-action 'self'; connect-src 'self'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


_LEADING_AWAY: Mapping[str, str] = {**SECURITY_HEADERS, "Content-Security-Policy": _POLICY}


def page_headers(form_action: str | None = None) -> Mapping[str, str]:
    """SECURITY_HEADERS; with "any", of a page whose form leads to an app in the end, without form-action.

    Such a page has no part that changes alone either, so its scripts ask nothing of the server.
    Chrome applies form-action to every redirect after a post, and an app may redirect from its redirect
    URI to a host that nobody registered: 'self' with the app's origin would end such sign-ins half way.
    """
    return _LEADING_AWAY if form_action == "any" else SECURITY_HEADERS


def redirect(url: str, cookies: Iterable[Cookie] = ()) -> Response[bytes]:
    """Send the browser on with GET, also after a POST (RFC 9700 §4.12).

    Raises ValueError when the URL holds anything but visible ASCII: such a URL was not checked.
    """
    if not _LOCATION.fullmatch(url):
        raise ValueError("a redirect must be visible ASCII")
    headers = {**SECURITY_HEADERS, "Location": url}
    return Response(b"", status_code=303, headers=headers, cookies=list(cookies), media_type="text/html")

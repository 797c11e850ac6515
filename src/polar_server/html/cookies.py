"""The cookies: the session's, one that knows a browser before it signs in, and what is shown once (RFC 6265 §4.1)."""

import base64
import re
from typing import Any, Literal

from litestar import Request
from litestar.datastructures import Cookie

from polar_server.settings import Settings

SESSION, BROWSER, SHOWN_ONCE = "polar_session", "polar_browser", "polar_shown_once"
BROWSER_BYTES = 32
LONGEST = 4096
"""Bytes of a cookie that every browser keeps."""
# 43 characters, longer than any session id: what binds a CSRF token can never be taken for the other.
_BROWSER_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


def name_of(settings: Settings, name: str) -> str:
    """The name with `__Host-`, so that a neighbouring subdomain cannot set it (RFC 6265bis §4.1.3.2)."""
    return f"__Host-{name}" if settings.secure_cookies else name


def session(request: Request[Any, Any, Any], settings: Settings) -> str | None:
    """The value of the session cookie, unchecked."""
    return request.cookies.get(name_of(settings, SESSION))


def browser(request: Request[Any, Any, Any], settings: Settings) -> str | None:
    """The value of the browser cookie, or None when it is missing or malformed."""
    value = request.cookies.get(name_of(settings, BROWSER), "")
    return value if _BROWSER_VALUE.fullmatch(value) else None


def set_session(settings: Settings, value: str, max_age: int) -> Cookie:
    """The session cookie, for `max_age` seconds."""
    return _cookie(settings, SESSION, value, max_age)


def clear_session(settings: Settings) -> Cookie:
    """Makes the browser forget its session; the server ends it too."""
    return _cookie(settings, SESSION, "", 0)


def set_browser(settings: Settings, entropy: bytes) -> Cookie:
    """A new browser cookie from `BROWSER_BYTES` of fresh randomness; it lasts as long as the browser runs."""
    return _cookie(settings, BROWSER, base64.urlsafe_b64encode(entropy).decode().rstrip("="), None)


def shown_once(request: Request[Any, Any, Any], settings: Settings) -> str | None:
    """The sealed value of what the next page shows once, unopened."""
    return request.cookies.get(name_of(settings, SHOWN_ONCE))


def set_shown_once(settings: Settings, value: str, max_age: int) -> Cookie:
    """What the next page shows once, sealed. Raises ValueError for more than browsers keep."""
    # RFC 6265 §6.1: name, value and attributes together.
    cookie = _cookie(settings, SHOWN_ONCE, value, max_age, "strict")
    if (length := len(cookie.to_header(header=""))) > LONGEST:
        raise ValueError(f"a cookie of {length} bytes is longer than browsers keep")
    return cookie


def clear_shown_once(settings: Settings) -> Cookie:
    """Makes the browser forget what it has just shown."""
    return _cookie(settings, SHOWN_ONCE, "", 0, "strict")


def _cookie(
    settings: Settings, name: str, value: str, max_age: int | None, samesite: Literal["lax", "strict"] = "lax"
) -> Cookie:
    return Cookie(
        key=name_of(settings, name),
        value=value,
        path="/",
        max_age=max_age,
        secure=settings.secure_cookies,
        httponly=True,
        samesite=samesite,
    )

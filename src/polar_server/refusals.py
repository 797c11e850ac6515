"""What is answered when something was raised: a page for people, and JSON under /v1, which programs call."""

from collections.abc import Callable
from typing import Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from polar_server.accounts.guards import SignInRequired
from polar_server.accounts.passwords import PasswordsBusy
from polar_server.database import Unavailable
from polar_server.html import PageRequest, Pages, redirect
from polar_server.html.csrf import Forbidden
from polar_server.oauth.errors import OAuthError, PayloadTooLarge

log = structlog.get_logger()

Handler = Callable[[PageRequest, Any], Response[Any]]


def exception_handlers(pages: Pages) -> dict[int | type[Exception], Handler]:
    """The answer to each kind of exception, for the framework."""

    def sign_in(_: PageRequest, error: SignInRequired) -> Response[bytes]:
        return redirect(error.location)

    def forbidden(request: PageRequest, error: Forbidden) -> Response[Any]:
        log.warning("form_refused", path=request.scope["path"], reason=str(error))
        return pages.error(request, 403)

    def unreadable(request: PageRequest, error: OAuthError) -> Response[Any]:
        return pages.error(request, 413 if isinstance(error, PayloadTooLarge) else 400)

    def unavailable(request: PageRequest, error: Unavailable | PasswordsBusy) -> Response[Any]:
        log.error("unavailable", path=request.scope["path"], reason=str(error))
        return _failure(pages, request, 503, {"Retry-After": "5"})

    def http(request: PageRequest, error: HTTPException) -> Response[Any]:
        return _failure(pages, request, error.status_code, error.headers)

    def unexpected(request: PageRequest, error: Exception) -> Response[Any]:
        log.error("unexpected", path=request.scope["path"], exc_info=error)
        return _failure(pages, request, 500)

    return {
        SignInRequired: sign_in,
        Forbidden: forbidden,
        OAuthError: unreadable,
        Unavailable: unavailable,
        PasswordsBusy: unavailable,
        HTTPException: http,
        Exception: unexpected,
    }


_REASONS = {404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error", 503: "Service Unavailable"}


def _failure(pages: Pages, request: PageRequest, status: int, headers: dict[str, str] | None = None) -> Response[Any]:
    """A page for people, and JSON under /v1, which programs call."""
    if request.scope["path"].startswith("/v1/"):
        return Response({"detail": _REASONS.get(status, "Bad Request")}, status_code=status, headers=headers)
    return pages.error(request, status, headers=headers)

"""Answers that several pages fall back to, and what they all read from a request."""

import structlog

from polar_server.accounts.desk import Desk
from polar_server.accounts.guesses import Throttled
from polar_server.accounts.return_to import safe_return_to
from polar_server.html import Page, PageRequest

log = structlog.get_logger("polar_server.accounts")


def asked_return_to(request: PageRequest) -> str | None:
    """The `return_to` of the request's query when it is a path of ours."""
    return safe_return_to(request.query_params.get("return_to"), default="") or None


def too_many_tries(
    request: PageRequest, desk: Desk, throttled: Throttled, kind: str, return_to: str | None = None
) -> Page:
    """429 with Retry-After and a page that tells when (RFC 6585 §4). `kind` names what is limited, for the log."""
    log.warning("throttled", kind=kind, retry_after=throttled.retry_after)
    return desk.pages.render(
        request,
        "accounts/too_many_tries.html",
        status=429,
        headers={"Retry-After": str(throttled.retry_after)},
        retry_after=throttled.retry_after,
        return_to=return_to,
    )


def link_expired(request: PageRequest, desk: Desk, purpose: str) -> Page:
    """410: the link was used, replaced, or is too old; which of these is not told."""
    return desk.pages.render(request, "accounts/link_expired.html", status=410, purpose=purpose)

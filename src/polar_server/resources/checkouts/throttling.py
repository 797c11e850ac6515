"""Limits on those who come to a checkout without a token: by network address, and for payments by checkout, too."""

from functools import lru_cache
from typing import Any

from litestar import Request

from polar_server.accounts.visits import client_address, neighbourhood
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.plain_asgi import add_headers
from polar_server.rate_limits.limits import Counted
from polar_server.resource_server.errors import RateLimitExceeded


async def count_look(request: Request[Any, Any, Any], server: AuthorizationServer) -> None:
    """Count a look or a change. Raises RateLimitExceeded."""
    _admit(request, await server.rate_limits.count_visit("checkout", _address(request, server)))


async def count_payment(request: Request[Any, Any, Any], server: AuthorizationServer, checkout_id: str) -> None:
    """Count a payment that is tried, whatever becomes of it: who tries many cards is stopped. Raises RateLimitExceeded.

    Also by checkout, since whoever tries stolen cards has many addresses.
    """
    for visitor in (_address(request, server), checkout_id):
        _admit(request, await server.rate_limits.count_visit("confirmation", visitor))


def _admit(request: Request[Any, Any, Any], counted: Counted | None) -> None:
    if counted is None:
        return
    if not counted.standing.admitted:
        add_headers(request.scope, counted.headers)
        raise RateLimitExceeded(counted.quota.limit)


def _address(request: Request[Any, Any, Any], server: AuthorizationServer) -> str:
    peer = request.client.host if request.client else ""
    trusted = server.settings.trusted_proxies
    forwarded = ",".join(request.headers.getall("x-forwarded-for", [])) if trusted else ""
    return _counted_address(peer, forwarded, trusted)


@lru_cache(maxsize=1000)
def _counted_address(peer: str, forwarded: str, trusted_proxies: str) -> str:
    return neighbourhood(client_address(peer, forwarded, trusted_proxies))

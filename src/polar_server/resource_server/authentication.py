"""Who calls the API (RFC 6750 §2.1): the token found alive, its scope checked, its memberships read anew."""

from typing import Any

from litestar import Request

from polar_server.accounts.visits import visit_of
from polar_server.audit import Actor
from polar_server.authorization_server.access import LiveToken, find_live_caller
from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.oauth import bearer
from polar_server.oauth.errors import InsufficientScope, InvalidRequest
from polar_server.oauth.subjects import SubjectType
from polar_server.oauth.tokens import API_TOKENS
from polar_server.plain_asgi import add_headers
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.errors import RateLimitExceeded

_READING = frozenset({"GET", "HEAD", "OPTIONS"})

NARROWED = b"polar-organization"
"""The header by which a user token's call is narrowed to one organization."""


async def identify(request: Request[Any, Any, Any], server: GivenServer) -> Caller:
    """The caller of an endpoint, which names the scopes that admit to it: `@get(..., scopes=[...])`, any one is enough.

    Raises the refusals of RFC 6750 §3.1, and RateLimitExceeded.
    """
    live, roles = await find_live_caller(server, bearer.token_of(_authorization(request), API_TOKENS))
    await _count(request, server, live)
    _require_any(live.scopes, request.route_handler.opt["scopes"])
    subject, narrowed = live.stored.grant.subject, header_values(request.scope, NARROWED)
    if narrowed and subject.type is SubjectType.USER:
        roles = {narrowed[0]: roles[narrowed[0]]} if narrowed[0] in roles else {}
    return Caller(subject, roles, _actor(request, server, subject.user_id, live.stored.grant.client_id))


def header_values(scope: Any, name: bytes) -> list[str]:
    """The values of a header; the framework would first make something of all the others."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _actor(request: Request[Any, Any, Any], server: AuthorizationServer, user_id: str, client_id: str) -> Actor:
    """The place is asked for where something is written down: a call that reads goes without."""
    if request.method in _READING:
        return Actor(user_id, client_id)
    return visit_of(request, server.settings.trusted_proxies, server.clock()).by(user_id, client_id)


def _authorization(request: Request[Any, Any, Any]) -> str | None:
    values = header_values(request.scope, b"authorization")
    if len(values) > 1:
        raise InvalidRequest("The header Authorization is repeated.")
    return values[0] if values else None


async def _count(request: Request[Any, Any, Any], server: AuthorizationServer, live: LiveToken) -> None:
    """Count the call, whatever becomes of it, and say on its answer how many are left."""
    counted = await server.rate_limits.count_call(live.stored.grant.subject, live.stored.grant.client_id)
    if counted is None:
        return
    add_headers(request.scope, counted.headers)
    if not counted.standing.admitted:
        raise RateLimitExceeded(counted.quota.limit)


def _require_any(scopes: frozenset[str], admitted: list[str]) -> None:
    if admitted and scopes.isdisjoint(admitted):
        # Any one is enough; the challenge asks for the least.
        raise InsufficientScope(admitted[0])

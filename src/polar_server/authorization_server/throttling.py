"""Limits at the protocol's endpoints: calls of userinfo, and client authentication that fails (RFC 6749 §2.3.1)."""

from functools import lru_cache

import structlog

from polar_server.accounts.visits import client_address, neighbourhood, printable
from polar_server.audit import Actor
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.oauth.clients import Credentials
from polar_server.oauth.errors import InvalidClient, OAuthError
from polar_server.plain import Request

log = structlog.get_logger()


class TooManyRequests(OAuthError):
    """RFC 6585 §4. `retry_after` is in seconds."""

    code = "slow_down"
    status = 429

    def __init__(self, description: str, retry_after: int) -> None:
        super().__init__(description)
        self.retry_after = retry_after


def failed(server: AuthorizationServer, request: Request, credentials: Credentials, error: InvalidClient) -> OAuthError:
    """Count a failed authentication, and give the refusal to raise: the same one, or that it was one too many.

    Failures count for the client at its address, and the right secret always works: whoever guesses there, or behind
    the same proxy, locks nobody out. A secret has 147 random bits, so the limit is about load, not about luck.
    """
    client_id, address = credentials.client_id, address_of(server, request)
    wait = server.rate_limits.count_failure(client_id, address)
    if not wait:
        return error
    log.warning("throttled", what="client authentication", client_id=client_id, address=address, retry_after=wait)
    return TooManyRequests("Authentication failed too often from this address. Try again later.", wait)


def address_of(server: AuthorizationServer, request: Request) -> str:
    """The network address behind a request, as limits count it."""
    trusted = server.settings.trusted_proxies
    if not trusted:
        return _counted_address(request.peer, "", "")
    forwarded = b",".join(value for name, value in request.headers if name == b"x-forwarded-for")
    return _counted_address(request.peer, forwarded.decode("latin-1"), trusted)


@lru_cache(maxsize=1000)
def _counted_address(peer: str, forwarded: str, trusted_proxies: str) -> str:
    return neighbourhood(client_address(peer, forwarded, trusted_proxies))


def actor_of(server: AuthorizationServer, request: Request, user_id: str | None, client_id: str | None = None) -> Actor:
    """Who asks, as the audit log names them: the address itself, where limits count a neighbourhood."""
    forwarded = b",".join(value for name, value in request.headers if name == b"x-forwarded-for")
    address = client_address(request.peer, forwarded.decode("latin-1"), server.settings.trusted_proxies)
    agent = next((value.decode("latin-1") for name, value in request.headers if name == b"user-agent"), "")
    return Actor(user_id, client_id, address, printable(agent))

"""How refusals and authorization responses look on the wire (RFC 6749 §4.1.2 and §5.2, RFC 9207)."""

from urllib.parse import urlencode

import structlog

from polar_server.authorization_server.throttling import TooManyRequests
from polar_server.oauth import bearer
from polar_server.oauth.authorization import ReturnAddress
from polar_server.oauth.errors import InvalidClient, OAuthError
from polar_server.plain import OwnHeaders, Request, Response, json

log = structlog.get_logger()


def refusal(request: Request, error: OAuthError) -> Response:
    """The answer of a protocol endpoint to a request that it refuses."""
    log.info("refused", path=request.path, error=error.code, detail=error.detail, address=request.peer)
    own = [(b"retry-after", b"%d" % error.retry_after)] if isinstance(error, TooManyRequests) else []
    # RFC 6749 §5.2: a client that tried the Authorization header is told which scheme is meant.
    if isinstance(error, InvalidClient) and any(name == b"authorization" for name, _ in request.headers):
        own.append((b"www-authenticate", f'Basic realm="polar", error="{error.code}"'.encode("latin-1")))
    return json(error.as_dict(), error.status, own)


def bearer_refusal(request: Request, error: OAuthError, own: OwnHeaders = ()) -> Response:
    """The answer of a protected resource (RFC 6750 §3)."""
    log.info("refused", path=request.path, error=error.code, detail=error.detail, address=request.peer)
    body = error.as_dict()
    if isinstance(error, bearer.MissingToken):
        body = {"error": error.code, "detail": error.description}
    return json(body, error.status, [*own, (b"www-authenticate", bearer.challenge(error).encode("latin-1"))])


def authorization_parameters(to: ReturnAddress, issuer: str, members: dict[str, str]) -> dict[str, str]:
    """The parameters of an authorization response: with state as it came, and iss (RFC 9207 §2)."""
    state = {} if to.state is None else {"state": to.state}
    return {**members, **state, "iss": issuer}


def with_parameters(redirect_uri: str, parameters: dict[str, str]) -> str:
    """The redirect URI with the response in its query; a query that was registered stays (RFC 6749 §3.1.2)."""
    separator = "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{separator}{urlencode(parameters)}"

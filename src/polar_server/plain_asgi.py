"""The plain endpoints in front of the framework: found by exact path, answered without it."""

from collections.abc import Callable, Container, Mapping
from secrets import token_hex
from typing import Any

import structlog
from litestar import Litestar
from litestar.types import Receive, Send

from polar_server.database import Unavailable
from polar_server.oauth.errors import OAuthError, PayloadTooLarge, ServerError, TemporarilyUnavailable
from polar_server.plain import Endpoint, Headers, OwnHeaders, Request, Response, json

MAX_BODY = 65_536

# Browser apps are public clients: they may call these endpoints and the API, never with cookies.
_EXPOSED = (
    "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, Polar-Version, X-Request-Id, Content-Disposition, ETag"
)
# The last two go along with the parts of files.
_ALLOWED = (
    "Authorization, Content-Type, Polar-Version, Polar-Organization, "
    "X-Amz-Checksum-Sha256, X-Amz-Sdk-Checksum-Algorithm"
)
_CORS = ((b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED.encode()))
_PREFLIGHT = ((b"access-control-allow-headers", _ALLOWED.encode()), (b"access-control-max-age", b"600"))
_API = "/v1/"
# A browser asks before it calls; which methods an address really has, it learns by calling.
_API_PREFLIGHT = Response(204, b"", ((b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"), *_PREFLIGHT))
# Whatever answers below the API's path, an error included: nothing is kept or guessed at.
_API_HEADERS = [*_CORS, (b"cache-control", b"private, no-store"), (b"x-content-type-options", b"nosniff")]
# RFC 6797: a year over https alone; other names under the same domain are not ours to decide about.
_HSTS = ((b"strict-transport-security", b"max-age=31536000"),)
_ADDED = "polar_headers"

log = structlog.get_logger()


class PlainEndpoints:
    """An ASGI application: endpoints by path and method, and everything else for the framework.

    The endpoints of the paths `at_once` need no task, because they seldom wait: PlainProtocol begins them without one.
    """

    def __init__(
        self,
        server: Any,
        exact: Mapping[str, Mapping[str, Endpoint]],
        prefixes: Mapping[str, Mapping[str, Endpoint]],
        framework: Litestar,
        count_request: Callable[[int], None] = lambda _: None,
        at_once: Container[str] = (),
    ) -> None:
        self.server, self.framework, self._exact, self._prefixes = server, framework, exact, prefixes
        self.count_request, self.at_once = count_request, at_once
        self.urls = frozenset(path.encode() for path in exact)
        self._hsts = _HSTS if server.issuer.startswith("https://") else ()
        self._across_origins = (*self._hsts, *_CORS)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.framework(scope, receive, send)
            return
        methods = self._find(scope["path"])
        if methods is None:
            await self._hand_over(scope, receive, send)
            return
        await self._send(await self._answer(methods, scope, receive), scope, send)

    def headers_of(self, response: Response, asked: Headers) -> Headers:
        """The headers that a response leaves with, to a request with those headers."""
        length = (b"content-length", b"%d" % len(response.body))
        return [length, *response.headers, *response.own, *self.added_headers(asked)]

    def added_headers(self, asked: Headers) -> tuple[tuple[bytes, bytes], ...]:
        """Those that every answer has to a request with these headers."""
        return self._across_origins if _is_cross_origin(asked) else self._hsts

    async def _send(self, response: Response, scope: Any, send: Send) -> None:
        self.count_request(response.status)
        headers = self.headers_of(response, scope["headers"])
        start: Any = {"type": "http.response.start", "status": response.status, "headers": headers}
        await send(start)
        body: Any = {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body}
        await send(body)

    async def _hand_over(self, scope: Any, receive: Receive, send: Send) -> None:
        """The framework answers; its pages and every event in the log name the request by one id."""
        is_api = scope["path"].startswith(_API)
        if is_api and _is_preflight(scope):
            await self._send(_API_PREFLIGHT, scope, send)
            return
        if is_api and scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        request_id = scope["request_id"] = token_hex(8)
        named = (b"x-request-id", request_id.encode())
        scope[_ADDED] = [named, *(_API_HEADERS if is_api else ()), *self._hsts]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self.framework(scope, receive, self._with_added(scope, send))

    def _with_added(self, scope: Any, send: Send) -> Send:
        async def send_with_added(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.count_request(message["status"])
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(each for each in scope[_ADDED] if each[0] not in present)]
            await send(message)

        return send_with_added

    def _find(self, path: str) -> Mapping[str, Endpoint] | None:
        methods = self._exact.get(path)
        if methods is None:
            for prefix, found in self._prefixes.items():
                if path.startswith(prefix) and "/" not in path[len(prefix) :].rstrip("/"):
                    return found
        return methods

    async def _answer(self, methods: Mapping[str, Endpoint], scope: Any, receive: Receive) -> Response:
        client = scope["client"]
        body = await _body(receive) if scope["method"] in methods else b""
        request = Request(scope["method"], scope["path"], scope["headers"], body, client[0] if client else "")
        return await self.answer(request)

    async def answer(self, request: Request) -> Response:
        """What the endpoint answers, or why it cannot."""
        methods = self._find(request.path) or {}
        endpoint = methods.get(request.method)
        if endpoint is None:
            return _other_method(methods, request.method)
        if len(request.body) > MAX_BODY:
            too_large = PayloadTooLarge(f"The request is longer than {MAX_BODY} bytes.")
            return json(too_large.as_dict(), too_large.status)
        try:
            return await endpoint(self.server, request)
        except OAuthError as error:
            return json(error.as_dict(), error.status)
        except Unavailable as error:
            log.warning("unavailable", path=request.path, reason=str(error))
            busy = TemporarilyUnavailable("The server cannot answer now. Try again in a few seconds.")
            return json(busy.as_dict(), busy.status, [(b"retry-after", b"5")])
        except Exception:
            log.exception("unexpected", path=request.path)
            failed = ServerError("Something went wrong on our side.")
            return json(failed.as_dict(), failed.status)


def add_headers(scope: Any, headers: OwnHeaders) -> None:
    """Have the framework's answer carry these headers, whether it is a success or an error."""
    scope[_ADDED].extend(headers)


def _without_body(send: Send) -> Send:
    """What HEAD answers is what GET does, without the body (RFC 9110 §9.3.2)."""

    async def send_without_body(message: Any) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_without_body


def _is_cross_origin(headers: Headers) -> bool:
    """Whether a script of another origin asks (Fetch standard §3.2); most clients are servers, and read no CORS."""
    return b"origin" in [name for name, _ in headers]


def _is_preflight(scope: Any) -> bool:
    """Whether a browser asks if it may call (Fetch standard, CORS-preflight request)."""
    asked = b"access-control-request-method"
    return bool(scope["method"] == "OPTIONS") and any(name == asked for name, _ in scope["headers"])


def _other_method(methods: Mapping[str, Endpoint], method: str) -> Response:
    allowed = ", ".join([*methods, "OPTIONS"]).encode()
    if method == "OPTIONS":
        return Response(204, b"", ((b"allow", allowed), (b"access-control-allow-methods", allowed), *_PREFLIGHT))
    return Response(405, b"", ((b"allow", allowed),))


async def _body(receive: Receive) -> bytes:
    """The whole body, or a part of it that is longer than MAX_BODY bytes."""
    message: Any = await receive()
    body = bytearray(message.get("body", b""))
    while message.get("more_body") and len(body) <= MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
    return bytes(body)

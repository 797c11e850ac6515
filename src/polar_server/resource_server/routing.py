"""The API's router: what all resources share of headers, versions, refusals and dependencies."""

from collections.abc import Iterable
from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide
from litestar.exceptions import NotFoundException, ValidationException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from polar_server.allowed_methods import with_options
from polar_server.oauth import bearer
from polar_server.oauth.errors import InsufficientScope, InvalidToken, OAuthError
from polar_server.resource_server.authentication import header_values, identify
from polar_server.resource_server.bodies import MAX_BYTES
from polar_server.resource_server.errors import (
    ApiError,
    Issue,
    RequestBodyTooLarge,
    RequestValidationError,
    ResourceNotFound,
)
from polar_server.resource_server.lists import ask_page
from polar_server.resource_server.versions import VERSIONS


def api_router(routes: Iterable[HTTPRouteHandler]) -> Router:
    """All resources under one roof."""
    return Router(
        path="/",
        route_handlers=with_options(routes),
        dependencies={"caller": Provide(identify), "paging": Provide(ask_page, sync_to_thread=False)},
        exception_handlers={
            ApiError: refuse,
            OAuthError: refuse_token,
            ValidationException: refuse_parameters,
            RequestEntityTooLarge: refuse_length,
        },
        opt={"api": True},
        request_max_body_size=MAX_BYTES,
        middleware=[speak_version, refuse_nul],
    )


def speak_version(app: ASGIApp) -> ASGIApp:
    """Answer in the version that was asked for and say so; one that we do not speak is a place that does not exist."""

    async def with_version(scope: Scope, receive: Receive, send: Send) -> None:
        asked = next(iter(header_values(scope, b"polar-version")), VERSIONS[0])
        if asked not in VERSIONS:
            raise NotFoundException

        async def send_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"polar-version", asked.encode())]
            await send(message)

        await app(scope, receive, send_version)

    return with_version


def refuse_nul(app: ASGIApp) -> ASGIApp:
    """No text that we keep has a NUL in it, and PostgreSQL cannot even be asked for one."""

    async def without_nul(scope: Scope, receive: Receive, send: Send) -> None:
        if "\0" in scope["path"]:
            raise ResourceNotFound
        if b"%00" in scope["query_string"]:
            raise RequestValidationError([Issue(("query",), "The query holds the character NUL.")])
        await app(scope, receive, send)

    return without_nul


def refuse(_: Request[Any, Any, Any], error: ApiError) -> Response[Any]:
    """A refusal of ours."""
    return Response(error.body(), status_code=error.status)


def refuse_token(_: Request[Any, Any, Any], error: OAuthError) -> Response[Any]:
    """A refusal of RFC 6750 §3, with its challenge."""
    body: dict[str, str] = error.as_dict()
    if isinstance(error, bearer.MissingToken):
        body = {"error": error.code, "detail": error.description}
    if isinstance(error, InsufficientScope):
        # The generated clients decode a 403 as NotPermitted; the challenge carries the standard's own code.
        body = {"error": "insufficient_scope", "error_description": error.description, "detail": error.description}
    challenged = isinstance(error, bearer.MissingToken | InvalidToken | InsufficientScope)
    headers = {"WWW-Authenticate": bearer.challenge(error)} if challenged else {}
    return Response(body, status_code=error.status, headers=headers)


def refuse_parameters(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    """Query parameters that cannot be read, each named."""
    found = error.extra if isinstance(error.extra, list) else []
    issues = [Issue(("query", str(item.get("key", ""))), str(item.get("message", ""))) for item in found]
    return refuse(request, RequestValidationError(issues or [Issue(("query",), error.detail)]))


def refuse_length(request: Request[Any, Any, Any], _: RequestEntityTooLarge) -> Response[Any]:
    """A body over the limit, which the framework stopped reading."""
    return refuse(request, RequestBodyTooLarge("The body is longer than this server reads."))

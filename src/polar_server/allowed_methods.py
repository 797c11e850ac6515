"""The answer to OPTIONS: what may be done at an address (RFC 9110 §9.3.7)."""

from collections.abc import Iterable, Iterator

from litestar import HttpMethod, Response, Router, route
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

Route = BaseRouteHandler | Router


def with_options(routes: Iterable[Route]) -> list[Route]:
    """These routes, and before them one for OPTIONS for all addresses that allow the same methods.

    The framework would make one for each address: two in five of all handlers. Routers have added theirs already.
    """
    given = list(routes)
    return [*_options(one for one in given if isinstance(one, HTTPRouteHandler)), *given]


def _options(handlers: Iterable[HTTPRouteHandler]) -> Iterator[HTTPRouteHandler]:
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)
    paths: dict[str, list[str]] = {}
    for path, found in methods.items():
        allowed = ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))
        paths.setdefault(allowed, []).append(path)
    for allowed, alike in paths.items():
        yield _handler(alike, allowed)


def _handler(paths: list[str], allowed: str) -> HTTPRouteHandler:
    @route(paths, http_method=[HttpMethod.OPTIONS], status_code=204, scopes=[], include_in_schema=False)
    async def name_methods() -> Response[None]:
        return Response(None, status_code=204, headers={"Allow": allowed})

    return name_methods

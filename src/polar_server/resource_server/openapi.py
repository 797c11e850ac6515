"""The OpenAPI 3.1 document of the API: made from the routes that run, so that it says what they do."""

from collections.abc import Iterable, Iterator
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from polar_server import __version__
from polar_server.oauth import metadata, scopes
from polar_server.resource_server import openapi_oauth
from polar_server.resource_server.openapi_operations import PATH_PARAMETER, describe_operation
from polar_server.resource_server.openapi_refusals import REFUSALS, SCHEMAS
from polar_server.resource_server.openapi_schemas import Schemas
from polar_server.resource_server.versions import VERSIONS

Json = dict[str, Any]

_ABOUT = """The API that access tokens open. Get one with the authorization code flow, send it as
`Authorization: Bearer <token>`, and see at each operation what comes back when something is wrong.

A user token reaches every organization of its person, an organization token exactly one. What belongs to
somebody else looks as if it did not exist. Paths work with and without a slash at the end, money is in minor
units, and lists have `items` and `pagination`."""


_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


def api_handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """(path, method, handler) of every route of the API's router, in the order of paths and of reading."""
    found = [
        (route.path, method, handler)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and handler.opt.get("api")
        for method in handler.http_methods - {"OPTIONS"}
    ]
    yield from sorted(found, key=lambda place: (place[0], _METHODS.index(place[1])))


def document(handlers: Iterable[tuple[str, str, HTTPRouteHandler]], issuer: str) -> Json:
    """The document of these routes at a server of this issuer."""
    schemas, paths = Schemas(), dict[str, Json]()
    for path, method, handler in handlers:
        place = paths.setdefault(PATH_PARAMETER.sub(r"{\1}", path), {})
        place[method.lower()] = describe_operation(handler, path, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Polar API", "version": __version__, "description": _ABOUT},
        "servers": [{"url": issuer}],
        "paths": {**paths, **openapi_oauth.PATHS},
        "components": {
            "schemas": {**schemas.components(), **SCHEMAS, **openapi_oauth.SCHEMAS},
            "responses": REFUSALS,
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "securitySchemes": {"oauth2": _flow(issuer), **openapi_oauth.SECURITY_SCHEMES},
        },
    }


def _flow(issuer: str) -> Json:
    flow = {
        "authorizationUrl": issuer + metadata.AUTHORIZE,
        "tokenUrl": issuer + metadata.TOKEN,
        "refreshUrl": issuer + metadata.TOKEN,
        "scopes": {name: f"An app can {scope.words}." for name, scope in scopes.SCOPES.items()},
    }
    return {"type": "oauth2", "flows": {"authorizationCode": flow}}


_PARAMETERS: Json = {
    "Polar-Version": {
        "name": "Polar-Version",
        "in": "header",
        "description": "The version of the API to answer in; it is echoed. An unknown one is answered with 404.",
        "schema": {"type": "string", "enum": list(VERSIONS), "default": VERSIONS[0]},
    },
    "Polar-Organization": {
        "name": "Polar-Organization",
        "in": "header",
        "description": "Narrows the call of a user token to this organization.",
        "schema": {"type": "string"},
    },
}
_HEADERS: Json = {
    "RateLimit-Policy": {
        "description": "The limit by its name: `q` calls in `w` seconds, whichever these are.",
        "schema": {"type": "string"},
        "example": '"organization";q=5000;w=3600',
    },
    "RateLimit": {
        "description": "What is left of it: `r` calls, and `t` seconds until there is room for more.",
        "schema": {"type": "string"},
        "example": '"organization";r=4999;t=3654',
    },
    "Retry-After": {"description": "Seconds until a call is admitted again.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "The challenge of RFC 6750, section 3.", "schema": {"type": "string"}},
}

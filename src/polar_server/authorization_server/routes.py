"""Where the authorization server answers: the protocol's endpoints by exact path, and the pages."""

from collections.abc import Mapping

from litestar import Router
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from polar_server.accounts.desk import gather_desk, note_visit
from polar_server.allowed_methods import with_options
from polar_server.authorization_server import (
    authorize,
    check_token,
    connected_apps,
    consent,
    my_clients,
    secret_scanning,
)
from polar_server.authorization_server.introspect import introspect
from polar_server.authorization_server.register import configure, register
from polar_server.authorization_server.revoke import revoke
from polar_server.authorization_server.token import token
from polar_server.authorization_server.userinfo import userinfo
from polar_server.authorization_server.well_known import jwks, server_metadata
from polar_server.oauth import metadata
from polar_server.plain import Endpoint

_READ = ("GET", "HEAD")

EXACT: Mapping[str, Mapping[str, Endpoint]] = {
    metadata.TOKEN: {"POST": token},
    metadata.REVOKE: {"POST": revoke},
    metadata.INTROSPECT: {"POST": introspect},
    metadata.USERINFO: {"GET": userinfo, "POST": userinfo},
    metadata.REGISTER: {"POST": register},
    metadata.JWKS: dict.fromkeys(_READ, jwks),
    "/.well-known/openid-configuration": dict.fromkeys(_READ, server_metadata),
    "/.well-known/oauth-authorization-server": dict.fromkeys(_READ, server_metadata),
}
"""Path -> method -> endpoint."""

AT_ONCE = frozenset(EXACT) - {metadata.REGISTER}
"""Paths whose endpoints wait for nothing but the database, and use no timeout: with SQLite they need no task."""

PREFIXES: Mapping[str, Mapping[str, Endpoint]] = {
    metadata.REGISTER + "/": {"GET": configure, "PUT": configure, "DELETE": configure},
}

_FOUND_TOKENS = Router(
    "/",
    route_handlers=with_options([*check_token.routes, *secret_scanning.routes]),
    dependencies={
        "desk": Provide(gather_desk, sync_to_thread=False),
        "visit": Provide(note_visit, sync_to_thread=False),
    },
)

routes: list[BaseRouteHandler | Router] = [
    *authorize.routes,
    *consent.routes,
    *connected_apps.routes,
    *my_clients.routes,
    _FOUND_TOKENS,
]
"""The pages' handlers, for the framework."""

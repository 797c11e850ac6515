"""The client behind a request to a protocol endpoint (RFC 6749 §2.3)."""

from polar_server.authorization_server import client_queries
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.throttling import authentication_limited
from polar_server.oauth import clients
from polar_server.oauth.clients import Client, Credentials
from polar_server.oauth.errors import InvalidRequest
from polar_server.oauth.parameters import is_form, read_form
from polar_server.plain import Request


def form_of(request: Request) -> dict[str, str]:
    """The parameters of the body. The query is never read (RFC 6749 §2.3.1). Raises InvalidRequest."""
    if not is_form(request.header(b"content-type")):
        raise InvalidRequest("The body must be application/x-www-form-urlencoded.")
    return read_form(request.body)


def credentials_of(request: Request, form: dict[str, str]) -> Credentials:
    """What the request presents. Raises InvalidClient or InvalidRequest."""
    return clients.presented(request.header(b"authorization"), form)


async def authenticated_client(server: AuthorizationServer, request: Request, form: dict[str, str]) -> Client:
    """The client that the request proves. Raises InvalidClient, InvalidRequest or TooManyRequests."""
    credentials = credentials_of(request, form)
    with authentication_limited(server, request, credentials):
        async with server.database.read() as tx:
            client, secrets = await client_queries.find_client_and_secrets(tx, storable(credentials.client_id))
        return clients.authenticate(client, secrets, credentials, server.server_keys, int(server.clock()))


def storable(text: str) -> str:
    """Text that every engine takes as a parameter: PostgreSQL refuses NUL, and a lone surrogate is no UTF-8."""
    return text if text.isascii() and "\0" not in text else ""

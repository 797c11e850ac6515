"""The client behind a request to a protocol endpoint (RFC 6749 §2.3)."""

from typing import NamedTuple

from polar_server.accounts.roles import Role
from polar_server.authorization_server import token_queries
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.throttling import failed
from polar_server.oauth import clients, tokens
from polar_server.oauth.bearer import StoredToken
from polar_server.oauth.clients import Client, Credentials
from polar_server.oauth.errors import InvalidClient, InvalidRequest
from polar_server.oauth.parameters import is_form, read_form
from polar_server.oauth.tokens import ACCESS_TOKENS, REFRESH_TOKENS, Token
from polar_server.plain import Request


class Question(NamedTuple):
    """A client that proved itself, and the token it asks about: `token` as it came, `stored` as we keep it."""

    client: Client
    token: Token | None
    stored: StoredToken | None
    role: Role | None


def form_of(request: Request) -> dict[str, str]:
    """The parameters of the body. The query is never read (RFC 6749 §2.3.1). Raises InvalidRequest."""
    if not is_form(request.header(b"content-type")):
        raise InvalidRequest("The body must be application/x-www-form-urlencoded.")
    return read_form(request.body)


def credentials_of(request: Request, form: dict[str, str]) -> Credentials:
    """What the request presents. Raises InvalidClient or InvalidRequest."""
    return clients.presented(request.header(b"authorization"), form)


async def question_of(server: AuthorizationServer, request: Request, form: dict[str, str]) -> Question:
    """Who asks about which token, looked up together. Raises InvalidClient, InvalidRequest or TooManyRequests."""
    credentials = credentials_of(request, form)
    # The prefix tells the kind, so token_type_hint is not needed (RFC 7662 §2.1 and RFC 7009 §2.1 let us ignore it).
    token = tokens.parse(form.get("token", ""), ACCESS_TOKENS | REFRESH_TOKENS)
    found = await token_queries.find_question(server.database, storable(credentials.client_id), token)
    client, secrets = (found.client, found.secrets) if found else (None, None)
    try:
        client = clients.authenticate(client, secrets, credentials, server.server_keys, int(server.clock()))
    except InvalidClient as error:
        raise failed(server, request, credentials, error) from None
    assert found is not None, "an unknown client does not authenticate"
    return Question(client, token, found.stored, found.role)


def storable(text: str) -> str:
    """Text that every engine takes as a parameter: PostgreSQL refuses NUL, and a lone surrogate is no UTF-8."""
    return text if text.isascii() and "\0" not in text else ""

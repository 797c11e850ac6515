"""The registration endpoint (RFC 7591 §3) and a client's own configuration (RFC 7592 §2)."""

import json as json_module
from typing import Any

import structlog

from polar_server.accounts import guesses
from polar_server.accounts.guesses import Limits, Throttled
from polar_server.authorization_server import client_queries, clients
from polar_server.authorization_server.access import find_live_token
from polar_server.authorization_server.client_authentication import storable
from polar_server.authorization_server.clients import Ownership
from polar_server.authorization_server.responses import bearer_refusal, refusal
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.throttling import actor_of, address_of
from polar_server.oauth import bearer, metadata, registration, tokens
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.errors import AccessDenied, InvalidClientMetadata, InvalidRequest, InvalidToken, OAuthError
from polar_server.oauth.subjects import SubjectType
from polar_server.oauth.tokens import TokenKind
from polar_server.plain import Request, Response, json

log = structlog.get_logger()

_WINDOW = 3600


class TooManyRegistrations(OAuthError):
    """The address has used up its quota (RFC 7591 §5: rate limiting)."""

    code = "slow_down"
    status = 429


async def register(server: AuthorizationServer, request: Request) -> Response:
    """Register a client: for anyone when registration is open, else with the access token of a person."""
    try:
        owner_id = await _owner(server, request)
        if owner_id is None and (throttled := await _throttled(server, request)):
            error = TooManyRegistrations("This address has registered many clients. Try again later, or sign in first.")
            return json(error.as_dict(), error.status, [(b"retry-after", b"%d" % throttled.retry_after)])
        asked = registration.read(_json_body(request))
        ownership = Ownership(owner_id=owner_id, is_anonymous=owner_id is None)
        async with server.database.write() as tx:
            now_ms, actor = int(server.clock() * 1000), actor_of(server, request, owner_id)
            made = await clients.create_client(tx, server.server_keys, asked, ownership, now_ms, actor)
            client = await client_queries.find_client(tx, made.client_id)
        assert client is not None, "it was just stored"
        log.info("client_registered", client_id=made.client_id, owner=owner_id, address=request.peer)
        shown = _shown(server, client, made.registration_access_token)
        if made.client_secret is not None:
            shown |= {"client_secret": made.client_secret, "client_secret_expires_at": 0}
        return json(shown, _created_status(request))
    except (InvalidToken, bearer.MissingToken) as error:
        return bearer_refusal(request, error)
    except OAuthError as error:
        return refusal(request, error)


async def configure(server: AuthorizationServer, request: Request) -> Response:
    """Read, replace or delete a client with its registration access token (RFC 7592)."""
    try:
        client, text = await _configured_client(server, request)
        if request.method == "DELETE":
            async with server.database.write() as tx:
                actor = actor_of(server, request, None, client.client_id)
                await clients.delete_client(tx, client.client_id, actor, int(server.clock()))
            log.info("client_deleted", client_id=client.client_id)
            return Response(204, b"", ((b"cache-control", b"no-store"),))
        if request.method == "PUT":
            client = await _replaced(server, client, request)
        return json(_shown(server, client, text))
    except (InvalidToken, bearer.MissingToken) as error:
        return bearer_refusal(request, error)
    except OAuthError as error:
        return refusal(request, error)


async def _owner(server: AuthorizationServer, request: Request) -> str | None:
    """The person whose access token came with the request. Raises AccessDenied when one is needed."""
    authorization = request.header(b"authorization")
    if authorization is None:
        if server.settings.registration == "closed":
            raise AccessDenied("Registration is closed. Send the access token of a person, or ask the operator.")
        return None
    live = await find_live_token(server, bearer.token_of(authorization))
    subject = live.stored.grant.subject
    if subject.type is not SubjectType.USER:
        raise AccessDenied("A client belongs to a person: register it with a user access token.")
    return subject.user_id


async def _throttled(server: AuthorizationServer, request: Request) -> Throttled | None:
    address, quota = address_of(server, request), server.settings.registration_quota
    # Both limits are the address's: there is no account yet.
    limits = Limits(f"register:{address}", quota, f"register@{address}", quota, _WINDOW)
    return await guesses.count(server.database, limits, int(server.clock()))


async def _configured_client(server: AuthorizationServer, request: Request) -> tuple[RegisteredClient, str]:
    """The client and its registration access token. Raises InvalidToken, for an unknown client too."""
    client_id = storable(request.path.rstrip("/").rpartition("/")[2])
    scheme, _, text = (request.header(b"authorization") or "").partition(" ")
    if scheme.lower() != "bearer":
        raise bearer.MissingToken("Send the registration access token: Authorization: Bearer <token>.")
    if tokens.parse(text, TokenKind.REGISTRATION_TOKEN) is None:
        raise InvalidToken("not a registration access token")
    async with server.database.read() as tx:
        found = await client_queries.find_registration(tx, client_id)
    client, digest, key_id = found or (None, None, None)
    if client is None or not server.server_keys.matches(text, digest or "", key_id or server.server_keys.key_id):
        raise InvalidToken("the registration access token does not fit the client")
    return client, text


async def _replaced(server: AuthorizationServer, client: RegisteredClient, request: Request) -> RegisteredClient:
    body = _json_body(request)
    # RFC 7592 §2.2: the body names the client it is for.
    if not isinstance(body, dict) or body.get("client_id") != client.client_id:
        raise InvalidRequest("client_id is missing from the body or names another client.")
    asked = registration.read(body)
    async with server.database.write() as tx:
        # Whoever has the registration token speaks for the client (RFC 7592 §1.1).
        actor = actor_of(server, request, None, client.client_id)
        await clients.update_client(tx, client, asked, actor, int(server.clock()))
        replaced = await client_queries.find_client(tx, client.client_id)
    if replaced is None:
        raise InvalidToken("the client was deleted meanwhile")
    log.info("client_changed", client_id=client.client_id)
    return replaced


def _json_body(request: Request) -> Any:
    content_type = (request.header(b"content-type") or "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise InvalidClientMetadata("The body must be application/json.")
    try:
        return json_module.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise InvalidClientMetadata("The body is not JSON.") from error


def _shown(server: AuthorizationServer, client: RegisteredClient, registration_token: str) -> dict[str, Any]:
    return {
        **clients.describe(client),
        "registration_access_token": registration_token,
        "registration_client_uri": f"{server.issuer}{metadata.REGISTER}/{client.client_id}",
    }


def _created_status(request: Request) -> int:
    """201 (RFC 7591 §3.2.1), but 200 for the generated SDKs, which take a 201 for a failure."""
    agent = next((value for name, value in request.headers if name == b"user-agent"), b"")
    return 200 if agent.startswith(b"speakeasy-sdk/") else 201

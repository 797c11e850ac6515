"""The token endpoint (RFC 6749 §3.2)."""

import asyncio

from polar_server.authorization_server.client_authentication import credentials_of, form_of
from polar_server.authorization_server.client_events import note_refusal
from polar_server.authorization_server.issuing import Issued
from polar_server.authorization_server.redeem import redeem
from polar_server.authorization_server.refresh import refresh
from polar_server.authorization_server.responses import refusal
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.throttling import failed
from polar_server.database import UniqueViolation
from polar_server.oauth import id_token
from polar_server.oauth.clients import Credentials
from polar_server.oauth.errors import InvalidClient, InvalidRequest, OAuthError, UnsupportedGrantType
from polar_server.plain import Request, Response, json


async def token(server: AuthorizationServer, request: Request) -> Response:
    """Exchange a code or a refresh token for tokens."""
    try:
        form = form_of(request)
        credentials = credentials_of(request, form)
        issued = await _issue(server, request, credentials, form)
        return json(await _answer(server, issued))
    except OAuthError as error:
        note_refusal(server, request, error)
        return refusal(request, error)


async def _issue(
    server: AuthorizationServer, request: Request, credentials: Credentials, form: dict[str, str]
) -> Issued:
    try:
        return await _grant(server, credentials, form)
    except InvalidClient as error:
        raise failed(server, request, credentials, error) from None
    except UniqueViolation:
        # Two ids of one millisecond drew the same 24 bits. Nothing was stored; draw again.
        return await _grant(server, credentials, form)


async def _grant(server: AuthorizationServer, credentials: Credentials, form: dict[str, str]) -> Issued:
    match form.get("grant_type"):
        case "authorization_code":
            return await redeem(server, credentials, form)
        case "refresh_token":
            return await refresh(server, credentials, form)
        case None:
            raise InvalidRequest("grant_type is missing.")
        case _:
            raise UnsupportedGrantType("grant_type must be authorization_code or refresh_token.")


async def _answer(server: AuthorizationServer, issued: Issued) -> dict[str, object]:
    """The members of a successful response (§5.1)."""
    members: dict[str, object] = {
        "access_token": issued.pair.access_token.text,
        "token_type": "Bearer",
        "expires_in": max(0, issued.expires_at - issued.now),
        "scope": issued.scope,
    }
    if issued.pair.refresh_token is not None:
        members["refresh_token"] = issued.pair.refresh_token.text
    if "openid" in issued.scope.split(" "):
        members["id_token"] = await _id_token(server, issued)
    return members


async def _id_token(server: AuthorizationServer, issued: Issued) -> str:
    """OpenID Connect Core §3.1.3.3 and, after a refresh, §12.2."""
    claims = id_token.claims(
        server.issuer,
        issued.client.client_id,
        issued.grant.subject,
        auth_time=issued.auth_time,
        nonce=issued.nonce,
        access_token=issued.pair.access_token.text,
        lifetime=server.settings.id_token_lifetime,
        now=issued.now,
    )
    key = server.signing_keys.active(issued.client.id_token_alg, issued.now)
    if key.algorithm == "ES256":
        return id_token.sign(claims, key)
    # RSA takes a millisecond and releases the GIL: the loop goes on meanwhile.
    return await asyncio.get_running_loop().run_in_executor(None, id_token.sign, claims, key)

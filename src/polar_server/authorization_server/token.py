"""The token endpoint (RFC 6749 §3.2)."""

import asyncio
from dataclasses import dataclass
from typing import NoReturn

import structlog

from polar_server.accounts.roles import Role, allowed_scopes
from polar_server.authorization_server import queries
from polar_server.authorization_server.client_authentication import credentials_of, form_of, storable
from polar_server.authorization_server.queries import NewTokens
from polar_server.authorization_server.responses import refusal
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.throttling import authentication_limited
from polar_server.oauth import clients, grants, id_token, scopes, tokens
from polar_server.oauth.clients import Client, Credentials
from polar_server.oauth.errors import InvalidGrant, InvalidRequest, OAuthError, UnsupportedGrantType
from polar_server.oauth.grants import (
    Grant,
    Repeated,
    Replayed,
    StoredCode,
    StoredRefreshToken,
    TokenPair,
)
from polar_server.oauth.tokens import REFRESH_TOKENS, TokenKind
from polar_server.plain import Request, Response, json

log = structlog.get_logger()

_ENTROPY = tokens.ENTROPY_BYTES + tokens.RANDOM_BYTES


@dataclass(frozen=True, slots=True)
class Issued:
    """What a successful request answers with. `expires_at` is the access token's, in seconds."""

    client: Client
    grant: Grant
    pair: TokenPair
    scope: str
    auth_time: int
    nonce: str | None
    expires_at: int


async def token(server: AuthorizationServer, request: Request) -> Response:
    """Exchange a code or a refresh token for tokens."""
    try:
        form = form_of(request)
        credentials = credentials_of(request, form)
        with authentication_limited(server, request, credentials):
            issued = await _issue(server, credentials, form)
        return json(await _answer(server, issued))
    except OAuthError as error:
        return refusal(request, error)


async def _issue(server: AuthorizationServer, credentials: Credentials, form: dict[str, str]) -> Issued:
    match form.get("grant_type"):
        case "authorization_code":
            return await _redeem(server, credentials, form)
        case "refresh_token":
            return await _refresh(server, credentials, form)
        case None:
            raise InvalidRequest("grant_type is missing.")
        case _:
            raise UnsupportedGrantType("grant_type must be authorization_code or refresh_token.")


async def _redeem(server: AuthorizationServer, credentials: Credentials, form: dict[str, str]) -> Issued:
    """The authorization_code grant (§4.1.3)."""
    code, now = form.get("code"), int(server.clock())
    presented = tokens.parse(code or "", TokenKind.AUTHORIZATION_CODE)
    code_id = presented.id if presented else ""
    async with server.database.read() as tx:
        found = await queries.find_code(tx, storable(credentials.client_id), code_id)
    client = _authenticate(server, credentials, found, now)
    client.require_grant_type("authorization_code")
    if code is None:
        raise InvalidRequest("code is missing.")
    assert found is not None, "an unknown client does not authenticate"
    decision = grants.redeem(code, found.code, client.client_id, form, server.server_keys, now)
    if isinstance(decision, Replayed):
        await _end(server, decision, now)
    stored = decision.code
    pair = grants.issue(
        stored.grant.subject.type,
        int(server.clock() * 1000),
        server.entropy(_ENTROPY),
        with_refresh_token="refresh_token" in client.grant_types,
    )
    issued = _issued(
        server, client, stored, pair, scope=_effective(stored.grant.scope, found.role), nonce=stored.nonce, now=now
    )
    new = _new_tokens(server, issued, now)
    async with server.database.statement() as tx:
        won = await queries.redeem_code(tx, stored.id, new)
    if not won:
        # Somebody redeemed it between our look and our write: that is a replay, seen late (§4.1.2).
        await _end(server, Replayed(stored.grant, "the code was redeemed at the same moment"), now)
    return issued


async def _refresh(server: AuthorizationServer, credentials: Credentials, form: dict[str, str]) -> Issued:
    """The refresh_token grant (§6)."""
    presented = tokens.parse(form.get("refresh_token", ""), REFRESH_TOKENS)
    while True:
        now = int(server.clock())
        async with server.database.read() as tx:
            found = await queries.find_refresh_token(
                tx, storable(credentials.client_id), presented.id if presented else ""
            )
        client = _authenticate(server, credentials, found, now)
        client.require_grant_type("refresh_token")
        if "refresh_token" not in form:
            raise InvalidRequest("refresh_token is missing.")
        assert found is not None, "an unknown client does not authenticate"
        issued = await _rotate_or_repeat(server, client, found, form, now)
        if issued is not None:
            return issued
        # Another request rotated it between our look and our write; the next look finds its successor.


async def _rotate_or_repeat(
    server: AuthorizationServer, client: Client, found: queries.FoundRefreshToken, form: dict[str, str], now: int
) -> Issued | None:
    """The next pair, or the same one again within the grace period; None when the race for the rotation was lost."""
    keys, grace, presented = server.server_keys, server.settings.refresh_grace, form["refresh_token"]
    decision = grants.refresh(presented, found.refresh_token, client.client_id, form.get("scope"), grace, keys, now)
    if isinstance(decision, Replayed):
        await _end(server, decision, now)
    stored, sub_type = decision.refresh_token, decision.refresh_token.grant.subject.type
    if isinstance(decision, Repeated):
        assert stored.successor_id is not None, "it was rotated"
        assert stored.successor_expires_at is not None, "its successor is still kept"
        pair = grants.succeed(presented, stored.successor_id, sub_type, keys, stored.key_id)
        scope = _effective(decision.scope, found.role)
        return Issued(client, stored.grant, pair, scope, stored.auth_time, None, stored.successor_expires_at)
    pair_id = tokens.new_id(int(server.clock() * 1000), server.entropy(3))
    pair = grants.succeed(presented, pair_id, sub_type, keys, stored.key_id)
    issued = _issued(server, client, stored, pair, scope=_effective(decision.scope, found.role), nonce=None, now=now)
    new = _new_tokens(server, issued, now)
    async with server.database.statement() as tx:
        won = await queries.rotate_refresh_token(tx, stored.id, new)
    return issued if won else None


def _authenticate(
    server: AuthorizationServer,
    credentials: Credentials,
    found: queries.FoundCode | queries.FoundRefreshToken | None,
    now: int,
) -> Client:
    client, secrets = (found.client, found.secrets) if found else (None, None)
    return clients.authenticate(client, secrets, credentials, server.server_keys, now)


async def _end(server: AuthorizationServer, replayed: Replayed, now: int) -> NoReturn:
    """End the grant, and only then refuse: an exception inside the transaction would undo the revocation."""
    async with server.database.statement() as tx:
        await queries.revoke_grant(tx, replayed.grant.id, "replay", now)
    log.warning("replay", grant=replayed.grant.id, client_id=replayed.grant.client_id, detail=replayed.detail)
    raise InvalidGrant(replayed.detail)


def _effective(scope: str, role: Role | None) -> str:
    """What of the granted scope the person's role in the organization still covers; all of it for a person."""
    if role is None:
        return scope
    return scopes.text(allowed_scopes(role, frozenset(scope.split())))


def _issued(
    server: AuthorizationServer,
    client: Client,
    used: StoredCode | StoredRefreshToken,
    pair: TokenPair,
    *,
    scope: str,
    nonce: str | None,
    now: int,
) -> Issued:
    expires_at = now + server.settings.access_token_lifetime
    return Issued(client, used.grant, pair, scope, used.auth_time, nonce, expires_at)


def _new_tokens(server: AuthorizationServer, issued: Issued, now: int) -> NewTokens:
    keys, pair, lifetime = server.server_keys, issued.pair, server.settings.refresh_token_lifetime
    return NewTokens(
        pair_id=pair.access_token.id,
        access_digest=keys.digest(pair.access_token.text),
        refresh_digest=keys.digest(pair.refresh_token.text) if pair.refresh_token else None,
        key_id=keys.key_id,
        grant_id=issued.grant.id,
        scope=issued.scope,
        auth_time=issued.auth_time,
        now=now,
        access_expires_at=issued.expires_at,
        refresh_expires_at=now + lifetime if lifetime else None,
    )


async def _answer(server: AuthorizationServer, issued: Issued) -> dict[str, object]:
    """The members of a successful response (§5.1)."""
    now = int(server.clock())
    members: dict[str, object] = {
        "access_token": issued.pair.access_token.text,
        "token_type": "Bearer",
        "expires_in": max(0, issued.expires_at - now),
        "scope": issued.scope,
    }
    if issued.pair.refresh_token is not None:
        members["refresh_token"] = issued.pair.refresh_token.text
    if "openid" in issued.scope.split(" "):
        members["id_token"] = await _id_token(server, issued, now)
    return members


async def _id_token(server: AuthorizationServer, issued: Issued, now: int) -> str:
    """OpenID Connect Core §3.1.3.3 and, after a refresh, §12.2."""
    claims = id_token.claims(
        server.issuer,
        issued.client.client_id,
        issued.grant.subject,
        auth_time=issued.auth_time,
        nonce=issued.nonce,
        access_token=issued.pair.access_token.text,
        lifetime=server.settings.id_token_lifetime,
        now=now,
    )
    key = server.signing_keys.active(issued.client.id_token_alg, now)
    if key.algorithm == "ES256":
        return id_token.sign(claims, key)
    # RSA takes a millisecond and releases the GIL: the loop goes on meanwhile.
    return await asyncio.get_running_loop().run_in_executor(None, id_token.sign, claims, key)

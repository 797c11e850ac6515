"""Clients: made, changed, given new secrets, deleted (RFC 6749 §2, RFC 7591 §3)."""

import json
import os
from dataclasses import dataclass
from typing import Any

from polar_server.audit import About, Actor, record
from polar_server.authorization_server import client_queries as queries
from polar_server.database import Transaction
from polar_server.oauth import tokens
from polar_server.oauth.clients import AuthMethod, RegisteredClient, secret_digest
from polar_server.oauth.errors import InvalidClientMetadata
from polar_server.oauth.registration import ClientMetadata, shown_auth_method
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import Mint, TokenKind

SECRET_OVERLAP = 86_400
"""Seconds for which the previous secret works after a rotation, unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """What a client cannot say about itself. `is_anonymous` marks open registration without an account."""

    owner_id: str | None = None
    is_anonymous: bool = False
    require_pkce: bool = True
    is_resource_server: bool = False


@dataclass(frozen=True, slots=True)
class CreatedClient:
    """A new client with what is shown only once. The repr shows no secret."""

    client_id: str
    client_secret: str | None
    registration_access_token: str

    def __repr__(self) -> str:
        return f"<CreatedClient {self.client_id}>"


async def create_client(
    tx: Transaction,
    server_keys: ServerKeys,
    metadata: ClientMetadata,
    ownership: Ownership,
    now_ms: int,
    actor: Actor | None = None,
    *,
    made: CreatedClient | None = None,
) -> CreatedClient:
    """Store a new client. A public one gets no secret (RFC 6749 §2.1). Without an actor, its owner made it.

    `made` is what was minted for it already. Raises UniqueViolation when that one is stored.
    """
    made = made or mint_client(metadata, _fresh(now_ms))
    client_id, secret, registration_token = made.client_id, made.client_secret, made.registration_access_token
    await queries.add_client(
        tx,
        client_id=client_id,
        **_columns(metadata),
        require_pkce=ownership.require_pkce,
        is_resource_server=ownership.is_resource_server,
        is_anonymous=ownership.is_anonymous,
        owner_id=ownership.owner_id,
        secret_id=None if secret is None else _id_of(secret),
        secret_digest=None if secret is None else secret_digest(client_id, secret, server_keys),
        secret_key_id=None if secret is None else server_keys.key_id,
        registration_id=_id_of(registration_token),
        registration_digest=server_keys.digest(registration_token),
        registration_key_id=server_keys.key_id,
        now=now_ms // 1000,
    )
    about = About(user_id=ownership.owner_id, id=client_id, name=metadata.client_name)
    await record(tx, actor or Actor(ownership.owner_id), "client.created", about, now_ms // 1000)
    return made


def mint_client(metadata: ClientMetadata, mint: Mint) -> CreatedClient:
    """The id and the secrets of a client that is not stored yet."""
    is_public = metadata.token_endpoint_auth_method is AuthMethod.NONE
    return CreatedClient(
        mint(TokenKind.CLIENT_ID).text,
        None if is_public else mint(TokenKind.CLIENT_SECRET).text,
        mint(TokenKind.REGISTRATION_TOKEN).text,
    )


async def update_client(
    tx: Transaction,
    client: RegisteredClient,
    metadata: ClientMetadata,
    actor: Actor,
    now: int,
    require_pkce: bool | None = None,
) -> None:
    """Replace a client's metadata (RFC 7592 §2.2). Whether it needs PKCE stays as it is, unless it is said.

    Raises InvalidClientMetadata when a public client would become confidential, or the other way round.
    """
    if client.is_public is not (metadata.token_endpoint_auth_method is AuthMethod.NONE):
        raise InvalidClientMetadata(
            "token_endpoint_auth_method cannot change between none and a secret; register another client."
        )
    columns = {**_columns(metadata), "require_pkce": require_pkce, "now": now}
    if await queries.update_client(tx, client_id=client.client_id, **columns):
        await record(tx, actor, "client.updated", _about(client), now)


async def delete_client(tx: Transaction, client_id: str, actor: Actor, now: int) -> bool:
    """Delete a client, whose tokens die with it. False when there is none."""
    client = await queries.find_client(tx, client_id)
    if client is None or not await queries.delete_client(tx, client_id, now):
        return False
    await record(tx, actor, "client.deleted", _about(client), now)
    return True


async def disable_client(tx: Transaction, client: RegisteredClient, actor: Actor, now: int) -> bool:
    """Shut a client out: nobody signs in to it, and its tokens are dead. False when there is none."""
    if not await queries.disable_client(tx, client.client_id, now):
        return False
    await record(tx, actor, "client.disabled", _about(client), now)
    return True


async def enable_client(tx: Transaction, client_id: str, actor: Actor, now: int) -> bool:
    """Let a client in again; tokens that did not end meanwhile work as before. False when it was not disabled."""
    if not await queries.enable_client(tx, client_id):
        return False
    client = await queries.find_client(tx, client_id)
    assert client is not None, "it has just been enabled"
    await record(tx, actor, "client.enabled", _about(client), now)
    return True


async def rotate_secret(
    tx: Transaction,
    server_keys: ServerKeys,
    client_id: str,
    now_ms: int,
    overlap: int = SECRET_OVERLAP,
    actor: Actor | None = None,
    *,
    mint: Mint | None = None,
) -> str | None:
    """Give a client a new secret, which is shown only now. None when there is no such confidential client.

    The previous one works for `overlap` seconds more, so that nothing stands still while it is replaced.
    Without an actor, whoever has it replaced records why.
    """
    secret, now = (mint or _fresh(now_ms))(TokenKind.CLIENT_SECRET).text, now_ms // 1000
    digest = secret_digest(client_id, secret, server_keys)
    rotated = await queries.rotate_secret(
        tx,
        client_id=client_id,
        id=_id_of(secret),
        digest=digest,
        key_id=server_keys.key_id,
        previous_expires_at=now + overlap,
        now=now,
    )
    if rotated and actor is not None:
        client = await queries.find_client(tx, client_id)
        assert client is not None, "it has just got a secret"
        await record(tx, actor, "client.secret_rotated", _about(client), now, overlap=overlap)
    return secret if rotated else None


async def replace_secret(
    tx: Transaction,
    server_keys: ServerKeys,
    client: RegisteredClient,
    actor: Actor,
    now_ms: int,
    *,
    mint: Mint | None = None,
) -> str | None:
    """Another secret in place of the present one, which nobody kept; the one before goes on working as it did.

    None when the one before does not work any more. `now_ms` is epoch milliseconds.
    """
    secret, now = (mint or _fresh(now_ms))(TokenKind.CLIENT_SECRET).text, now_ms // 1000
    replaced = await queries.replace_secret(
        tx,
        client_id=client.client_id,
        id=_id_of(secret),
        digest=secret_digest(client.client_id, secret, server_keys),
        key_id=server_keys.key_id,
        now=now,
    )
    if not replaced:
        return None
    await record(tx, actor, "client.secret_rotated", _about(client), now)
    return secret


async def end_previous_secret(tx: Transaction, client: RegisteredClient, actor: Actor, now: int) -> bool:
    """End the secret before the present one at once. False when none works any more."""
    if not await queries.end_previous_secret(tx, client.client_id, now):
        return False
    await record(tx, actor, "client.secret_ended", _about(client), now)
    return True


async def renew_registration_token(
    tx: Transaction,
    server_keys: ServerKeys,
    client: RegisteredClient,
    actor: Actor,
    now_ms: int,
    *,
    mint: Mint | None = None,
) -> str | None:
    """A new registration access token (RFC 7592 §3), shown only now; the earlier one is dead.

    None when the client is gone. `now_ms` is epoch milliseconds.
    """
    token, now = (mint or _fresh(now_ms))(TokenKind.REGISTRATION_TOKEN).text, now_ms // 1000
    renewed = await queries.renew_registration(
        tx,
        client_id=client.client_id,
        id=_id_of(token),
        digest=server_keys.digest(token),
        key_id=server_keys.key_id,
        now=now,
    )
    if not renewed:
        return None
    await record(tx, actor, "client.registration_renewed", _about(client), now)
    return token


def describe(client: RegisteredClient) -> dict[str, Any]:
    """A client as registration, the list of one's clients and the command line show it: no secret, no digest."""
    members: dict[str, Any] = {
        "client_id": client.client_id,
        "client_id_issued_at": client.created_at,
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "token_endpoint_auth_method": shown_auth_method(client.auth_method),
        "grant_types": client.grant_types.split(" "),
        "response_types": ["code"],
        "scope": client.scope,
        "client_uri": client.client_uri,
        "logo_uri": client.logo_uri,
        "policy_uri": client.policy_uri,
        "tos_uri": client.tos_uri,
        "default_sub_type": client.default_sub_type.value,
        "id_token_signed_response_alg": client.id_token_alg,
    }
    return {name: value for name, value in members.items() if value is not None}


def _about(client: RegisteredClient) -> About:
    return About(user_id=client.owner_id, id=client.client_id, name=client.name)


def _columns(metadata: ClientMetadata) -> dict[str, Any]:
    return {
        "name": metadata.client_name,
        "auth_method": metadata.token_endpoint_auth_method.value,
        "grant_types": " ".join(metadata.grant_types),
        "redirect_uris": json.dumps(metadata.redirect_uris),
        "scope": metadata.scope,
        "default_sub_type": metadata.default_sub_type.value,
        "id_token_alg": metadata.id_token_signed_response_alg,
        "client_uri": metadata.client_uri,
        "logo_uri": metadata.logo_uri,
        "policy_uri": metadata.policy_uri,
        "tos_uri": metadata.tos_uri,
    }


def _id_of(text: str) -> str:
    return text[-tokens.BODY_LENGTH :][: tokens.ID_LENGTH]


def _fresh(now_ms: int) -> Mint:
    return tokens.minting(now_ms, os.urandom)

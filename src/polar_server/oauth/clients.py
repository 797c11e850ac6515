"""Clients and how they authenticate (RFC 6749 §2)."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from polar_server.oauth.errors import InvalidClient, InvalidRequest, UnauthorizedClient
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.subjects import SubjectType

# RFC 6749 appendix A.1 without the space; a name in another alphabet is nobody's, and NUL would break the lookup.
_CLIENT_ID = re.compile(r"[\x21-\x7E]{1,200}")
# A digest of nothing: comparing with it takes as long as comparing with a real one.
_NO_DIGEST = "0" * 64


class AuthMethod(StrEnum):
    """How a client proves itself at the token endpoint (RFC 7591 §2)."""

    NONE = "none"
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a registered name
    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105
    # Never on the wire: a client that was not registered by RFC 7591 may present its secret either way.
    CLIENT_SECRET_ANY = "client_secret"  # noqa: S105


class ClientSecrets(NamedTuple):
    """What we keep of a client's secrets. During a rotation the previous one works until `previous_expires_at`."""

    digest: str | None
    key_id: str | None
    previous_digest: str | None = None
    previous_key_id: str | None = None
    previous_expires_at: int | None = None


@dataclass(frozen=True)
class Client:
    """What decides over a client's requests with tokens. Lists are kept in their wire form until somebody asks."""

    client_id: str
    auth_method: AuthMethod
    grant_types: str
    scope: str
    id_token_alg: str
    is_resource_server: bool

    @property
    def is_public(self) -> bool:
        """Whether the client has no secret (RFC 6749 §2.1)."""
        return self.auth_method == AuthMethod.NONE

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scope.split())

    def require_grant_type(self, grant_type: str) -> None:
        """Raises UnauthorizedClient when the client did not register this grant type (RFC 6749 §5.2)."""
        if grant_type not in self.grant_types.split(" "):
            raise UnauthorizedClient(f"The client is not registered for the grant type {grant_type}.")


@dataclass(frozen=True)
class RegisteredClient(Client):
    """A client with all that was registered of it: where people are sent back to, and what they are shown."""

    name: str
    redirect_uris_json: str
    default_sub_type: SubjectType
    require_pkce: bool
    is_anonymous: bool
    owner_id: str | None
    client_uri: str | None
    logo_uri: str | None
    policy_uri: str | None
    tos_uri: str | None
    created_at: int
    modified_at: int | None

    @cached_property
    def redirect_uris(self) -> tuple[str, ...]:
        return tuple(json.loads(self.redirect_uris_json))


class Credentials(NamedTuple):
    """What a request presents: never both ways at once (RFC 6749 §2.3)."""

    client_id: str
    secret: str | None
    method: AuthMethod


def presented(authorization: str | None, form: Mapping[str, str]) -> Credentials:
    """The client credentials of a request. Raises InvalidClient, or InvalidRequest for two methods at once."""
    credentials = _from_form(form) if authorization is None else _from_basic(authorization, form)
    if not is_client_id(credentials.client_id):
        raise InvalidClient("Client authentication failed.", detail="what was sent cannot be a client_id")
    return credentials


def is_client_id(text: str) -> bool:
    """Whether a text can be a client_id: worth a lookup."""
    return _CLIENT_ID.fullmatch(text) is not None


def _from_form(form: Mapping[str, str]) -> Credentials:
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if client_id is None:
        raise InvalidClient("Client authentication is missing.")
    return Credentials(client_id, secret, AuthMethod.NONE if secret is None else AuthMethod.CLIENT_SECRET_POST)


def _from_basic(authorization: str, form: Mapping[str, str]) -> Credentials:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient("The Authorization header must use the Basic scheme.")
    try:
        pair = base64.b64decode(encoded.strip(" "), validate=True).decode("utf-8")
        client_id, colon, secret = pair.partition(":")
        # RFC 6749 §2.3.1: both halves are form-encoded first.
        client_id, secret = _form_decoded(client_id), _form_decoded(secret)
    except ValueError as error:  # not base64, or not UTF-8
        raise InvalidClient("The Basic credentials are malformed.") from error
    if not colon:
        raise InvalidClient("The Basic credentials are malformed.")
    if "client_secret" in form:
        raise InvalidRequest("The client authenticates in two ways at once.")
    if form.get("client_id", client_id) != client_id:
        raise InvalidRequest("client_id differs from the client that authenticates.")
    return Credentials(client_id, secret, AuthMethod.CLIENT_SECRET_BASIC)


def authenticate(
    client: Client | None, secrets: ClientSecrets | None, credentials: Credentials, keys: ServerKeys, now: int
) -> Client:
    """The client that the credentials prove. Raises InvalidClient, after the same work for every reason."""
    proved = _secret_matches(secrets, credentials, keys, now)
    if client is None:
        raise InvalidClient("Client authentication failed.", detail="unknown client")
    if client.is_public:
        if credentials.secret is not None:
            raise InvalidClient("Client authentication failed.", detail="a public client sent a secret")
        return client
    if credentials.secret is None:
        raise InvalidClient("Client authentication failed.", detail="a confidential client sent no secret")
    if not proved:
        raise InvalidClient("Client authentication failed.", detail="wrong secret")
    if client.auth_method not in (credentials.method, AuthMethod.CLIENT_SECRET_ANY):
        raise InvalidClient(f"The client is registered for {client.auth_method}, not for {credentials.method}.")
    return client


def secret_digest(client_id: str, secret: str, keys: ServerKeys) -> str:
    """What we keep of a secret. Bound to its client: a row's digest is worth nothing in another row."""
    return keys.digest(f"{client_id} {secret}")


def _secret_matches(secrets: ClientSecrets | None, credentials: Credentials, keys: ServerKeys, now: int) -> bool:
    kept = secrets or ClientSecrets(None, None)
    text = f"{credentials.client_id} {credentials.secret or ''}"
    current = keys.matches(text, kept.digest or _NO_DIGEST, kept.key_id or keys.key_id)
    if current or kept.previous_digest is None or kept.previous_key_id is None:
        return current
    alive = kept.previous_expires_at is not None and now < kept.previous_expires_at
    return keys.matches(text, kept.previous_digest, kept.previous_key_id) and alive


def _form_decoded(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")

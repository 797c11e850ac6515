"""Client registration: what a client may say about itself (RFC 7591 §2, RFC 7592 §2.2)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from polar_server.oauth import redirect_uris, scopes
from polar_server.oauth.clients import AuthMethod
from polar_server.oauth.errors import InvalidClientMetadata, InvalidRedirectUri
from polar_server.oauth.subjects import SubjectType

MAX_NAME = 100
MAX_URI = 2000
GRANT_TYPES = ("authorization_code", "refresh_token")
AUTH_METHODS = (AuthMethod.CLIENT_SECRET_BASIC, AuthMethod.CLIENT_SECRET_POST, AuthMethod.NONE)
ID_TOKEN_ALGORITHMS = ("RS256", "ES256")


@dataclass(frozen=True, slots=True)
class ClientMetadata:
    """The accepted metadata. What is not listed here cannot be set by a client (no mass assignment)."""

    client_name: str
    redirect_uris: tuple[str, ...]
    token_endpoint_auth_method: AuthMethod
    grant_types: tuple[str, ...]
    response_types: tuple[str, ...]
    scope: str
    client_uri: str | None
    logo_uri: str | None
    policy_uri: str | None
    tos_uri: str | None
    default_sub_type: SubjectType
    id_token_signed_response_alg: str

    def as_dict(self) -> dict[str, object]:
        """The members of a registration response (RFC 7591 §3.2.1); unset ones are left out."""
        members: dict[str, object] = {
            "client_name": self.client_name,
            "redirect_uris": list(self.redirect_uris),
            "token_endpoint_auth_method": shown_auth_method(self.token_endpoint_auth_method),
            "grant_types": list(self.grant_types),
            "response_types": list(self.response_types),
            "scope": self.scope,
            "client_uri": self.client_uri,
            "logo_uri": self.logo_uri,
            "policy_uri": self.policy_uri,
            "tos_uri": self.tos_uri,
            "default_sub_type": self.default_sub_type,
            "id_token_signed_response_alg": self.id_token_signed_response_alg,
        }
        return {name: value for name, value in members.items() if value is not None}


def shown_auth_method(method: AuthMethod) -> str:
    """The registered name of the method; a client that may choose is told the one every client knows."""
    return AuthMethod.CLIENT_SECRET_BASIC if method is AuthMethod.CLIENT_SECRET_ANY else method


def read(body: object) -> ClientMetadata:
    """The metadata of a registration request, completed with defaults.

    Raises InvalidClientMetadata or InvalidRedirectUri, which name the member. Scopes,
    grant types and response types that we do not offer are dropped, and the answer
    echoes what was kept (RFC 7591 §3.2.1); anything else unknown is ignored (§2).
    """
    if not isinstance(body, dict):
        raise InvalidClientMetadata("The body must be a JSON object.")
    method = _auth_method(body)
    return ClientMetadata(
        client_name=_name(body.get("client_name")),
        redirect_uris=_redirect_uris(body.get("redirect_uris"), public=method is AuthMethod.NONE),
        token_endpoint_auth_method=method,
        grant_types=_grant_types(body),
        response_types=_response_types(body),
        scope=check_scope(body.get("scope")),
        client_uri=_page(body, "client_uri"),
        logo_uri=_page(body, "logo_uri"),
        policy_uri=_page(body, "policy_uri"),
        tos_uri=_page(body, "tos_uri"),
        default_sub_type=SubjectType(_one_of(body, "default_sub_type", tuple(SubjectType), SubjectType.USER)),
        id_token_signed_response_alg=_one_of(body, "id_token_signed_response_alg", ID_TOKEN_ALGORITHMS, "RS256"),
    )


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise InvalidClientMetadata("client_name is missing: it is what people see on the consent page.")
    if len(name) > MAX_NAME or any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in name):
        raise InvalidClientMetadata(f"client_name must have at most {MAX_NAME} characters and no control characters.")
    return name.strip()


def _redirect_uris(uris: object, *, public: bool) -> tuple[str, ...]:
    if not isinstance(uris, list) or not uris or not all(isinstance(uri, str) for uri in uris):
        raise InvalidRedirectUri("redirect_uris must be a list with at least one URI.")
    if len(uris) > redirect_uris.MAX_COUNT:
        raise InvalidRedirectUri(f"A client may have at most {redirect_uris.MAX_COUNT} redirect URIs.")
    for uri in uris:
        redirect_uris.check_registrable(uri, public=public)
    return tuple(dict.fromkeys(uris))


def _auth_method(body: Mapping[str, Any]) -> AuthMethod:
    # The published clients of the API expect client_secret_post where RFC 7591 §2 suggests client_secret_basic.
    return AuthMethod(_one_of(body, "token_endpoint_auth_method", AUTH_METHODS, AuthMethod.CLIENT_SECRET_POST))


def _grant_types(body: Mapping[str, Any]) -> tuple[str, ...]:
    kept = tuple(name for name in GRANT_TYPES if name in _strings(body, "grant_types", GRANT_TYPES))
    if "authorization_code" not in kept:
        raise InvalidClientMetadata("grant_types must contain authorization_code.")
    return kept


def _response_types(body: Mapping[str, Any]) -> tuple[str, ...]:
    if "code" not in _strings(body, "response_types", ("code",)):
        raise InvalidClientMetadata("response_types must contain code.")
    return ("code",)


def check_scope(scope: object) -> str:
    """The kept part of a registered scope; without one, the whole catalogue. Raises InvalidClientMetadata."""
    if scope is None:
        return " ".join(scopes.NAMES)
    if not isinstance(scope, str) or len(scope) > MAX_URI * 2:
        raise InvalidClientMetadata("scope must be a string of names separated by spaces.")
    kept = scopes.text(scopes.known(scope.split()))
    if not kept:
        raise InvalidClientMetadata("scope contains no scope that this server knows.")
    return kept


def _page(body: Mapping[str, Any], member: str) -> str | None:
    """A link that people will follow or an image that they will load: https only."""
    uri = body.get(member)
    if uri is None or uri == "":
        return None
    if not isinstance(uri, str) or len(uri) > MAX_URI:
        raise InvalidClientMetadata(f"{member} must be a URL of at most {MAX_URI} characters.")
    try:
        redirect_uris.check_link(uri)
    except InvalidRedirectUri as error:
        raise InvalidClientMetadata(f"{member}: {error.description}") from error
    return uri


def _strings(body: Mapping[str, Any], member: str, default: tuple[str, ...]) -> tuple[str, ...]:
    values = body.get(member)
    if values is None:
        return default
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidClientMetadata(f"{member} must be a list of strings.")
    return tuple(values)


def _one_of(body: Mapping[str, Any], member: str, allowed: tuple[str, ...], default: str) -> str:
    value = body.get(member)
    if value is None:
        return default
    if value not in allowed:
        raise InvalidClientMetadata(f"{member} must be one of {', '.join(allowed)}.")
    return str(value)

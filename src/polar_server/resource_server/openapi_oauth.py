"""The endpoints of OAuth 2.0 and OpenID Connect, as OpenAPI describes them. The standards say the rest."""

from collections.abc import Mapping
from typing import Any

from polar_server.oauth import metadata

Json = dict[str, Any]

SECURITY_SCHEMES: Json = {
    "client": {"type": "http", "scheme": "basic", "description": "client_id and client_secret (RFC 6749 §2.3.1)."},
    "registration": {"type": "http", "scheme": "bearer", "description": "The registration access token (RFC 7592)."},
}
_TEXT = {"type": "string"}
SCHEMAS: dict[str, Json] = {
    "Tokens": {
        "title": "Tokens",
        "description": "A successful token response (RFC 6749 §5.1).",
        "type": "object",
        "properties": {
            "access_token": _TEXT,
            "token_type": {"enum": ["Bearer"]},
            "expires_in": {"type": "integer"},
            "scope": _TEXT,
            "refresh_token": _TEXT,
            "id_token": _TEXT,
        },
        "required": ["access_token", "token_type", "expires_in", "scope"],
    },
    "Introspection": {
        "title": "Introspection",
        "description": "Whether a token is active, and what it stands for (RFC 7662 §2.2).",
        "type": "object",
        "properties": {"active": {"type": "boolean"}},
        "required": ["active"],
    },
    "Claims": {
        "title": "Claims",
        "description": "What the scopes of the token tell about its subject (OpenID Connect Core §5.3).",
        "type": "object",
        "properties": {"sub": _TEXT},
        "required": ["sub"],
    },
    "ClientMetadata": {
        "title": "ClientMetadata",
        "description": "What a client says about itself (RFC 7591 §2).",
        "type": "object",
        "properties": {
            "client_name": _TEXT,
            "redirect_uris": {"type": "array", "items": _TEXT},
            "scope": _TEXT,
            "token_endpoint_auth_method": {"enum": ["client_secret_basic", "client_secret_post", "none"]},
            "grant_types": {"type": "array", "items": {"enum": ["authorization_code", "refresh_token"]}},
        },
        "required": ["redirect_uris"],
    },
    "RegisteredClient": {
        "title": "RegisteredClient",
        "description": "A client as it is registered (RFC 7591 §3.2.1).",
        "type": "object",
        "properties": {"client_id": _TEXT, "client_secret": _TEXT, "registration_access_token": _TEXT},
        "required": ["client_id"],
    },
    "Document": {"title": "Document", "description": "A JSON document of a standard.", "type": "object"},
}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str, description: str = "The answer.") -> Json:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


def _form(example: Mapping[str, str], **members: str) -> Json:
    properties = {name: {"type": "string", "description": text} for name, text in members.items()}
    content = {"schema": {"type": "object", "properties": properties}, "example": example}
    return {"required": True, "content": {"application/x-www-form-urlencoded": content}}


def _refusals(*statuses: int) -> Json:
    return {str(status): _json("OAuthRefusal", "A refusal.") for status in statuses}


def _operation(name: str, summary: str, success: Json, *refused: int, **more: Any) -> Json:
    return {
        "operationId": name,
        "tags": ["oauth2"],
        "summary": summary,
        "security": [],
        "responses": {**success, **_refusals(*refused)},
        **more,
    }


def _userinfo(name: str) -> Json:
    summary = "The claims about the token's subject (OpenID Connect Core §5.3)"
    return _operation(name, summary, {"200": _json("Claims")}, 400, 401, 403, 429, security=[{"oauth2": ["openid"]}])


_CLIENT: list[Json] = [{"client": []}, {}]
_OWN: list[Json] = [{"registration": []}]
_CLIENT_ID = [{"name": "client_id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}]
_EXCHANGE = {
    "grant_type": "authorization_code",
    "code": "polar_ac_...",
    "redirect_uri": "https://app.example/callback",
    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
}
_CLIENT_EXAMPLE = {"client_name": "Harbour Analytics", "redirect_uris": ["https://app.example/callback"]}
_METADATA = {
    "required": True,
    "content": {"application/json": {"schema": _ref("ClientMetadata"), "example": _CLIENT_EXAMPLE}},
}

PATHS: dict[str, Json] = {
    metadata.TOKEN: {
        "post": _operation(
            *("token", "Exchange a code or a refresh token for tokens (RFC 6749 §3.2)", {"200": _json("Tokens")}),
            *(400, 401, 413, 429),
            security=_CLIENT,
            requestBody=_form(
                _EXCHANGE,
                grant_type="`authorization_code` or `refresh_token`.",
                code="The authorization code.",
                redirect_uri="As in the authorization request.",
                code_verifier="RFC 7636.",
                refresh_token="The refresh token.",  # noqa: S106 - a description
                scope="Fewer scopes than were granted.",
                client_id="Of a client that sends no Authorization header.",
                client_secret="Its secret, when it has one.",  # noqa: S106
            ),
        )
    },
    metadata.REVOKE: {
        "post": _operation(
            *("revoke", "End a token (RFC 7009)", {"200": _json("Document")}, 400, 401, 413, 429),
            security=_CLIENT,
            requestBody=_form({"token": "polar_rt_u_..."}, token="An access or refresh token."),  # noqa: S106
        )
    },
    metadata.INTROSPECT: {
        "post": _operation(
            *("introspect", "Ask about a token (RFC 7662)", {"200": _json("Introspection")}, 400, 401, 413, 429),
            security=[{"client": []}],
            requestBody=_form({"token": "polar_rt_u_..."}, token="An access or refresh token."),  # noqa: S106
        )
    },
    metadata.USERINFO: {"get": _userinfo("userinfo"), "post": _userinfo("userinfo_by_post")},
    metadata.REGISTER: {
        "post": _operation(
            *("register", "Register a client (RFC 7591)", {"201": _json("RegisteredClient")}, 400, 401, 403, 413, 429),
            security=[{}, {"oauth2": []}],
            requestBody=_METADATA,
        )
    },
    metadata.REGISTER + "/{client_id}": {
        "parameters": _CLIENT_ID,
        "get": _operation(
            *("read_registration", "A client's registration (RFC 7592)", {"200": _json("RegisteredClient")}, 400, 401),
            security=_OWN,
        ),
        "put": _operation(
            *("change_registration", "Replace a client's registration", {"200": _json("RegisteredClient")}),
            *(400, 401, 413),
            security=_OWN,
            requestBody=_METADATA,
        ),
        "delete": _operation(
            *("delete_registration", "Delete a client", {"204": {"description": "Done."}}, 400, 401), security=_OWN
        ),
    },
    metadata.JWKS: {"get": _operation("jwks", "The signing keys (RFC 7517)", {"200": _json("Document")})},
    "/.well-known/openid-configuration": {
        "get": _operation("discovery", "OpenID Connect Discovery", {"200": _json("Document")})
    },
    "/.well-known/oauth-authorization-server": {
        "get": _operation("server_metadata", "Authorization server metadata (RFC 8414)", {"200": _json("Document")})
    },
}

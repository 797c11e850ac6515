"""What the server says about itself (RFC 8414 §2, OpenID Connect Discovery 1.0 §3)."""

from polar_server.oauth import keys, scopes

AUTHORIZE = "/oauth2/authorize"
TOKEN = "/v1/oauth2/token"  # noqa: S105 - a path
REVOKE = "/v1/oauth2/revoke"
INTROSPECT = "/v1/oauth2/introspect"
USERINFO = "/v1/oauth2/userinfo"
REGISTER = "/v1/oauth2/register"
JWKS = "/.well-known/jwks.json"

_WITH_SECRET = ["client_secret_basic", "client_secret_post"]


def document(issuer: str) -> dict[str, object]:
    """The one document that both well-known URLs answer. It lists what runs, and nothing else."""
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZE,
        "token_endpoint": issuer + TOKEN,
        "userinfo_endpoint": issuer + USERINFO,
        "jwks_uri": issuer + JWKS,
        "registration_endpoint": issuer + REGISTER,
        "revocation_endpoint": issuer + REVOKE,
        "introspection_endpoint": issuer + INTROSPECT,
        "scopes_supported": list(scopes.NAMES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(keys.ALGORITHMS),
        "token_endpoint_auth_methods_supported": [*_WITH_SECRET, "none"],
        "revocation_endpoint_auth_methods_supported": [*_WITH_SECRET, "none"],
        "introspection_endpoint_auth_methods_supported": _WITH_SECRET,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page", "popup", "touch", "wap"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sub_type", "act"),
            *("name", "picture", "email", "email_verified", "organizations"),
        ],
        "ui_locales_supported": ["en"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }


def key_set(signing_keys: list[keys.SigningKey], now: int) -> dict[str, object]:
    """The JSON Web Key Set (RFC 7517 §5)."""
    return {"keys": [key.jwk() for key in keys.published(signing_keys, now)]}

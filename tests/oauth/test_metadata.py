"""What the server says about itself (RFC 8414 §2, OpenID Connect Discovery §3)."""

import pytest
from tests.oauth.samples import EC_7517 as EC_KEY
from tests.oauth.samples import ES256_KEY, ISSUER, NOW, RS256_KEY, signing_key

from polar_server.oauth import metadata, registration, scopes
from polar_server.oauth.authorization import PROMPTS, ResponseMode
from polar_server.oauth.keys import ALGORITHMS

DOCUMENT = metadata.document(ISSUER)


@pytest.mark.parametrize(
    "member",
    [
        # RFC 8414 §2, Discovery §3, RFC 9207 §3
        *("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"),
        *("scopes_supported", "response_types_supported", "response_modes_supported", "grant_types_supported"),
        *("token_endpoint_auth_methods_supported", "revocation_endpoint", "introspection_endpoint"),
        *("code_challenge_methods_supported", "userinfo_endpoint", "subject_types_supported"),
        *("id_token_signing_alg_values_supported", "claims_supported", "ui_locales_supported"),
        "authorization_response_iss_parameter_supported",
    ],
)
def test_required_and_recommended(member: str) -> None:
    """RFC 8414 §2, Discovery §3: every required and recommended member is there."""
    assert DOCUMENT[member]


def test_urls() -> None:
    """RFC 8414 §2: every URL begins with the issuer, and the issuer is exactly what was configured (§3.3)."""
    assert DOCUMENT["issuer"] == ISSUER
    urls = [DOCUMENT[name] for name in DOCUMENT if name.endswith(("_endpoint", "_uri"))]
    assert len(urls) == 7
    assert all(str(url).startswith(ISSUER + "/") for url in urls)


@pytest.mark.parametrize(
    "member, values",
    [
        ("response_types_supported", ["code"]),
        ("response_modes_supported", list(ResponseMode)),
        ("grant_types_supported", list(registration.GRANT_TYPES)),
        ("scopes_supported", list(scopes.NAMES)),
        ("code_challenge_methods_supported", ["S256"]),
        ("token_endpoint_auth_methods_supported", list(registration.AUTH_METHODS)),
        ("revocation_endpoint_auth_methods_supported", list(registration.AUTH_METHODS)),
        ("introspection_endpoint_auth_methods_supported", ["client_secret_basic", "client_secret_post"]),
        ("id_token_signing_alg_values_supported", list(registration.ID_TOKEN_ALGORITHMS)),
        ("id_token_signing_alg_values_supported", list(ALGORITHMS)),
        ("id_token_signing_alg_values_supported", ["RS256", "ES256"]),
        ("prompt_values_supported", list(PROMPTS)),
        ("request_parameter_supported", False),
        ("request_uri_parameter_supported", False),
        ("claims_parameter_supported", False),
        ("authorization_response_iss_parameter_supported", True),
    ],
)
def test_lists_what_runs(member: str, values: object) -> None:
    """RFC 8414 §2: the document lists what the modules really accept, and nothing else."""
    assert DOCUMENT[member] == values


def test_key_set() -> None:
    """RFC 7517 §5: the key set has every published key, with public members only (§9.3)."""
    removed = signing_key(EC_KEY, removed_at=NOW)
    document = metadata.key_set([RS256_KEY, removed, ES256_KEY], NOW)
    keys = document["keys"]
    assert isinstance(keys, list)
    assert {key["kid"] for key in keys} == {RS256_KEY.kid, ES256_KEY.kid}
    assert all({"kid", "use", "alg", "kty"} <= set(key) for key in keys)
    assert all(not set(key) & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} for key in keys)

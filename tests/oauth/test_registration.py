"""What a client may say about itself (RFC 7591 §2, RFC 7592 §2.2)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oauth.samples import REDIRECT_URI

from polar_server.oauth import registration
from polar_server.oauth.clients import AuthMethod
from polar_server.oauth.errors import InvalidClientMetadata, InvalidRedirectUri, OAuthError
from polar_server.oauth.redirect_uris import MAX_COUNT
from polar_server.oauth.registration import ClientMetadata
from polar_server.oauth.scopes import NAMES

SMALLEST = {"client_name": "App", "redirect_uris": [REDIRECT_URI]}


def read(**members: Any) -> ClientMetadata:
    return registration.read({**SMALLEST, **members})


def test_defaults() -> None:
    """RFC 7591 §2: what is left out gets its default, and unset members are left out of the answer."""
    assert read().as_dict() == {
        "client_name": "App",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": " ".join(NAMES),
        "default_sub_type": "user",
        "id_token_signed_response_alg": "RS256",
    }


def test_everything() -> None:
    """RFC 7591 §3.2.1: the answer echoes what was accepted."""
    members = {
        "client_name": "Ünïcode App ✨",
        "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": "openid email",
        "client_uri": "https://app.example",
        "logo_uri": "https://app.example/logo.png",
        "policy_uri": "https://app.example/policy",
        "tos_uri": "https://app.example/terms",
        "default_sub_type": "organization",
        "id_token_signed_response_alg": "ES256",
    }
    assert registration.read(members).as_dict() == members


def test_null_is_absent() -> None:
    """RFC 7592 §2.2: a null member is treated as if it were left out, and so is an empty link."""
    names = [name for name in read().as_dict() if name not in SMALLEST]
    assert read(**dict.fromkeys(names)) == read(logo_uri="", client_uri=None) == read()


@pytest.mark.parametrize(
    "members, kept",
    [
        pytest.param(
            {"first_party": True, "skip_consent": True, "owner_id": "x", "is_resource_server": True},
            {},
            id="mass assignment",
        ),
        pytest.param({"client_id": "x", "client_secret": "y", "client_id_issued_at": 0}, {}, id="what we decide"),
        pytest.param({"jwks_uri": "http://169.254.169.254/", "software_statement": "x"}, {}, id="what we do not read"),
        pytest.param({"scope": "openid admin:write web:write"}, {"scope": "openid"}, id="unknown scopes"),
        pytest.param({"scope": " email\topenid "}, {"scope": "openid email"}, id="any white space"),
        pytest.param({"scope": "email email"}, {"scope": "email"}, id="repeated scope"),
        pytest.param(
            {"grant_types": ["refresh_token", "authorization_code", "password", "web"]},
            {"grant_types": ["authorization_code", "refresh_token"]},
            id="unknown grant types",
        ),
        pytest.param({"response_types": ["code", "token"]}, {"response_types": ["code"]}, id="unknown response types"),
        pytest.param({"redirect_uris": [REDIRECT_URI] * 3}, {"redirect_uris": [REDIRECT_URI]}, id="repeated URI"),
        pytest.param({"client_name": "  App "}, {"client_name": "App"}, id="spaces around the name"),
        pytest.param({"client_name": "x" * 100}, {"client_name": "x" * 100}, id="longest name"),
    ],
)
def test_kept(members: dict[str, Any], kept: dict[str, Any]) -> None:
    """RFC 7591 §2, §3.2.1: what we do not offer is dropped and the rest echoed; nothing else can be set."""
    assert read(**members).as_dict() == {**read().as_dict(), **kept}


@pytest.mark.parametrize(
    "uris",
    [
        pytest.param(None, id="missing"),
        pytest.param([], id="none"),
        pytest.param(REDIRECT_URI, id="a string"),
        pytest.param({"0": REDIRECT_URI}, id="an object"),
        pytest.param([[REDIRECT_URI]], id="a nested list"),
        pytest.param([REDIRECT_URI, 1], id="a number"),
        pytest.param([""], id="an empty one"),
        pytest.param(["javascript:alert(1)"], id="javascript"),
        pytest.param([REDIRECT_URI, "http://evil.example/"], id="one of them wrong"),
        pytest.param(["com.example.app:/cb"], id="a private scheme of a confidential client"),
        pytest.param([f"https://app.example/{i}" for i in range(MAX_COUNT + 1)], id="too many"),
    ],
)
def test_redirect_uris(uris: object) -> None:
    """RFC 7591 §3.2.2: redirect URIs that may not be used are invalid_redirect_uri."""
    with pytest.raises(InvalidRedirectUri):
        read(redirect_uris=uris)


def test_most_redirect_uris() -> None:
    """A client may have as many redirect URIs as we promise."""
    assert len(read(redirect_uris=[f"https://app.example/{i}" for i in range(MAX_COUNT)]).redirect_uris) == MAX_COUNT


LINKS = ("client_uri", "logo_uri", "policy_uri", "tos_uri")


WRONG: dict[str, list[object]] = {
    # What people read must read as it is written: no control characters, no bidi marks, no lone surrogates.
    "client_name": [
        *(None, "", "  ", 1, ["App"], "x" * 101, "x" * 10_000),
        *(f"A{c}pp" for c in "\0\n\t\x7f\u202e\u2066\u200b\ufeff\u00ad\u2028\u2029\ue000\ud800"),
    ],
    "token_endpoint_auth_method": ["private_key_jwt", "client_secret", "NONE", "", 1, ["none"], {}],
    "grant_types": [[], ["refresh_token"], ["implicit"], "authorization_code", [1], {}],
    "response_types": [[], ["token"], ["code id_token"], "code", [None]],
    "scope": ["", " ", "admin:write", ["openid"], 1, "openid " * 1000],
    **{
        key: ["http://app.example", "javascript:alert(1)", 1, [], "https://", f"https://a.b/{'a' * 2000}"]
        for key in LINKS
    },
    "default_sub_type": ["client", 1, []],
    "id_token_signed_response_alg": ["none", "HS256", "RS512", 1],
}


@pytest.mark.parametrize("member, value", [(member, value) for member in WRONG for value in WRONG[member]])
def test_invalid(member: str, value: object) -> None:
    """RFC 7591 §3.2.2: any other wrong member is invalid_client_metadata, and the description names it."""
    with pytest.raises(InvalidClientMetadata, match=member):
        read(**{member: value})


@pytest.mark.parametrize("body", [None, [], "x", 1, [SMALLEST]])
def test_no_object(body: object) -> None:
    """RFC 7591 §3.1: a registration is a JSON object."""
    with pytest.raises(InvalidClientMetadata, match="JSON object"):
        registration.read(body)


@pytest.mark.parametrize(
    "method, shown",
    [
        (AuthMethod.CLIENT_SECRET_ANY, "client_secret_basic"),
        (AuthMethod.CLIENT_SECRET_BASIC, "client_secret_basic"),
        (AuthMethod.CLIENT_SECRET_POST, "client_secret_post"),
        (AuthMethod.NONE, "none"),
    ],
)
def test_shown_method(method: AuthMethod, shown: str) -> None:
    """Only registered names of methods go out (RFC 7591 §2)."""
    assert registration.shown_auth_method(method) == shown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=10),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*read().as_dict(), *LINKS, "x"]), JSON), st.booleans())
def test_any_json(members: dict[str, Any], whole: bool) -> None:
    """Any JSON is accepted or refused; what was accepted is accepted again, unchanged."""
    try:
        metadata = registration.read({**SMALLEST, **members} if whole else members)
    except OAuthError:
        return
    assert registration.read(metadata.as_dict()) == metadata

"""The authorization request and what to do with it (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oauth.samples import CHALLENGE, CLIENT_ID, NOW, REDIRECT_URI, client, public_client

from polar_server.oauth import authorization, errors
from polar_server.oauth.authorization import (
    MAX_NONCE,
    MAX_STATE,
    AccountSelectionRequired,
    Approved,
    AuthorizationRequest,
    ConsentRequired,
    Continuation,
    LoginRequired,
    Outcome,
    ResponseMode,
    ReturnAddress,
    SignedIn,
)
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.errors import InvalidRequest, OAuthError
from polar_server.oauth.subjects import Subject, SubjectType

VALID = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "redirect_uri": REDIRECT_URI,
    "scope": "openid email",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
ALL = frozenset({"openid", "email", "products:read"})


def read(parameters: dict[str, str], known: RegisteredClient | None = None) -> AuthorizationRequest:
    known = known or client()
    return authorization.parse(parameters, known, authorization.return_address(parameters, known))


def request(known: RegisteredClient | None = None, /, **parameters: str) -> AuthorizationRequest:
    return read({**VALID, **parameters}, known)


def test_client_id() -> None:
    """RFC 6749 §4.1.1: client_id is required."""
    assert authorization.client_id_of(VALID) == CLIENT_ID
    with pytest.raises(InvalidRequest, match="client_id"):
        authorization.client_id_of({})


def test_valid_request() -> None:
    """A request is read with all that OpenID Connect Core §3.1.2.1 lets it say."""
    asked = request(
        state="s",
        nonce="n",
        prompt="login consent",
        max_age="60",
        login_hint="ada@example.com",
        id_token_hint="hint",
        sub_type="organization",
        sub="organization-1",
        response_mode="form_post",
    )
    assert asked.to == ReturnAddress(REDIRECT_URI, REDIRECT_URI, ResponseMode.FORM_POST, "s")
    assert (asked.scopes, asked.nonce, asked.code_challenge) == (("openid", "email"), "n", CHALLENGE)
    assert (asked.prompts, asked.max_age) == (frozenset({"login", "consent"}), 60)
    assert (asked.login_hint, asked.id_token_hint) == ("ada@example.com", "hint")
    assert (asked.sub_type, asked.preselected) == (SubjectType.ORGANIZATION, "organization-1")
    assert not asked.is_silent


def test_smallest_request() -> None:
    """RFC 6749 §4.1.1: what is optional may be left out, where the client may do without PKCE."""
    known = client(scope="products:read", require_pkce=False)
    asked = read({"response_type": "code", "client_id": CLIENT_ID}, known)
    assert asked.to == ReturnAddress(REDIRECT_URI, None, ResponseMode.QUERY, None)
    assert (asked.scopes, asked.nonce, asked.code_challenge) == (("products:read",), None, None)
    assert (asked.prompts, asked.max_age, asked.sub_type) == (frozenset(), None, SubjectType.USER)


@pytest.mark.parametrize(
    "parameters",
    [{"display": "popup", "ui_locales": "de", "acr_values": "1", "claims": "{}"}, {"unknown": "x", "resource": "y"}],
)
def test_unknown_parameters(parameters: dict[str, str]) -> None:
    """RFC 6749 §3.1: the server ignores parameters that it does not know."""
    assert request(**parameters) == request()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"redirect_uri": "https://evil.example/callback"}, id="not registered"),
        pytest.param({"redirect_uri": "https://evil.example", "response_type": "bogus"}, id="CVE-2026-41479"),
        pytest.param({"redirect_uri": None}, id="missing in an OpenID request (Core §3.1.2.1)"),
        pytest.param({"redirect_uri": None, "scope": None}, id="missing, and openid is among the defaults"),
    ],
)
def test_shown_to_the_person(changes: dict[str, str | None]) -> None:
    """RFC 6749 §4.1.2.1: without a trusted redirect URI nothing is sent anywhere, whatever else is wrong."""
    parameters = {name: value for name, value in {**VALID, **changes}.items() if value is not None}
    with pytest.raises(InvalidRequest, match="redirect_uri"):
        authorization.return_address(parameters, client())


@pytest.mark.parametrize(
    "mode, read_as", [(None, "query"), ("query", "query"), ("form_post", "form_post"), ("fragment", "query")]
)
def test_response_mode(mode: str | None, read_as: str) -> None:
    """An error about the response mode itself travels in the query."""
    parameters = VALID if mode is None else {**VALID, "response_mode": mode}
    assert authorization.return_address(parameters, client()).response_mode == read_as


@pytest.mark.parametrize(
    "parameters, error",
    [
        # RFC 6749 §4.1.2.1 and §3.1.1; RFC 9700 §2.1.2: no implicit, no hybrid.
        pytest.param({"response_type": None}, errors.InvalidRequest, id="response_type missing"),
        *(
            pytest.param({"response_type": kind}, errors.UnsupportedResponseType, id=f"response_type {kind}")
            for kind in ("token", "id_token", "code id_token", "code token", "none", "CODE", "bogus")
        ),
        *(
            pytest.param({"response_mode": mode}, errors.InvalidRequest, id=f"response_mode {mode}")
            for mode in ("fragment", "jwt", "web_message", "QUERY")
        ),
        # OpenID Connect Core §3.1.2.6, RFC 9101 §10.4: refused by name, never fetched.
        pytest.param({"request": "eyJhbGciOiJub25lIn0.e30."}, errors.RequestNotSupported, id="request"),
        pytest.param({"request_uri": "https://canary.example/"}, errors.RequestUriNotSupported, id="request_uri"),
        pytest.param({"registration": "{}"}, errors.RegistrationNotSupported, id="registration"),
        # RFC 6749 §3.3
        pytest.param({"scope": "openid admin"}, errors.InvalidScope, id="unknown scope"),
        pytest.param({"scope": "openid products:write"}, errors.InvalidScope, id="scope not registered"),
        pytest.param({"scope": "openid  email"}, errors.InvalidScope, id="malformed scope"),
        # RFC 7636 §4.4.1
        pytest.param({"code_challenge": None}, errors.InvalidRequest, id="no challenge"),
        pytest.param({"code_challenge_method": "plain"}, errors.InvalidRequest, id="plain"),
        # OpenID Connect Core §3.1.2.1
        pytest.param({"prompt": "none login"}, errors.InvalidRequest, id="none with another prompt"),
        pytest.param({"prompt": "create"}, errors.InvalidRequest, id="unknown prompt"),
        pytest.param({"prompt": "x" * 5000}, errors.InvalidRequest, id="long prompt"),
        *(
            pytest.param({"max_age": age}, errors.InvalidRequest, id=f"max_age {age[:9]}")
            for age in ("-1", "1.5", "x", "+1", "٣", "1 ", "9" * 10, "9" * 5000)
        ),
        pytest.param({"state": "s" * (MAX_STATE + 1)}, errors.InvalidRequest, id="long state"),
        pytest.param({"nonce": "n" * (MAX_NONCE + 1)}, errors.InvalidRequest, id="long nonce"),
        pytest.param({"nonce": "n\n"}, errors.InvalidRequest, id="control character in the nonce"),
        pytest.param({"sub_type": "client"}, errors.InvalidRequest, id="unknown sub_type"),
    ],
)
def test_sent_to_the_client(parameters: dict[str, str | None], error: type[OAuthError]) -> None:
    """RFC 6749 §4.1.2.1, Core §3.1.2.6: once the redirect URI is trusted, each mistake has its own error code."""
    sent = {name: value for name, value in {**VALID, **parameters}.items() if value is not None}
    to = authorization.return_address(sent, client())
    with pytest.raises(error) as refused:
        authorization.parse(sent, client(), to)
    assert type(refused.value) is error
    assert len(refused.value.description) < 200


def test_grant_type_not_registered() -> None:
    """RFC 6749 §4.1.2.1: a client without the authorization_code grant is unauthorized_client."""
    with pytest.raises(errors.UnauthorizedClient):
        request(client(grant_types="refresh_token"))


@pytest.mark.parametrize(
    "known, needs_challenge",
    [
        pytest.param(public_client(), True, id="public"),
        pytest.param(public_client(require_pkce=False), True, id="public, which cannot opt out (RFC 9700 §2.1.1)"),
        pytest.param(client(), True, id="confidential"),
        pytest.param(client(require_pkce=False), False, id="confidential that opted out"),
    ],
)
def test_who_needs_pkce(known: RegisteredClient, *, needs_challenge: bool) -> None:
    """RFC 9700 §2.1.1: PKCE is required of public clients always, and of confidential ones unless they opted out."""
    without = {name: value for name, value in VALID.items() if not name.startswith("code_challenge")}
    if needs_challenge:
        with pytest.raises(InvalidRequest, match="PKCE"):
            read(without, known)
    else:
        assert read(without, known).code_challenge is None
    assert read(VALID, known).code_challenge == CHALLENGE


def test_longest_values() -> None:
    """State, nonce and max_age are taken up to their limits; state comes back as it was sent (RFC 6749 §4.1.2)."""
    asked = request(state="é\n" * (MAX_STATE // 2), nonce="n" * MAX_NONCE, max_age="9" * 9)
    assert asked.max_age == 999_999_999
    assert asked.to.state == "é\n" * (MAX_STATE // 2)
    assert asked.nonce == "n" * MAX_NONCE


@pytest.mark.parametrize(
    "prompt, prompts, silent",
    [
        ("none", {"none"}, True),
        ("login", {"login"}, False),
        ("login  consent select_account ", {"login", "consent", "select_account"}, False),
    ],
)
def test_prompts(prompt: str, prompts: set[str], *, silent: bool) -> None:
    """OpenID Connect Core §3.1.2.1: prompts are a list, and none means that no page is shown."""
    asked = request(prompt=prompt)
    assert (set(asked.prompts), asked.is_silent) == (prompts, silent)


@given(
    st.dictionaries(
        st.sampled_from([*VALID, "state", "nonce", "prompt", "max_age", "sub_type", "sub", "response_mode", "request"]),
        st.text(max_size=20) | st.sampled_from([*VALID.values(), "none", "login", "60", "organization", "query"]),
    )
)
def test_any_parameters(parameters: dict[str, str]) -> None:
    """Any parameters are read or refused; what is accepted asks for no more than the client may have."""
    try:
        asked = read({**VALID, **parameters})
    except OAuthError:
        return
    assert set(asked.scopes) <= client().scopes
    assert asked.to.redirect_uri == REDIRECT_URI
    assert asked.code_challenge is not None


SIGNED_IN = SignedIn("person-1", NOW - 100)
JUST_NOW = SignedIn("person-1", NOW)


@pytest.mark.parametrize(
    "parameters, situation, outcome",
    [
        pytest.param({}, {"signed_in": None}, LoginRequired(), id="nobody signed in"),
        pytest.param({}, {}, "approved", id="signed in and consented"),
        pytest.param({}, {"consented": ALL}, "approved", id="consented to more"),
        pytest.param({}, {"consented": None}, ConsentRequired(), id="never asked"),
        pytest.param({}, {"consented": frozenset({"openid"})}, ConsentRequired(), id="asks for more than before"),
        pytest.param({}, {"consented": frozenset()}, ConsentRequired(), id="consented to nothing"),
        # prompt=none: the same outcomes, which the endpoint answers as errors (Core §3.1.2.6).
        pytest.param({"prompt": "none"}, {}, "approved", id="silently"),
        pytest.param({"prompt": "none"}, {"signed_in": None}, LoginRequired(), id="silently, nobody signed in"),
        pytest.param({"prompt": "none"}, {"consented": None}, ConsentRequired(), id="silently, never asked"),
        # prompt=consent: whatever was decided before.
        pytest.param({"prompt": "consent"}, {}, ConsentRequired(), id="consent asked for"),
        # prompt=login: sign in again, once.
        pytest.param({"prompt": "login"}, {}, LoginRequired(), id="login asked for"),
        pytest.param({"prompt": "login"}, {"continuation": -50}, LoginRequired(), id="login, not done yet"),
        pytest.param({"prompt": "login"}, {"continuation": -100}, "approved", id="login, done at that moment"),
        pytest.param({"prompt": "login"}, {"continuation": -200}, "approved", id="login, done"),
        # max_age: the elapsed time may be as long, and not longer.
        pytest.param({"max_age": "100"}, {}, "approved", id="max_age, just recent enough"),
        pytest.param({"max_age": "99"}, {}, LoginRequired(), id="max_age, too old"),
        pytest.param({"max_age": "0"}, {}, LoginRequired(), id="max_age=0"),
        pytest.param({"max_age": "0"}, {"signed_in": JUST_NOW}, LoginRequired(), id="max_age=0, in the same second"),
        pytest.param({"max_age": "0"}, {"continuation": -200}, "approved", id="max_age=0, done"),
        pytest.param({"max_age": "1", "prompt": "none"}, {}, LoginRequired(), id="max_age, silently"),
        # prompt=select_account: once.
        pytest.param({"prompt": "select_account"}, {}, AccountSelectionRequired(), id="select"),
        pytest.param({"prompt": "select_account"}, {"selected": True}, "approved", id="selected"),
        pytest.param({"prompt": "select_account"}, {"continuation": -200}, AccountSelectionRequired(), id="not yet"),
        pytest.param(
            {"prompt": "select_account login"}, {"selected": True}, LoginRequired(), id="selected, then login"
        ),
        pytest.param({"prompt": "select_account consent"}, {"selected": True}, ConsentRequired(), id="then consent"),
        # id_token_hint (Core §3.1.2.1)
        pytest.param({}, {"hinted_user_id": "person-1"}, "approved", id="hint of this person"),
        pytest.param({}, {"hinted_user_id": "person-2"}, LoginRequired(), id="hint of another person"),
        pytest.param({"prompt": "none"}, {"hinted_user_id": "person-2"}, LoginRequired(), id="the same, silently"),
    ],
)
def test_decides(parameters: dict[str, str], situation: dict[str, Any], outcome: Outcome | str) -> None:
    """OpenID Connect Core §3.1.2.3 and §3.1.2.4: who has to sign in, choose or consent, and who is through."""
    person = Subject(SubjectType.USER, "person-1")
    expected = Approved(person, ("openid", "email")) if outcome == "approved" else outcome
    assert _decide(request(**parameters), **situation) == expected


def _decide(
    asked: AuthorizationRequest,
    signed_in: SignedIn | None = SIGNED_IN,
    consented: frozenset[str] | None = frozenset({"openid", "email"}),
    *,
    hinted_user_id: str | None = None,
    continuation: int | None = None,
    selected: bool = False,
) -> Outcome:
    """Times are seconds from now; selecting an account happened after the sign-in."""
    passed = Continuation(NOW + continuation) if continuation is not None else None
    if selected:
        passed = Continuation(NOW - 50, account_selected=True)
    return authorization.decide(
        asked, signed_in, consented, hinted_user_id=hinted_user_id, continuation=passed, now=NOW
    )


@pytest.mark.parametrize(
    "known, redirect_uri, parameters, skips",
    [
        pytest.param(client(), REDIRECT_URI, {}, True, id="confidential"),
        pytest.param(public_client(), REDIRECT_URI, {}, True, id="public on https"),
        pytest.param(public_client(), "http://127.0.0.1:8000/cb", {}, False, id="public on loopback"),
        pytest.param(public_client(), "http://localhost/cb", {}, False, id="public on localhost"),
        pytest.param(public_client(), "https://localhost/cb", {}, False, id="public on localhost with TLS"),
        pytest.param(public_client(), "com.example.app:/cb", {}, False, id="public on a private scheme"),
        pytest.param(client(), "http://127.0.0.1:8000/cb", {}, True, id="confidential on loopback"),
        pytest.param(client(), REDIRECT_URI, {"sub_type": "organization"}, False, id="no organization named"),
        pytest.param(client(), REDIRECT_URI, {"sub_type": "organization", "sub": "o"}, True, id="organization named"),
        pytest.param(client(), REDIRECT_URI, {"sub": "o"}, True, id="sub of a person"),
    ],
)
def test_who_may_skip_consent(
    known: RegisteredClient, redirect_uri: str, parameters: dict[str, str], *, skips: bool
) -> None:
    """RFC 8252 §8.6, RFC 6749 §10.2: a remembered decision is no use to an app whose identity is not assured."""
    known = replace(known, redirect_uris_json=f'["{redirect_uri}"]')
    asked = request(known, redirect_uri=redirect_uri, **parameters)
    assert authorization.may_skip_consent(asked) is skips
    assert isinstance(_decide(asked), Approved) is skips


@pytest.mark.parametrize(
    "parameters, subject",
    [
        ({}, Subject(SubjectType.USER, "person-1")),
        ({"sub": "organization-1"}, Subject(SubjectType.USER, "person-1")),
        ({"sub_type": "organization"}, Subject(SubjectType.ORGANIZATION, "person-1", "organization-1")),
    ],
)
def test_subject(parameters: dict[str, str], subject: Subject) -> None:
    """The subject is the person who is signed in, or the organization, never what `sub` says of a person."""
    assert authorization.subject_of(request(**parameters), "person-1", "organization-1") == subject


def test_default_sub_type() -> None:
    """Without sub_type, the client's default holds, and the request may say otherwise."""
    known = client(default_sub_type=SubjectType.ORGANIZATION)
    assert request(known).sub_type is SubjectType.ORGANIZATION
    assert request(known, sub_type="user").sub_type is SubjectType.USER

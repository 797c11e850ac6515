"""What an app makes of a server's answers: keys that change, ID tokens that lack, tokens of another kind."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from polar_client import ServerError
from polar_client.oauth import InvalidCallback, InvalidIdToken, OAuthApp, Tokens
from polar_client.oauth.id_tokens import at_hash

from .test_sessions import ISSUER, METADATA

OLD, NEW = (ECKey.generate_key("P-256", {"kid": kid, "alg": "ES256", "use": "sig"}) for kid in ("old", "new"))
CALLBACK = "https://app.example/callback"


class Authority:
    """A server that signs with one key and publishes some. `changes` are what its token answers say differently."""

    def __init__(self) -> None:
        self.key, self.published = OLD, [OLD]
        self.changes: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.looks = 0
        self.exchanges = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/.well-known"):
            return httpx.Response(200, json=METADATA)
        if request.url.path == "/jwks":
            self.looks += 1
            return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.published]})
        self.exchanges += 1
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "app", "sub": "ada", "exp": now + 60, "iat": now, "at_hash": at_hash("access")}
        signed = jwt.encode({"alg": "ES256", "kid": self.key.kid or ""}, {**claims, **self.claims}, self.key)
        answer = {
            "access_token": "access",
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": signed,
            **self.changes,
        }
        return httpx.Response(200, json={name: value for name, value in answer.items() if value is not None})

    def app(self) -> OAuthApp:
        transport = httpx.MockTransport(self.answer)
        return OAuthApp("app", "secret", redirect_uri=CALLBACK, issuer=ISSUER, transport=transport)

    def sign_in(self, app: OAuthApp, scope: str = "openid") -> Tokens:
        started = app.authorization_url(scope)
        query = {name: values[0] for name, values in parse_qs(urlsplit(started.url).query).items()}
        self.claims["nonce"] = query["nonce"]
        callback = {"code": "code", "state": query["state"], "iss": ISSUER}
        return app.exchange(f"{CALLBACK}?{urlencode(callback)}", started.saved)


@pytest.fixture
def authority() -> Authority:
    return Authority()


def test_keys_are_kept_and_new_ones_found(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are asked for once, and again for a name that is not known, but not for every token that invents one."""
    app = authority.app()
    for _ in range(3):
        assert authority.sign_in(app).claims
    assert authority.looks == 1
    authority.key = NEW
    with pytest.raises(InvalidIdToken, match="does not publish"):
        authority.sign_in(app)
    assert authority.looks == 1
    later = time.monotonic() + 11
    monkeypatch.setattr(time, "monotonic", lambda: later)
    authority.published = [OLD, NEW]
    assert authority.sign_in(app).claims
    assert authority.looks == 2


def _changed(url: str, **changes: str | None) -> str:
    answer = {**dict(parse_qs(urlsplit(url).query)), **changes}
    left = {name: value for name, value in answer.items() if value is not None}
    return f"{CALLBACK}?{urlencode(left, doseq=True)}"


REFUSED: dict[str, Callable[[str, str], tuple[str, str]]] = {
    "another state": lambda url, saved: (_changed(url, state="x"), saved),
    "no state": lambda url, saved: (_changed(url, state=None), saved),
    "another issuer": lambda url, saved: (_changed(url, iss="https://evil.example"), saved),
    "no issuer": lambda url, saved: (_changed(url, iss=None), saved),
    "an error for somebody else": lambda url, saved: (_changed(url, state="x", error="access_denied"), saved),
    "no code": lambda url, saved: (_changed(url, code=None), saved),
    "two states": lambda url, saved: (url + "&state=x", saved),
    "nothing kept": lambda url, _: (url, ""),
    "something else kept": lambda url, saved: (url, "e30." + saved.partition(".")[2]),
    "another signature": lambda url, saved: (url, saved.partition(".")[0] + ".x"),
}


@pytest.mark.parametrize("change", REFUSED)
def test_callbacks_that_are_not_ours(authority: Authority, change: str) -> None:
    """A callback of another sign-in or issuer, or without what was kept, is refused before anything is sent."""
    app = authority.app()
    started = app.authorization_url()
    state = parse_qs(urlsplit(started.url).query)["state"][0]
    url = f"{CALLBACK}?{urlencode({'code': 'code', 'state': state, 'iss': ISSUER})}"
    with pytest.raises(InvalidCallback):
        app.exchange(*REFUSED[change](url, started.saved))
    assert authority.exchanges == 0
    with pytest.raises(InvalidIdToken, match="nonce"):
        app.exchange(url, started.saved)
    assert authority.exchanges == 1


ANSWERS: dict[str, Callable[[Authority], Any]] = {
    "no ID token": lambda a: a.changes.update(id_token=None),
    "another kind of token": lambda a: a.changes.update(token_type="mac"),
    "another access token": lambda a: a.changes.update(access_token="other"),
    "another client": lambda a: a.claims.update(aud="other"),
    "another issuer": lambda a: a.claims.update(iss="https://evil.example"),
}


@pytest.mark.parametrize("change", ANSWERS)
def test_answers_that_are_refused(authority: Authority, change: str) -> None:
    """A sign-in with an answer that is not for this app ends with an InvalidIdToken."""
    ANSWERS[change](authority)
    with pytest.raises(InvalidIdToken):
        authority.sign_in(authority.app())


def test_without_openid(authority: Authority) -> None:
    """Who did not ask for an ID token needs none, and has no claims."""
    authority.changes = {"id_token": None, "scope": "products:read"}
    tokens = authority.sign_in(authority.app(), "products:read")
    assert (tokens.claims, tokens.scope) == (None, "products:read")


def test_a_refresh_stays_with_its_person(authority: Authority) -> None:
    """What a refresh leaves out stays; an ID token of somebody else is refused, and nothing is lost without one."""
    app = authority.app()
    authority.changes = {"refresh_token": "refresh"}
    tokens = authority.sign_in(app)
    authority.changes = {"id_token": None}
    fresh = app.refresh(tokens)
    assert (fresh.refresh_token, fresh.claims) == ("refresh", tokens.claims)
    authority.changes, authority.claims = {}, {"sub": "eve"}
    with pytest.raises(InvalidIdToken, match="somebody else"):
        app.refresh(tokens)
    with pytest.raises(ValueError, match="no refresh token"):
        app.refresh(Tokens(access_token="access", expires_at=0))


def test_a_lost_answer_of_a_refresh_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refresh is repeated when its answer was lost, and a code is not: it works once."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    got: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/.well-known"):
            return httpx.Response(200, json=METADATA)
        got.append(parse_qs(request.content.decode())["grant_type"][0])
        return httpx.Response(502)

    authority = Authority()
    transport = httpx.MockTransport(answer)
    app = OAuthApp("app", "secret", redirect_uri=CALLBACK, issuer=ISSUER, transport=transport)
    with pytest.raises(ServerError):
        app.refresh(Tokens(access_token="access", expires_at=0, refresh_token="refresh"))
    with pytest.raises(ServerError):
        authority.sign_in(app)
    assert got == ["refresh_token"] * 3 + ["authorization_code"]


def test_basic_credentials_are_encoded() -> None:
    """Characters that mean something in a Basic header or a form are escaped first (RFC 6749 section 2.3.1)."""
    got: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        got.append(request.headers.get("authorization", ""))
        return httpx.Response(200, json=METADATA if "well-known" in request.url.path else {})

    made = {"redirect_uri": CALLBACK, "issuer": ISSUER, "transport": httpx.MockTransport(answer)}
    with OAuthApp("a:b", "c d%", auth_method="client_secret_basic", **made) as app:  # type: ignore[arg-type]
        app.revoke("token")
    assert got == ["", "Basic YSUzQWI6YytkJTI1"]

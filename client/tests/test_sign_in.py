"""Signing people in with the running server: both kinds of app, each way to authenticate, and what is refused."""

import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.sdks.conftest import Shop
from tests.servers import Server
from tests.visitors import Visitor

from polar_client import BadRequestError, Polar, UnauthorizedError
from polar_client.loopback import NobodyCame, sign_in
from polar_client.oauth import (
    AsyncOAuthApp,
    AuthorizationRefused,
    InvalidCallback,
    InvalidIdToken,
    OAuthApp,
    Started,
)
from polar_client.oauth import saved as sign_ins
from polar_client.resources.oauth2 import AuthMethod

CALLBACK = "https://app.example/callback"
SCOPE = "openid profile email products:read products:write"


def registered(server: Server, method: AuthMethod = "client_secret_post", **metadata: Any) -> dict[str, Any]:
    """What an app knows about itself once it is registered."""
    made = server.client(CALLBACK, token_endpoint_auth_method=method, **metadata)
    who = {"client_id": made.client_id, "client_secret": made.client_secret, "auth_method": method}
    return {**who, "redirect_uri": CALLBACK, "issuer": server.issuer}


@pytest.fixture
def visitor(server: Server) -> Iterator[Visitor]:
    """The person's browser."""
    with Visitor(server) as visitor:
        yield visitor


@pytest.fixture
def app(server: Server) -> Iterator[OAuthApp]:
    """A confidential app."""
    with OAuthApp(**registered(server)) as app:
        yield app


def came_back(visitor: Visitor, started: Started, shop: Shop, *, for_organization: bool = False, **how: str) -> str:
    """The address at which the person comes back."""
    chosen = shop.organization_id if for_organization else ""
    return visitor.authorize(started.url, shop.person.email, organization_id=chosen, **how).url


@pytest.mark.parametrize(
    "method,algorithm", [("client_secret_post", "RS256"), ("client_secret_basic", "ES256"), ("none", "RS256")]
)
def test_the_whole_life_of_a_sign_in(shop: Shop, visitor: Visitor, method: AuthMethod, algorithm: str) -> None:
    """A person signs in; the claims are theirs; the token opens userinfo, is refreshed, and is dead once revoked."""
    with OAuthApp(**registered(shop.server, method, id_token_signed_response_alg=algorithm)) as app:
        started = app.authorization_url(login_hint=shop.person.email, max_age=600)
        tokens = app.exchange(came_back(visitor, started, shop), started.saved)
        assert tokens.claims
        assert (tokens.claims.sub, tokens.claims.sub_type) == (shop.person.id, "user")
        assert tokens.claims.at_hash
        assert tokens.claims.auth_time
        assert 3590 < tokens.expires_at - time.time() <= 3600
        assert app.userinfo(tokens.access_token, sub=tokens.claims.sub).email == shop.person.email
        with pytest.raises(InvalidIdToken, match="somebody else"):
            app.userinfo(tokens.access_token, sub="eve")

        fresh = app.refresh(tokens)
        assert fresh.refresh_token != tokens.refresh_token
        assert fresh.claims
        if method != "none":
            assert app.introspect(fresh.access_token).sub == shop.person.id
        assert fresh.refresh_token
        app.revoke(fresh.refresh_token)
        with pytest.raises(UnauthorizedError):
            app.userinfo(fresh.access_token)
        with pytest.raises(BadRequestError, match="invalid_grant"):
            app.refresh(fresh)
        if method != "none":
            assert not app.introspect(fresh.access_token).active


async def test_the_asynchronous_app(shop: Shop, visitor: Visitor) -> None:
    """The asynchronous app signs in, refreshes and revokes as the other one does."""
    async with AsyncOAuthApp(**registered(shop.server)) as app:
        started = await app.authorization_url()
        tokens = await app.exchange(came_back(visitor, started, shop), started.saved)
        assert tokens.claims
        assert tokens.claims.sub == shop.person.id
        fresh = await app.refresh(tokens)
        assert (await app.introspect(fresh.access_token)).active
        await app.revoke(fresh.access_token)
        assert (await app.introspect(fresh.access_token)).sub is None


def test_a_token_of_an_organization(app: OAuthApp, shop: Shop, visitor: Visitor) -> None:
    """The person chooses an organization; the claims name both, and the token works with the API."""
    started = app.authorization_url(SCOPE, sub_type="organization", organization_id=shop.organization_id)
    tokens = app.exchange(came_back(visitor, started, shop, for_organization=True), started.saved)
    assert tokens.claims
    assert tokens.claims.act
    assert (tokens.claims.sub, tokens.claims.act.sub) == (shop.organization_id, shop.person.id)
    with Polar(tokens.access_token, base_url=shop.server.issuer) as polar:
        assert polar.products.list().items == []


def test_what_is_kept_fits_a_cookie(app: OAuthApp) -> None:
    """What a browser keeps is a short text of harmless characters, and printing it shows nothing."""
    started = app.authorization_url()
    assert len(started.saved) < 600
    assert started.saved.isascii()
    assert not set(started.saved) & set(' ",;\\=')
    assert started.saved not in repr(started)
    query = parse_qs(urlsplit(started.url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert len({started.saved, app.authorization_url().saved}) == 2


def test_a_person_who_says_no(app: OAuthApp, shop: Shop, visitor: Visitor) -> None:
    """A denial is an AuthorizationRefused with the server's word."""
    started = app.authorization_url()
    with pytest.raises(AuthorizationRefused, match="access_denied") as refused:
        app.exchange(came_back(visitor, started, shop, action="deny"), started.saved)
    assert refused.value.error == "access_denied"


def test_a_sign_in_that_took_too_long(app: OAuthApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten minutes what was kept is worth nothing, and neither is what another app kept."""
    started = app.authorization_url()
    key = app._registration.saved_key
    now = int(time.time())
    assert sign_ins.read(started.saved, key, now + 599).redirect_uri == CALLBACK
    for when, read_with in ((now + 602, key), (now - 62, key), (now, key[::-1])):
        with pytest.raises(InvalidCallback):
            sign_ins.read(started.saved, read_with, when)


def test_an_id_token_of_another_sign_in(app: OAuthApp, shop: Shop, visitor: Visitor) -> None:
    """A code whose ID token bears another nonce is refused, though everything else fits."""
    started = app.authorization_url()
    url = started.url.replace("nonce=", "nonce=x")
    with pytest.raises(InvalidIdToken, match="nonce"):
        app.exchange(visitor.authorize(url, shop.person.email).url, started.saved)


def test_another_issuer(server: Server) -> None:
    """A server that calls itself by another name than the one that was given is not used."""
    other = server.issuer.replace("localhost", "127.0.0.1")
    with OAuthApp(**{**registered(server), "issuer": other}) as app, pytest.raises(InvalidCallback, match="issuer"):
        app.authorization_url()


def test_a_secret_without_its_method() -> None:
    """A client without a secret cannot have a method that needs one, and the other way round."""
    for secret, method in ((None, "client_secret_post"), ("s", "none")):
        with pytest.raises(ValueError, match="auth_method"):
            OAuthApp("c", secret, redirect_uri=CALLBACK, issuer="https://x.example", auth_method=method)  # type: ignore[arg-type]


def test_a_program_on_the_persons_machine(shop: Shop, visitor: Visitor) -> None:
    """A browser opens, signs in, and comes back to the loopback address; whoever else asks there gets 404."""
    made = shop.server.client("http://127.0.0.1/callback", token_endpoint_auth_method="none")
    shown: list[str] = []

    def browse(url: str) -> None:
        callback = visitor.authorize(url, shop.person.email).url
        _in_the_background(shown, callback)

    tokens = sign_in(made.client_id, issuer=shop.server.issuer, open_url=browse, timeout=20)
    assert tokens.claims
    assert tokens.claims.sub == shop.person.id
    _finished(shown, 3)
    assert shown[:2] == ["404", "404"]
    assert "You are signed in" in shown[2]


def test_nobody_signs_in(server: Server) -> None:
    """When the time is over, waiting ends."""
    made = server.client("http://127.0.0.1/callback", token_endpoint_auth_method="none")
    with pytest.raises(NobodyCame):
        sign_in(made.client_id, issuer=server.issuer, open_url=lambda _: None, timeout=0.2)


def _in_the_background(shown: list[str], callback: str) -> None:
    """A browser that asks for its icon, a stranger, and then the callback, while the program listens."""

    def ask() -> None:
        base = callback.partition("/callback")[0]
        for url in (f"{base}/favicon.ico", f"{base}/callback?state=guess&code=x", callback):
            answer = httpx.get(url)
            shown.append(answer.text if answer.status_code == 200 else str(answer.status_code))

    threading.Thread(target=ask).start()


def _finished(shown: list[str], count: int) -> None:
    deadline = time.monotonic() + 10
    while len(shown) < count and time.monotonic() < deadline:
        time.sleep(0.01)

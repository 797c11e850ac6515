"""Tokens that are kept: encrypted, refreshed once however many ask, forgotten when they are over."""

import asyncio
import sqlite3
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from tests.sdks.conftest import Shop
from tests.visitors import Visitor

from polar_client import AsyncPolar, BadRequestError, Polar
from polar_client.oauth import (
    AsyncOAuthApp,
    AsyncSessions,
    MemoryStore,
    OAuthApp,
    Sessions,
    SignInRequired,
    SQLiteStore,
    Store,
    Tokens,
    Vault,
    new_key,
)

from .test_sign_in import registered

ISSUER = "https://id.example"
ENDPOINTS = ("authorization", "token", "userinfo", "revocation", "introspection")
METADATA = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", **{f"{n}_endpoint": f"{ISSUER}/{n}" for n in ENDPOINTS}}


class Authority:
    """A server that refreshes tokens, slowly, and counts how often."""

    def __init__(self, refusal: httpx.Response | None = None) -> None:
        self.refreshed: list[str] = []
        self.refusal = refusal

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/.well-known"):
            return httpx.Response(200, json=METADATA)
        self.refreshed.append(parse_qs(request.content.decode()).get("refresh_token", ["-"])[0])
        number = len(self.refreshed)
        tokens = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"}
        return self.refusal or httpx.Response(200, json={**tokens, "token_type": "Bearer", "expires_in": 3600})

    def answer_slowly(self, request: httpx.Request) -> httpx.Response:
        time.sleep(0.05)
        return self.answer(request)

    async def answer_later(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.05)
        return self.answer(request)


def app(authority: Authority) -> OAuthApp:
    transport = httpx.MockTransport(authority.answer_slowly)
    return OAuthApp("app", "secret", redirect_uri="https://app.example/callback", issuer=ISSUER, transport=transport)


def async_app(authority: Authority) -> AsyncOAuthApp:
    transport = httpx.MockTransport(authority.answer_later)
    return AsyncOAuthApp("app", "s", redirect_uri="https://app.example/callback", issuer=ISSUER, transport=transport)


def tokens(expires_in: int = 0, refresh_token: str | None = "refresh-0") -> Tokens:
    return Tokens(access_token="access-0", expires_at=int(time.time()) + expires_in, refresh_token=refresh_token)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "tokens.db")


@pytest.fixture
def vault(store: Store) -> Vault:
    return Vault(store, new_key())


def test_one_refresh_for_many_threads(vault: Vault) -> None:
    """However many threads ask for a token that has expired, it is refreshed once, for each name."""
    authority = Authority()
    sessions = Sessions(app(authority), vault)
    sessions.save("ada", tokens())
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(sessions.access_token, ["ada"] * 16))
    assert (set(found), authority.refreshed) == ({"access-1"}, ["refresh-0"])
    assert len(sessions._locks) == 0
    sessions.save("ben", tokens())
    assert sessions.access_token("ben") == "access-2"
    assert sessions.access_token("ada") == "access-1"


async def test_one_refresh_for_many_tasks(vault: Vault) -> None:
    """The same for tasks of an event loop."""
    authority = Authority()
    sessions = AsyncSessions(async_app(authority), vault)
    await sessions.save("ada", tokens())
    found = await asyncio.gather(*(sessions.access_token("ada") for _ in range(16)))
    assert (set(found), authority.refreshed) == ({"access-1"}, ["refresh-0"])
    assert len(sessions._locks) == 0


def test_a_token_that_is_good_is_not_refreshed(vault: Vault) -> None:
    """Half a minute before it expires a token is refreshed, not earlier."""
    authority = Authority()
    sessions = Sessions(app(authority), vault)
    for expires_in, refreshes in ((60, 0), (29, 1)):
        sessions.save("ada", tokens(expires_in))
        sessions.access_token("ada")
        assert len(authority.refreshed) == refreshes


REFUSALS: list[tuple[httpx.Response, type[Exception], bool]] = [
    (httpx.Response(400, json={"error": "invalid_grant"}), SignInRequired, False),
    (httpx.Response(400, json={"error": "invalid_request"}), BadRequestError, True),
]


@pytest.mark.parametrize("refusal,error,kept", REFUSALS)
async def test_tokens_that_are_over(vault: Vault, refusal: httpx.Response, error: type[Exception], kept: bool) -> None:
    """When the grant is over the tokens are forgotten and the person has to sign in; other refusals are raised."""
    sessions = Sessions(app(Authority(refusal)), vault)
    sessions.save("ada", tokens())
    with pytest.raises(error):
        sessions.access_token("ada")
    assert (vault.load("ada") is not None) is kept
    awaited = AsyncSessions(async_app(Authority(refusal)), vault)
    await awaited.save("ada", tokens())
    with pytest.raises(error):
        await awaited.access_token("ada")
    assert (vault.load("ada") is not None) is kept


def test_tokens_that_are_not_there(vault: Vault) -> None:
    """A name without tokens, or with one that cannot be refreshed, has to sign in."""
    sessions = Sessions(app(Authority()), vault)
    with pytest.raises(SignInRequired, match="no tokens"):
        sessions.access_token("nobody")
    sessions.save("ada", tokens(refresh_token=None))
    with pytest.raises(SignInRequired, match="cannot be refreshed"):
        sessions.access_token("ada")


def test_what_is_kept_is_sealed(tmp_path: Path) -> None:
    """The file shows no token, is its owner's alone, and what stands under one name opens under no other."""
    path = tmp_path / "tokens.db"
    store, key = SQLiteStore(path), new_key()
    vault = Vault(store, key)
    vault.save("ada", tokens())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"access-0" not in path.read_bytes()
    sealed = store.get("ada")
    assert sealed
    store.put("eve", sealed)
    assert vault.load("eve") is None
    assert vault.load("ada") == Vault(SQLiteStore(path), new_key(), key).load("ada")
    assert Vault(store, new_key()).load("ada") is None
    store.put("ada", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert vault.load("ada") is None
    vault.remove("ada")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM tokens").fetchall() == [("eve",)]
    connection.close()


@pytest.mark.parametrize("keys", [(), (b"short",)])
def test_a_vault_needs_a_key(keys: tuple[bytes, ...]) -> None:
    """Without a key of 32 bytes there is no vault."""
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(MemoryStore(), *keys)


def test_with_the_running_server(shop: Shop, vault: Vault) -> None:
    """Tokens of a real sign-in are refreshed between two calls of the API, and dead after the end."""
    with OAuthApp(**registered(shop.server)) as real, Visitor(shop.server) as visitor:
        sessions = Sessions(real, vault)
        started = real.authorization_url("openid products:read")
        made = real.exchange(visitor.authorize(started.url, shop.person.email).url, started.saved)
        made.expires_at = 0
        sessions.save("ada", made)
        with Polar(sessions.token_of("ada"), base_url=shop.server.issuer) as polar:
            assert polar.products.list().items == []
            kept = vault.load("ada")
            assert kept
            assert kept.access_token != made.access_token
            assert polar.oauth2.userinfo().sub == shop.person.id
        sessions.end("ada")
        assert not real.introspect(kept.access_token).active
        with pytest.raises(SignInRequired):
            sessions.access_token("ada")


async def test_the_asynchronous_client_takes_sessions() -> None:
    """AsyncPolar asks its sessions for a token at each call."""
    authority, got = Authority(), []
    sessions = AsyncSessions(async_app(authority), Vault(MemoryStore(), new_key()))
    await sessions.save("ada", tokens())

    def answer(request: httpx.Request) -> httpx.Response:
        got.append(request.headers["authorization"])
        return httpx.Response(200, json={"items": [], "pagination": {"total_count": 0, "max_page": 0}})

    async with AsyncPolar(sessions.token_of("ada"), base_url=ISSUER, transport=httpx.MockTransport(answer)) as polar:
        await polar.products.list()
    assert got == ["Bearer access-1"]
    await sessions.end("ada")
    with pytest.raises(SignInRequired):
        await sessions.access_token("ada")

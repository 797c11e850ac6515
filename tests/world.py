"""A whole application in the test's own process: people, organizations, apps, and browsers that fill in forms."""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from polar_server.accounts import organizations, people, sessions
from polar_server.accounts.organizations import NewOrganization
from polar_server.accounts.people import NewPerson
from polar_server.accounts.roles import Role
from polar_server.accounts.visits import Visit
from polar_server.app import build
from polar_server.authorization_server import clients
from polar_server.authorization_server.clients import CreatedClient, Ownership
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.oauth import keys, registration, scopes
from polar_server.oauth.server_keys import ServerKeys
from polar_server.plain_asgi import PlainEndpoints
from polar_server.settings import Settings

NOW = 1_800_000_000
ISSUER = "http://localhost:8000"
CALLBACK = "https://app.example/callback"
SCOPE = "openid profile email products:read products:write webhooks:read"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


class Forms(HTMLParser):
    """The forms of a page that post: action -> hidden fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._last: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("method") == "post":
            self._last = self.found.setdefault(values["action"], {})
        if tag == "input" and values.get("type") == "hidden":
            self._last[values["name"]] = values["value"]


class Browser:
    """A browser with its own cookies, which stays on the page where it is."""

    def __init__(self, app: Any) -> None:
        transport = httpx.ASGITransport(app=app, client=("203.0.113.5", 50_000))
        self.http = httpx.AsyncClient(transport=transport, base_url=ISSUER)
        self.page: httpx.Response

    async def open(self, path: str) -> httpx.Response:
        self.page = await self.http.get(path)
        return self.page

    async def submit(self, path: str, **typed: str) -> httpx.Response:
        """Fill in the form of the present page that posts to this path, or else to an address starting with it."""
        found = Forms(self.page.text).found
        action = path if path in found else next(action for action in found if action.startswith(path))
        fields = found[action]
        self.page = await self.http.post(action, data={**fields, **typed})
        return self.page


@dataclass
class App:
    """A registered third-party app, and the protocol from its side."""

    http: httpx.AsyncClient
    made: CreatedClient
    redirect_uri: str = CALLBACK

    @property
    def client_id(self) -> str:
        return self.made.client_id

    @property
    def credentials(self) -> dict[str, str]:
        secret = {} if self.made.client_secret is None else {"client_secret": self.made.client_secret}
        return {"client_id": self.client_id, **secret}

    def authorize_path(self, **changes: str | None) -> str:
        """An authorization request; None leaves a parameter out."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid products:read",
            "state": "the state",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        return "/oauth2/authorize?" + urlencode(
            {name: value for name, value in parameters.items() if value is not None}
        )

    async def token(self, **form: str) -> httpx.Response:
        return await self.http.post("/v1/oauth2/token", data={**self.credentials, **form})

    async def redeem(self, code: str, **changes: str) -> httpx.Response:
        form = {"code": code, "redirect_uri": self.redirect_uri, "code_verifier": VERIFIER, **changes}
        return await self.token(grant_type="authorization_code", **form)

    async def refresh(self, refresh_token: str, **changes: str) -> httpx.Response:
        return await self.token(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    async def introspect(self, token: str) -> dict[str, Any]:
        response = await self.http.post("/v1/oauth2/introspect", data={**self.credentials, "token": token})
        answer: dict[str, Any] = response.json()
        return answer

    async def revoke(self, token: str) -> httpx.Response:
        return await self.http.post("/v1/oauth2/revoke", data={**self.credentials, "token": token})

    async def userinfo(self, access_token: str) -> httpx.Response:
        return await self.http.get("/v1/oauth2/userinfo", headers={"Authorization": f"Bearer {access_token}"})


def answer_of(response: httpx.Response) -> dict[str, str]:
    """The parameters that a redirect carries back to the app."""
    assert response.status_code == 303, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


def error_of(response: httpx.Response) -> str:
    return answer_of(response)["error"]


def data_error(page: httpx.Response) -> str:
    """The code that an error page shows."""
    return page.text.split('data-error="')[1].split('"')[0]


@dataclass
class World:
    """The application and everything a test makes in it."""

    endpoints: PlainEndpoints
    server: AuthorizationServer
    clock: Clock
    http: httpx.AsyncClient
    ids: dict[str, str] = field(default_factory=dict)

    async def person(self, email: str) -> str:
        async with self.server.database.write() as tx:
            person = await people.create_user(tx, NewPerson(email, "Ada Example", "unused", True), NOW)
        assert person is not None
        return person.id

    async def organization(self, slug: str, owner_id: str) -> str:
        async with self.server.database.write() as tx:
            new = NewOrganization(slug, slug.title())
            return (await organizations.create_organization(tx, new, owner_id, NOW)).id

    async def join(self, organization_id: str, user_id: str, role: Role) -> None:
        async with self.server.database.write() as tx:
            await organizations.add_member(tx, organization_id, user_id, role, NOW)

    async def app(self, *, ownership: Ownership | None = None, **metadata: Any) -> App:
        body = {"client_name": "Test app", "redirect_uris": [CALLBACK], "scope": SCOPE, **metadata}
        read = registration.read(body)
        async with self.server.database.write() as tx:
            now_ms = int(self.clock() * 1000)
            made = await clients.create_client(tx, self.server.server_keys, read, ownership or Ownership(), now_ms)
        return App(self.http, made, body["redirect_uris"][0])

    async def browser(self, user_id: str | None = None) -> Browser:
        """A browser, signed in when a person is given."""
        browser = Browser(self.endpoints)
        if user_id is not None:
            visit = Visit("203.0.113.5", "test", int(self.clock() * 1000))
            async with self.server.database.write() as tx:
                token = await sessions.start_session(tx, self.server.server_keys, self.server.settings, user_id, visit)
            browser.http.cookies.set("polar_session", token.text)
        return browser

    async def allowed(self, app: App, browser: Browser, organization_id: str | None = None, **changes: str) -> str:
        """The code of a request that the person allows on the consent page."""
        page = await browser.open(app.authorize_path(**changes))
        if page.status_code == 303:
            return answer_of(page)["code"]
        choice = {"organization_id": organization_id} if organization_id else {}
        return answer_of(await browser.submit("/oauth2/consent", action="allow", **choice))["code"]

    async def tokens(
        self, app: App, browser: Browser, organization_id: str | None = None, **changes: str
    ) -> dict[str, Any]:
        """The tokens of a whole flow."""
        sub_type = {"sub_type": "organization"} if organization_id else {}
        response = await app.redeem(await self.allowed(app, browser, organization_id, **sub_type, **changes))
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture(scope="session")
def made_keys() -> Iterator[None]:
    """Signing keys made once for the whole run: an RSA key takes longer than a test."""
    pools = {algorithm: cycle([keys.generate(algorithm) for _ in range(4)]) for algorithm in keys.ALGORITHMS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "generate", lambda algorithm: next(pools[algorithm]))
        yield


@pytest.fixture
def settings(database_url: str, tmp_path: Any) -> Settings:
    return Settings(issuer=ISSUER, database_url=database_url, data_dir=tmp_path / "data")


@pytest.fixture
async def world(anyio_backend: object, made_keys: None, settings: Settings) -> AsyncIterator[World]:
    """The application on an empty database, running."""
    clock = Clock()
    endpoints = build(settings, ServerKeys([bytes(range(32))]), clock)
    assert isinstance(endpoints, PlainEndpoints)
    transport = httpx.ASGITransport(app=endpoints, client=("203.0.113.9", 50_000))  # type: ignore[arg-type]
    async with endpoints.framework.lifespan(), httpx.AsyncClient(transport=transport, base_url=ISSUER) as http:
        yield World(endpoints, endpoints.server, clock, http)


@pytest.fixture
async def person(world: World) -> str:
    return await world.person("ada@example.com")


@pytest.fixture
async def browser(world: World, person: str) -> Browser:
    """A browser that the person is signed in to."""
    return await world.browser(person)


@pytest.fixture
async def app(world: World) -> App:
    """A confidential app."""
    return await world.app()


def query_of(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


@dataclass
class Api:
    """The API as a program with one token calls it."""

    http: httpx.AsyncClient
    token: str
    organization_id: str | None = None

    async def call(self, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return await self.http.request(method, path, json=json, headers=sent)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.call("GET", path, **headers)

    async def post(self, path: str, json: Any) -> httpx.Response:
        return await self.call("POST", path, json)

    async def patch(self, path: str, json: Any) -> httpx.Response:
        return await self.call("PATCH", path, json)

    async def delete(self, path: str) -> httpx.Response:
        return await self.call("DELETE", path)


async def api_of(world: World, email: str, slug: str, *, scope: str = "", sub_type: str = "organization") -> Api:
    """A person with an organization, and a token for one of the two with every scope, or with those given."""
    owner = await world.person(email)
    organization_id = await world.organization(slug, owner)
    return await token_of(world, owner, organization_id, scope=scope, sub_type=sub_type)


async def token_of(
    world: World, user_id: str, organization_id: str, *, scope: str = "", sub_type: str = "organization"
) -> Api:
    """A token of this person for the organization, or for the person alone."""
    names = scope or " ".join(scopes.NAMES)
    app = await world.app(scope=names)
    browser = await world.browser(user_id)
    chosen = organization_id if sub_type == "organization" else None
    tokens = await world.tokens(app, browser, chosen, scope=names)
    return Api(world.http, tokens["access_token"], organization_id)


@pytest.fixture
async def api(world: World) -> Api:
    """An organization token with every scope."""
    return await api_of(world, "owner@example.com", "lighthouse")


@pytest.fixture
async def stranger(world: World) -> Api:
    """Another organization's token with every scope."""
    return await api_of(world, "stranger@example.com", "harbour")

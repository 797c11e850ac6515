"""The SDKs, and tokens for them that come from the real flow: sign-in, consent, code, token."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from tests.servers import Server
from tests.visitors import Visitor

from polar_server.accounts.people import Person
from polar_server.oauth import scopes

from .libraries import Library, Sdk

REDIRECT_URI = "https://shop.example/callback"
VERIFIER = "a-verifier-of-the-tests-that-is-long-enough-for-pkce"

CLIENTS = [
    pytest.param((1, "2026_04", "sqlite"), id="1.0.2-2026-04-sqlite"),
    pytest.param((1, "2026_10", "postgres"), id="1.0.2-2026-10-postgres"),
    pytest.param((1, "2027_01", "sqlite"), id="1.0.2-2027-01-sqlite"),
    pytest.param((0, None, "postgres"), id="0.32.0-postgres"),
]
"""The generation of the library, the version of the API that it asks for (0.x asks for none), and the server's engine.

tests/resources asks either engine for everything; four pairs are enough here.
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """A person with an organization, and an app that both of them let in."""

    server: Server
    person: Person
    organization_id: str

    def token(self, *, of_organization: bool = False, scope: str = " ".join(scopes.NAMES)) -> str:
        """An access token by the authorization code grant, with every scope or with these."""
        app = self.server.client(REDIRECT_URI, scope=scope)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": scope,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "sub_type": "organization" if of_organization else "user",
        }
        chosen = self.organization_id if of_organization else ""
        with Visitor(self.server) as visitor:
            url = f"{self.server.issuer}/oauth2/authorize?{urlencode(query)}"
            answer = visitor.authorize(url, self.person.email, organization_id=chosen)
        return self._redeemed(parse_qs(urlsplit(answer.url).query)["code"][0], app.client_id, app.client_secret or "")

    def _redeemed(self, code: str, client_id: str, client_secret: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
            "client_id": client_id,
            "client_secret": client_secret,
        }
        answer = httpx.post(f"{self.server.issuer}/v1/oauth2/token", data=form)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token


@pytest.fixture(scope="session")
def libraries() -> Iterator[dict[int, Library]]:
    """Both generations, each in its process."""
    started = {generation: Library(generation) for generation in (0, 1)}
    yield started
    for library in started.values():
        library.close()


@pytest.fixture(params=CLIENTS)
def chosen(request: pytest.FixtureRequest) -> tuple[int, str | None, Server]:
    """Each library with each version that it can ask for."""
    generation, version, engine = request.param
    return generation, version, request.getfixturevalue(f"{engine}_server")


@pytest.fixture
def shop(chosen: tuple[int, str | None, Server]) -> Shop:
    """A shop of its own for each test."""
    server = chosen[2]
    person = server.person()
    return Shop(server, person, server.organization(person).id)


@pytest.fixture
def sdk(libraries: dict[int, Library], chosen: tuple[int, str | None, Server], shop: Shop) -> Sdk:
    """A client with the organization's token."""
    generation, version, server = chosen
    return Sdk(libraries[generation], version, server.issuer, shop.token(of_organization=True))


@pytest.fixture
def person_sdk(libraries: dict[int, Library], chosen: tuple[int, str | None, Server], shop: Shop) -> Sdk:
    """A client with the person's token."""
    generation, version, server = chosen
    return Sdk(libraries[generation], version, server.issuer, shop.token())

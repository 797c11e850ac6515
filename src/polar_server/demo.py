"""Demo data: somebody to sign in as, their organizations with something to sell, and two clients to sign in to."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polar_server import sample_data
from polar_server.accounts import organizations, people
from polar_server.accounts.organizations import NewOrganization, SlugTaken
from polar_server.accounts.passwords import Passwords
from polar_server.accounts.people import NewPerson, Person
from polar_server.audit.client_events import ClientEvents
from polar_server.authorization_server import client_queries, clients
from polar_server.authorization_server.clients import Ownership
from polar_server.authorization_server.server import AuthorizationServer
from polar_server.authorization_server.signing_keys import SigningKeys
from polar_server.database import Database
from polar_server.demo_products import add_products
from polar_server.oauth import registration
from polar_server.oauth.server_keys import ServerKeys
from polar_server.rate_limits import RateLimits
from polar_server.settings import Settings

EMAIL, PASSWORD, NAME = "demo@example.com", "try polar today", "Demo Person"
ORGANIZATIONS = (
    NewOrganization("lighthouse", "Lighthouse Records"),
    NewOrganization("paper-kite", "Paper Kite Software"),
    NewOrganization("lighthouse-test", "Lighthouse Records (test)", is_test=True),
)
APP_ADDRESS = "http://localhost:8001"
REDIRECT_URI = f"{APP_ADDRESS}/callback"
FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Place:
    """Where demo data goes. `now_ms` is in epoch milliseconds."""

    settings: Settings
    database: Database
    server_keys: ServerKeys
    now_ms: int


async def seed(place: Place) -> dict[str, Any]:
    """Make what is missing, and give everything that somebody needs to try the server.

    The clients' secrets are remembered in the data folder, readable by its owner alone.
    """
    person = await _person(place)
    for new in ORGANIZATIONS:
        await _organization(place, new, person)
    remembered = _remembered(place.settings) or {}
    demo = {
        "issuer": place.settings.issuer,
        "email": EMAIL,
        "password": PASSWORD,
        "organizations": [new.slug for new in ORGANIZATIONS],
        "client": await _client(place, remembered.get("client"), person, public=False),
        "public_client": await _client(place, remembered.get("public_client"), person, public=True),
    }
    _remember(place.settings, demo)
    return demo


async def find_seeded(place: Place) -> dict[str, Any] | None:
    """What `seed` gave the last time, with today's issuer; None when this database does not have it."""
    demo = _remembered(place.settings)
    if demo is None or not await _exists(place, demo["client"]):
        return None
    demo["issuer"] = place.settings.issuer
    _remember(place.settings, demo)
    return demo


async def is_empty(database: Database) -> bool:
    """Whether nobody has an account yet."""
    return not await people.list_users(database, 1)


async def _person(place: Place) -> Person:
    found = await people.find_user_by_email(place.database, EMAIL)
    if found is not None:
        return found
    passwords = Passwords(workers=1)
    new = NewPerson(EMAIL, NAME, await passwords.hash(PASSWORD), verified=True, operator=True)
    passwords.close()
    async with place.database.write() as transaction:
        return await people.create_user(transaction, new, place.now_ms // 1000)


async def _organization(place: Place, new: NewOrganization, owner: Person) -> None:
    if await organizations.find_organization(place.database, new.slug) is not None:
        return
    with suppress(SlugTaken):  # It was deleted, and stays so.
        async with place.database.write() as transaction:
            now = place.now_ms // 1000
            made = await organizations.create_organization(transaction, new, owner.id, now)
            await add_products(transaction, made.slug, made.id, now)
        if made.is_test:
            await sample_data.fill(server_of(place), made.id, now)


def server_of(place: Place) -> AuthorizationServer:
    """What the sample's sales are made with: they sign nothing, and nobody calls."""

    def clock() -> float:
        return place.now_ms / 1000

    limits = RateLimits(place.settings, clock)
    events = ClientEvents(place.database)
    return AuthorizationServer(
        place.settings, place.database, place.server_keys, SigningKeys([]), clock, limits, events
    )


async def _client(place: Place, remembered: Any, owner: Person, *, public: bool) -> dict[str, Any]:
    """The remembered client while it exists, else a new one: a secret cannot be read back."""
    if remembered is not None and await _exists(place, remembered):
        return dict(remembered)
    body = {
        "client_name": "Demo app on this computer" if public else "Demo app",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none" if public else "client_secret_basic",
    }
    metadata = registration.read(body)
    async with place.database.write() as transaction:
        made = await clients.create_client(transaction, place.server_keys, metadata, Ownership(owner.id), place.now_ms)
    secret = {} if made.client_secret is None else {"client_secret": made.client_secret}
    return {"client_id": made.client_id, **secret, "redirect_uri": REDIRECT_URI}


async def _exists(place: Place, client: Any) -> bool:
    async with place.database.read() as transaction:
        return await client_queries.find_client(transaction, client["client_id"]) is not None


def _remembered(settings: Settings) -> dict[str, Any] | None:
    try:
        demo: dict[str, Any] = json.loads((settings.data_dir / FILE).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return demo


def _remember(settings: Settings, demo: dict[str, Any]) -> None:
    path: Path = settings.data_dir / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    # A new file, so that an old one's permissions do not matter.
    with suppress(FileNotFoundError):
        path.unlink()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(demo, file, indent=2)

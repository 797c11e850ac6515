"""Real servers on both engines, and tokens that come from the real flow: sign-in, consent, code, token."""

from collections.abc import AsyncIterator, Iterator
from functools import cache
from itertools import count

import pytest
from tests.conftest import execute, postgres_url
from tests.sdks.conftest import Shop
from tests.servers import Server, migrate, serve

from polar_client import Api, AsyncPolar, Polar
from polar_client.sending import Async, Sync

__all__ = ["postgres_url"]

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def sqlite_client_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process for the whole run, on SQLite."""
    with serve(tmp_path_factory.mktemp("client-sqlite"), outbound_loopback="true") as running:
        yield running


@pytest.fixture(scope="session")
def postgres_client_server(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Server]:
    """The same on PostgreSQL."""
    folder = tmp_path_factory.mktemp("client-postgres")
    execute(postgres_url, "CREATE DATABASE polar_client")
    url = postgres_url.replace("/postgres?", "/polar_client?")
    migrate(url, folder)
    with serve(folder, url, outbound_loopback="true") as running:
        yield running


# Not of the session itself: pytest would end one server to start the other wherever two files meet.
@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest) -> Server:
    """A running server on each engine."""
    running: Server = request.getfixturevalue(f"{request.param}_client_server")
    return running


@pytest.fixture
def shop(server: Server) -> Shop:
    """A person with an organization of their own."""
    person = server.person()
    return Shop(server, person, server.organization(person).id)


@pytest.fixture
def founder_token(server: Server) -> str:
    """The token of a person who founds an organization for each test: that is one call instead of a whole sign-in."""
    return _founder_token(server)


@cache
def _founder_token(server: Server) -> str:
    person = server.person()
    return Shop(server, person, server.organization(person).id).token()


@pytest.fixture
def polar(server: Server, founder_token: str) -> Iterator[Api[Sync]]:
    """A client with every scope, narrowed to a new organization."""
    with Polar(access_token=founder_token, base_url=server.issuer) as founder:
        made = founder.organizations.create(name="Lighthouse", slug=f"lighthouse-{next(_NUMBERS)}")
        yield founder.for_organization(made.id)


@pytest.fixture
def person_polar(shop: Shop) -> Iterator[Polar]:
    """A client with the person's token."""
    with Polar(access_token=shop.token(), base_url=shop.server.issuer) as polar:
        yield polar


@pytest.fixture
async def async_polar(server: Server, founder_token: str) -> AsyncIterator[Api[Async]]:
    """The same, to be awaited."""
    async with AsyncPolar(founder_token, base_url=server.issuer) as founder:
        made = await founder.organizations.create(name="Harbour", slug=f"harbour-{next(_NUMBERS)}")
        yield founder.for_organization(made.id)

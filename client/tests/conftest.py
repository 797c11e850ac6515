"""Real servers on both engines, and tokens that come from the real flow: sign-in, consent, code, token."""

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.conftest import execute, postgres_url
from tests.sdks.conftest import Shop
from tests.servers import Server, migrate, serve

from polar_client import AsyncPolar, Polar

__all__ = ["postgres_url"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process on each engine for the whole run."""
    folder = tmp_path_factory.mktemp(f"client-{request.param}")
    url = ""
    if request.param == "postgres":
        base = request.getfixturevalue("postgres_url")
        execute(base, "CREATE DATABASE polar_client")
        url = base.replace("/postgres?", "/polar_client?")
        migrate(url, folder)
    with serve(folder, url, outbound_loopback="true") as running:
        yield running


@pytest.fixture
def shop(server: Server) -> Shop:
    """A person with an organization of their own."""
    person = server.person()
    return Shop(server, person, server.organization(person).id)


@pytest.fixture
def polar(shop: Shop) -> Iterator[Polar]:
    """A client with the organization's token, which has every scope."""
    with Polar(access_token=shop.token(of_organization=True), base_url=shop.server.issuer) as polar:
        yield polar


@pytest.fixture
def person_polar(shop: Shop) -> Iterator[Polar]:
    """A client with the person's token."""
    with Polar(access_token=shop.token(), base_url=shop.server.issuer) as polar:
        yield polar


@pytest.fixture
async def async_polar(shop: Shop) -> AsyncIterator[AsyncPolar]:
    """The same, to be awaited."""
    async with AsyncPolar(shop.token(of_organization=True), base_url=shop.server.issuer) as polar:
        yield polar

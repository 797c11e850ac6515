"""A server whose access tokens are due at once, so that every page of an example refreshes one."""

from collections.abc import Iterator

import pytest
from tests.servers import Server, serve

from polar_server.accounts.people import Person

# Less than the half minute that the client asks a token to last, and more than a page takes.
_LIFETIME = 20


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all examples, on each worker of the run."""
    folder = tmp_path_factory.mktemp("examples")
    with serve(folder, access_token_lifetime=_LIFETIME, outbound_loopback="true") as running:
        yield running


@pytest.fixture
def person(server: Server) -> Person:
    """Somebody with an account, whose name has to be escaped."""
    return server.person(name="Ada <i>Lovelace</i>")

"""What a caller of the published SDKs catches when its calls of an hour are used up."""

from collections.abc import Iterator

import pytest
from tests import servers
from tests.servers import Server

from .conftest import Shop
from .libraries import Library, Refused, Sdk

LIMITS = {"organization": 3, "user": 2}


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with limits that can be reached. How calls are counted has nothing to do with the database."""
    folder = tmp_path_factory.mktemp("strict-server")
    with servers.serve(
        folder, rate_limit_user=LIMITS["user"], rate_limit_organization=LIMITS["organization"]
    ) as server:
        yield server


@pytest.fixture
def strict_shop(strict_server: Server) -> Shop:
    person = strict_server.person()
    return Shop(strict_server, person, strict_server.organization(person).id)


@pytest.mark.parametrize("subject", LIMITS)
@pytest.mark.parametrize(
    "generation, version, kind", [(1, "2026_10", "PolarRateLimitError"), (0, None, "SDKError")], ids=["1.0.2", "0.32.0"]
)
def test_calls_over_the_limit_are_typed(
    libraries: dict[int, Library], strict_shop: Shop, subject: str, generation: int, version: str | None, kind: str
) -> None:
    """The last call within the limit works; the next raises the library's error of a 429, which says when to try."""
    token = strict_shop.token(of_organization=subject == "organization")
    sdk = Sdk(libraries[generation], version, strict_shop.server.issuer, token)
    for _ in range(LIMITS[subject]):
        assert sdk.call("products", "list")["items"] == []
    with pytest.raises(Refused) as refused:
        sdk.call("products", "list")
    assert (refused.value.kind, refused.value.status) == (kind, 429)
    # The first call leaves the rolling hour, in buckets of a minute, after an hour and at most a minute more.
    assert refused.value.retry_after is not None
    assert 3590 < refused.value.retry_after <= 3660

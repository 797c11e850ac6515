"""The hourly limits at the API and at userinfo, as a client meets them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.fuzzing import token_for
from tests.servers import serve
from tests.world import Api, World, token_of

from polar_server.settings import Settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        issuer="http://localhost:8000",
        database_url=database_url,
        data_dir=tmp_path / "data",
        rate_limit_user=2,
        rate_limit_organization=3,
    )


def _left(response: httpx.Response) -> str:
    return response.headers["ratelimit"]


async def test_the_limit_is_told_kept_and_ends(world: World, api: Api) -> None:
    """Each answer says how many are left, errors too; then 429 with whole seconds to wait."""
    assert _left(await api.get("/v1/products/")) == '"organization";r=2;t=3660'
    missing = await api.get("/v1/products/none")
    assert (missing.status_code, _left(missing)) == (404, '"organization";r=1;t=3660')
    last = await api.post("/v1/products/", {})
    assert (last.status_code, _left(last)) == (422, '"organization";r=0;t=3660')
    refused = await api.get("/v1/products/")
    assert refused.status_code == 429
    assert refused.json() == {
        "error": "RateLimitExceeded",
        "detail": "More than 3 calls in an hour. Try again later.",
    }
    assert refused.headers["ratelimit-policy"] == '"organization";q=3;w=3600'
    wait = int(refused.headers["retry-after"])
    world.clock.now += 1
    assert int((await api.get("/v1/products/")).headers["retry-after"]) == wait - 1


async def test_refused_calls_of_nobody_are_not_counted(world: World, api: Api) -> None:
    """An invalid token uses up nobody's calls; a token that lacks the scope uses up its own."""
    for _ in range(5):
        response = await world.http.get("/v1/products/", headers={"Authorization": f"Bearer {api.token[:-1]}"})
        assert response.status_code == 401
        assert "ratelimit" not in response.headers
    assert _left(await api.get("/v1/products/")) == '"organization";r=2;t=3660'


async def test_userinfo_counts_and_refreshing_gives_nothing_back(world: World) -> None:
    """The limit is the person's with this app, not the token's: a new access token goes on where the old one was."""
    person = await world.person("ada@example.com")
    app, browser = await world.app(), await world.browser(person)
    tokens = await world.tokens(app, browser, scope="openid products:read")
    api = Api(world.http, tokens["access_token"])
    first = await app.userinfo(api.token)
    assert (first.status_code, _left(first)) == (200, '"user";r=1;t=3660')
    assert (await api.get("/v1/products/")).status_code == 200
    refreshed = (await app.refresh(tokens["refresh_token"])).json()
    refused = await app.userinfo(refreshed["access_token"])
    assert (refused.status_code, refused.json()["error"]) == (429, "slow_down")
    assert int(refused.headers["retry-after"]) > 3500
    assert (await Api(world.http, refreshed["access_token"]).get("/v1/products/")).status_code == 429


async def test_another_app_has_its_own_calls(world: World) -> None:
    """One app that uses up its calls takes none from another app of the same organization."""
    owner = await world.person("owner@example.com")
    organization = await world.organization("shop", owner)
    first, second = await token_of(world, owner, organization), await token_of(world, owner, organization)
    statuses = [(await first.get("/v1/products/")).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert (await second.get("/v1/products/")).status_code == 200


async def test_userinfo_tells_what_is_left_with_a_refusal_too(world: World) -> None:
    """A token without openid is refused and counted."""
    person = await world.person("ada@example.com")
    tokens = await world.tokens(await world.app(), await world.browser(person), scope="products:read")
    response = await world.http.get(
        "/v1/oauth2/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )
    assert (response.status_code, _left(response)) == (403, '"user";r=1;t=3660')


def test_workers_admit_exactly_the_limit_together(tmp_path: Path) -> None:
    """Two workers, each with connections of its own, and a restart between: not one call more than the limit."""
    with serve(tmp_path, workers=2, rate_limit_organization=40) as server:
        headers = {"Authorization": f"Bearer {token_for(server, 'organization')}"}

        def call(_: int) -> int:
            # A connection each, so that both workers get some.
            return httpx.get(f"{server.issuer}/v1/products/", headers=headers).status_code

        with ThreadPoolExecutor(8) as threads:
            first = list(threads.map(call, range(30)))
            server.kill()
            server.start()
            second = list(threads.map(call, range(30)))
    assert first == [200] * 30
    assert sorted(second) == [200] * 10 + [429] * 20

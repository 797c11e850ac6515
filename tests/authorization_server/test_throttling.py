"""Client authentication that fails again and again: slowed down where it comes from, and nowhere else."""

import dataclasses
from pathlib import Path

import httpx
import pytest
from tests.world import App, World

from polar_server.settings import Settings

PATHS = ("/v1/oauth2/token", "/v1/oauth2/introspect", "/v1/oauth2/revoke")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        issuer="http://localhost:8000",
        database_url=database_url,
        data_dir=tmp_path / "data",
        rate_limit_failed_authentication=3,
        trusted_proxies="203.0.113.9",
    )


async def _fail(app: App, path: str, address: str = "198.51.100.1", secret: str = "wrong") -> httpx.Response:
    form = {"client_id": app.client_id, "client_secret": secret, "token": "t", "grant_type": "refresh_token"}
    form["refresh_token"] = "r"
    return await app.http.post(path, data=form, headers={"X-Forwarded-For": address})


async def test_failures_at_all_endpoints_count_together(app: App) -> None:
    """Three wrong secrets are told so; the fourth waits. The right secret works on: no guesser locks it out."""
    answers = [await _fail(app, path) for path in (*PATHS, PATHS[0])]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[3].json()["error"] == "slow_down"
    assert int(answers[3].headers["retry-after"]) > 3500
    for path in PATHS:
        answer = await _fail(app, path, secret=app.credentials["client_secret"])
        assert answer.status_code == (400 if path == PATHS[0] else 200)


async def test_a_wrong_secret_waits_for_an_hour_and_elsewhere_not_at_all(world: World, app: App) -> None:
    """Another address has failures of its own; in an hour and a minute this one has, too."""
    for _ in range(5):
        await _fail(app, PATHS[1])
    assert (await _fail(app, PATHS[1])).status_code == 429
    assert (await _fail(app, PATHS[1], "198.51.100.2")).status_code == 401
    assert (await _fail(app, PATHS[1], "2001:db8::1")).status_code == 401
    world.clock.now += 3661
    assert (await _fail(app, PATHS[1])).status_code == 401


async def test_success_is_never_counted(app: App) -> None:
    """A busy client with the right secret is not slowed down."""
    for _ in range(10):
        response = await _fail(app, PATHS[1], secret=app.credentials["client_secret"])
        assert response.status_code == 200


async def test_an_address_that_tries_many_clients_waits(app: App) -> None:
    """Unknown clients count for the address: the thirty-first failure waits, and a known client's goes on."""
    statuses = []
    for number in range(31):
        form = {"client_id": f"client-{number}", "client_secret": "wrong", "token": "t"}
        response = await app.http.post(PATHS[1], data=form, headers={"X-Forwarded-For": "198.51.100.7"})
        statuses.append(response.status_code)
    assert statuses == [401] * 30 + [429]
    secret = app.credentials["client_secret"]
    assert (await _fail(app, PATHS[1], "198.51.100.7", secret)).status_code == 200


async def test_an_ipv6_network_is_one_address(app: App) -> None:
    """Whoever owns a /64 gains nothing by walking through it."""
    statuses = [(await _fail(app, PATHS[0], f"2001:db8:1:2::{number}")).status_code for number in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


async def test_a_header_from_a_stranger_is_not_believed(world: World, settings: Settings, app: App) -> None:
    """X-Forwarded-For counts only from a trusted proxy: changing it does not help."""
    distrusting = dataclasses.replace(world.server, settings=dataclasses.replace(settings, trusted_proxies=""))
    world.endpoints.server = distrusting
    statuses = [(await _fail(app, PATHS[0], f"198.51.100.{number}")).status_code for number in range(5)]
    assert statuses == [401, 401, 401, 429, 429]

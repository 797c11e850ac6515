"""Client registration and a client's own configuration (RFC 7591, RFC 7592)."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.world import CALLBACK, ISSUER, App, Browser, World

from polar_server.app import build
from polar_server.authorization_server.clients import Ownership, rotate_secret
from polar_server.oauth.server_keys import ServerKeys
from polar_server.plain_asgi import PlainEndpoints
from polar_server.settings import Settings

BODY = {"client_name": "My app", "redirect_uris": [CALLBACK]}


async def _register(world: World, **members: Any) -> httpx.Response:
    return await world.http.post("/v1/oauth2/register", json={**BODY, **members})


async def test_registration_answers_with_everything_a_client_needs(world: World) -> None:
    """The answer has the credentials, the defaults that were filled in, and where to change them (RFC 7591 §3.2.1)."""
    response = await _register(world, scope="openid products:read unknown:scope", nonsense=1)
    made = response.json()
    assert response.status_code == 201
    assert made["client_id"].startswith("polar_ci_")
    assert made["client_secret"].startswith("polar_cs_")
    assert made["client_secret_expires_at"] == 0
    assert made["registration_access_token"].startswith("polar_crt_")
    assert made["registration_client_uri"] == f"{ISSUER}/v1/oauth2/register/{made['client_id']}"
    assert made["scope"] == "openid products:read", "unknown scopes are dropped and the kept ones echoed"
    assert made["token_endpoint_auth_method"] == "client_secret_post"
    assert "nonsense" not in made


async def test_a_public_client_gets_no_secret(world: World) -> None:
    """Method none means that there is nothing to keep."""
    made = (await _register(world, token_endpoint_auth_method="none")).json()
    assert "client_secret" not in made


@pytest.mark.parametrize(
    "members, error",
    [
        ({"redirect_uris": ["http://app.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"client_name": None}, "invalid_client_metadata"),
        ({"scope": "nothing:known"}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"logo_uri": "http://app.example/logo.png"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
    ],
)
async def test_bad_metadata_is_named(world: World, members: dict[str, Any], error: str) -> None:
    """A refusal says which member is wrong (RFC 7591 §3.2.2)."""
    response = await _register(world, **members)
    assert (response.status_code, response.json()["error"]) == (400, error)


@pytest.mark.parametrize("content", [b"[]", b"{", b"[" * 50_000, b'"x"', b"\xff"])
async def test_a_body_that_is_no_json_object_is_refused(world: World, content: bytes) -> None:
    """Whatever arrives, the answer is a clear 400."""
    response = await world.http.post(
        "/v1/oauth2/register", content=content, headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert (await world.http.post("/v1/oauth2/register", data={"client_name": "x"})).status_code == 400


async def test_generated_sdks_get_the_200_that_they_expect(world: World) -> None:
    """They take a 201 for a failure; nobody else is told anything but 201."""
    agent = {"User-Agent": "speakeasy-sdk/python 0.32.0"}
    assert (await world.http.post("/v1/oauth2/register", json=BODY, headers=agent)).status_code == 200


async def test_an_address_has_a_quota(world: World) -> None:
    """The twenty-first client of an hour is refused with Retry-After; an hour later there is room again."""
    for _ in range(20):
        assert (await _register(world)).status_code == 201
    response = await _register(world)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) <= 3600
    world.clock.now += 3600
    assert (await _register(world)).status_code == 201


async def test_a_person_registers_with_an_access_token(world: World, app: App, browser: Browser, person: str) -> None:
    """A user token makes the client the person's, without the quota; an organization's is refused."""
    token = (await world.tokens(app, browser))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    made = (await world.http.post("/v1/oauth2/register", json=BODY, headers=headers)).json()
    mine = (await world.http.get("/v1/oauth2/", headers=headers)).json()
    assert [item["client_id"] for item in mine["items"]] == [made["client_id"]]
    assert mine["pagination"] == {"total_count": 1, "max_page": 1}
    assert "polar_cs_" not in str(mine)
    assert (await browser.http.get("/v1/oauth2")).json() == mine
    organization = await world.organization("lighthouse", person)
    token = (await world.tokens(app, browser, organization))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    response = await world.http.post("/v1/oauth2/register", json=BODY, headers=headers)
    assert (response.status_code, response.json()["error"]) == (400, "access_denied")
    assert (await world.http.get("/v1/oauth2/", headers=headers)).status_code == 401
    assert (await world.http.get("/v1/oauth2/")).status_code == 401


async def test_closed_registration_needs_a_person(world: World, settings: Settings) -> None:
    """When the operator closed it, a stranger reads why."""
    closed = build(replace(settings, registration="closed"), ServerKeys([bytes(range(32))]), world.clock)
    assert isinstance(closed, PlainEndpoints)
    transport = httpx.ASGITransport(app=closed)  # type: ignore[arg-type]
    async with closed.framework.lifespan(), httpx.AsyncClient(transport=transport, base_url=ISSUER) as http:
        response = await http.post("/v1/oauth2/register", json=BODY)
    assert (response.status_code, response.json()["error"]) == (400, "access_denied")


async def test_a_client_reads_changes_and_deletes_itself(world: World, browser: Browser) -> None:
    """RFC 7592: GET, PUT with the same checks as registration, DELETE, after which every token is dead."""
    made = (await _register(world)).json()
    path = f"/v1/oauth2/register/{made['client_id']}"
    headers = {"Authorization": f"Bearer {made['registration_access_token']}"}
    read = (await world.http.get(path, headers=headers)).json()
    assert read["client_name"] == "My app"
    assert "client_secret" not in read
    changed = {**BODY, "client_id": made["client_id"], "client_name": "Renamed"}
    assert (await world.http.put(path, json=changed, headers=headers)).json()["client_name"] == "Renamed"
    bad = {**changed, "redirect_uris": ["javascript:alert(1)"]}
    assert (await world.http.put(path, json=bad, headers=headers)).json()["error"] == "invalid_redirect_uri"
    assert (await world.http.put(path, json=BODY, headers=headers)).json()["error"] == "invalid_request"
    public = {**changed, "token_endpoint_auth_method": "none"}
    assert (await world.http.put(path, json=public, headers=headers)).json()["error"] == "invalid_client_metadata"
    assert (await world.http.delete(path, headers=headers)).status_code == 204
    assert (await world.http.get(path, headers=headers)).status_code == 401
    page = await browser.open(f"/oauth2/authorize?client_id={made['client_id']}")
    assert 'data-error="invalid_client"' in page.text


async def test_a_registration_token_opens_its_own_client_only(world: World) -> None:
    """Another client's token, another kind of token, or none: 401 and nothing else."""
    first, second = (await _register(world)).json(), (await _register(world)).json()
    path = f"/v1/oauth2/register/{first['client_id']}"
    for token in (second["registration_access_token"], first["client_secret"], "nonsense"):
        response = await world.http.get(path, headers={"Authorization": f"Bearer {token}"})
        assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    assert (await world.http.get(path)).status_code == 401
    unknown = "/v1/oauth2/register/polar_ci_unknown"
    headers = {"Authorization": f"Bearer {first['registration_access_token']}"}
    assert (await world.http.get(unknown, headers=headers)).status_code == 401


async def test_deleting_a_client_kills_its_tokens(world: World, browser: Browser) -> None:
    """A deleted client's access and refresh tokens fail at the next request, and it can no longer authenticate."""
    made = (await _register(world)).json()
    from polar_server.authorization_server.clients import CreatedClient

    app = App(world.http, CreatedClient(made["client_id"], made["client_secret"], ""))
    tokens = await world.tokens(app, browser)
    headers = {"Authorization": f"Bearer {made['registration_access_token']}"}
    await world.http.delete(f"/v1/oauth2/register/{made['client_id']}", headers=headers)
    assert (await app.userinfo(tokens["access_token"])).status_code == 401
    response = await app.refresh(tokens["refresh_token"])
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


async def test_two_secrets_live_during_a_rotation(world: World, app: App) -> None:
    """The old secret works beside the new one until the overlap is over."""
    old = app.made.client_secret
    async with world.server.database.write() as tx:
        new = await rotate_secret(tx, world.server.server_keys, app.client_id, int(world.clock() * 1000), 60)
    for secret, moment, status in ((old, 0, 400), (new, 0, 400), (old, 60, 401), (new, 60, 400)):
        world.clock.now += moment
        form = {"client_id": app.client_id, "client_secret": secret, "grant_type": "refresh_token"}
        response = await world.http.post("/v1/oauth2/token", data={**form, "refresh_token": "x"})
        assert response.status_code == status
        world.clock.now -= moment


async def test_a_public_client_has_no_secret_to_rotate(world: World) -> None:
    """Rotation of what does not exist gives nothing."""
    public = await world.app(token_endpoint_auth_method="none", ownership=Ownership())
    async with world.server.database.write() as tx:
        assert await rotate_secret(tx, world.server.server_keys, public.client_id, 0) is None

"""Webhook endpoints and deliveries as the API shows them."""

from typing import Any

import pytest
from tests.world import Api, World, token_of

from polar_server.accounts.roles import Role
from polar_server.resources.webhooks import sending_queries
from polar_server.settings import Settings

URL = "https://8.8.8.8/hook"
BODY = {"url": URL, "format": "raw", "events": ["product.created", "product.updated"]}
ENDPOINTS = "/v1/webhooks/endpoints"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nothing is sent by itself: these tests are about what the API says."""
    return Settings(
        issuer=settings.issuer, database_url=settings.database_url, data_dir=settings.data_dir, worker=False
    )


async def _create(api: Api, **members: Any) -> dict[str, Any]:
    response = await api.post(ENDPOINTS, {**BODY, **members})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def test_an_endpoint_is_created_read_changed_and_deleted(api: Api, world: World) -> None:
    """The whole life of an endpoint; its secret is answered in clear and kept sealed."""
    made = await _create(api, name="Shop", events=["product.created", "product.created"])
    assert (
        made
        | {
            "url": URL,
            "name": "Shop",
            "format": "raw",
            "events": ["product.created"],
            "enabled": True,
            "organization_id": api.organization_id,
            "api_version": "2026-04",
            "uses_standard_webhook_signature": True,
            "modified_at": None,
        }
        == made
    )
    assert made["secret"].startswith("whsec_")
    path = f"{ENDPOINTS}/{made['id']}"
    assert (await api.get(path)).json() == made
    changed = (await api.patch(path, {"url": f"{URL}/2", "name": None, "events": None, "format": "slack"})).json()
    assert (changed["url"], changed["name"], changed["format"]) == (f"{URL}/2", None, "slack")
    assert (changed["events"], changed["secret"]) == (made["events"], made["secret"])
    disabled = (await api.patch(path, {"enabled": False, "api_version": "2026-10"})).json()
    assert (disabled["enabled"], disabled["api_version"]) == (False, "2026-10")
    renewed = (await api.patch(f"{path}/secret", None)).json()
    assert renewed["secret"] not in (made["secret"], "")
    listed = (await api.get(f"{ENDPOINTS}?limit=1")).json()
    assert (listed["items"], listed["pagination"]) == ([renewed], {"total_count": 1, "max_page": 1})
    async with world.server.database.read() as tx:
        kept = await sending_queries.list_outdated_secrets(tx, "another key", 10)
    assert renewed["secret"] not in kept[0]["secret"]
    assert world.server.server_keys.is_current(kept[0]["secret"])
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).json() == {"error": "ResourceNotFound", "detail": "Not found"}


async def test_the_version_is_that_of_the_request_or_named(api: Api) -> None:
    """An endpoint made by a client of a version gets payloads of that version."""
    response = await api.call("POST", ENDPOINTS, BODY, **{"Polar-Version": "2026-10"})
    assert response.json()["api_version"] == "2026-10"
    assert (await _create(api, api_version="2027-01"))["api_version"] == "2027-01"


MISTAKES: list[tuple[dict[str, Any], str]] = [
    *(
        ({"url": url}, "url")
        for url in (
            "https://10.0.0.5/h",
            "https://169.254.169.254/latest/meta-data/",
            "https://[64:ff9b::a9fe:a9fe]/h",
            "https://127.0.0.1/h",
            "https://2130706433/h",
            "https://LOCALHOST./h",
            "https://127。0。0。1/h",
            "https://example.com@10.0.0.5/h",
            "http://example.com/h",
            "https://8.8.8.8:8443/h",
            "file:///etc/passwd",
            "",
        )
    ),
    ({"url": None}, "url"),
    ({"format": "xml"}, "format"),
    ({"events": ["product.exploded"]}, "events"),
    ({"events": None}, "events"),
    ({"secret": "short"}, "secret"),
    ({"api_version": "2020-01"}, "api_version"),
    ({"organization_id": "somebody"}, "organization_id"),
]


async def test_every_mistake_is_named_by_its_place(api: Api) -> None:
    """422 with the place of what is wrong, for every URL that leads inside, too; a change is checked as a creation."""
    made = await _create(api)
    for members, place in MISTAKES:
        response = await api.post(ENDPOINTS, {**BODY, **members})
        assert response.status_code == 422, members
        assert response.json()["detail"][0]["loc"][:2] == ["body", place]
        if members.get("url"):
            assert (await api.patch(f"{ENDPOINTS}/{made['id']}", members)).status_code == 422, members
    assert (await api.get(ENDPOINTS)).json()["items"] == [made]


async def test_an_own_secret_is_kept(api: Api) -> None:
    """A long one that the caller brings is used as it is."""
    secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" + "="
    assert (await _create(api, secret=secret))["secret"] == secret


async def test_another_organizations_endpoint_does_not_exist(api: Api, stranger: Api) -> None:
    """Read, change, renew, delete and list answer as for an endpoint that never was."""
    path = f"{ENDPOINTS}/{(await _create(api))['id']}"
    missing = (await stranger.get(f"{ENDPOINTS}/3befcb56-d67f-498e-add3-9b47c6bf39ae")).json()
    for response in (
        await stranger.get(path),
        await stranger.patch(path, {"enabled": False}),
        await stranger.patch(f"{path}/secret", None),
        await stranger.delete(path),
        await stranger.post("/v1/webhooks/events/3befcb56-d67f-498e-add3-9b47c6bf39ae/redeliver", None),
    ):
        assert (response.status_code, response.json()) == (404, missing)
    assert (await stranger.get(f"{ENDPOINTS}?organization_id={api.organization_id}")).json()["items"] == []
    assert (await api.get(path)).json()["enabled"] is True


async def test_only_those_who_manage_an_organization_see_its_webhooks(world: World) -> None:
    """A member's token reads no secret and changes nothing; scopes are checked as everywhere."""
    owner = await world.person("owner@example.com")
    organization = await world.organization("manage", owner)
    member = await world.person("m@example.com")
    await world.join(organization, member, Role.MEMBER)
    path = f"{ENDPOINTS}/{(await _create(await token_of(world, owner, organization)))['id']}"
    reader = await token_of(world, owner, organization, scope="webhooks:read")
    assert (await reader.get(path)).status_code == 200
    assert (await reader.delete(path)).status_code == 403
    api = await token_of(world, member, organization, sub_type="user")
    assert (await api.get(ENDPOINTS)).json().get("items", []) == []
    assert (await api.get("/v1/webhooks/deliveries")).json().get("items", []) == []
    for response in (await api.get(path), await api.patch(path, {"name": "x"}), await api.post(ENDPOINTS, BODY)):
        assert response.status_code == 403, response.text


async def test_bad_filters_are_named(api: Api) -> None:
    """422 at the parameter."""
    for query in ("event_type=x", "http_code_class=6xx", "succeeded=perhaps", "start_timestamp=now"):
        response = await api.get(f"/v1/webhooks/deliveries?{query}")
        assert response.status_code == 422
        assert response.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]

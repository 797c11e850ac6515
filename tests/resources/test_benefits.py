"""Benefits: their types, changes and lists, and the products that give them."""

import asyncio
import base64
import hashlib
import json
from typing import Any

import httpx
import pytest
from tests.world import Api, World, token_of

from polar_server.database import Statement
from polar_server.settings import Settings

NOBODY = "00000000-0000-4000-8000-000000000000"
CUSTOM = {"type": "custom", "description": "A letter each month", "properties": {"note": "Thank you!"}}
KEYS = {
    "prefix": "LAMP",
    "expires": {"ttl": 1, "timeframe": "year"},
    "activations": {"limit": 3, "enable_customer_admin": True},
    "limit_usage": 100,
}
MISTAKES: list[tuple[dict[str, Any], list[Any]]] = [
    ({"type": None}, ["body", "type"]),
    ({"type": "articles"}, ["body", "type"]),
    ({"description": "ab"}, ["body", "description"]),
    ({"description": "a" * 43}, ["body", "description"]),
    ({"visibility": "hidden"}, ["body", "visibility"]),
    ({"properties": None}, ["body", "properties"]),
    ({"properties": {"note": 5}}, ["body", "properties", "note"]),
    ({"metadata": {"k": ""}}, ["body", "metadata", "k"]),
    ({"organization_id": NOBODY}, ["body", "organization_id"]),
    ({"type": "downloadables", "properties": {"files": []}}, ["body", "properties", "files"]),
    ({"type": "license_keys", "properties": {"limit_usage": 0}}, ["body", "properties", "limit_usage"]),
    (
        {"type": "license_keys", "properties": {"expires": {"ttl": 1, "timeframe": "hour"}}},
        ["body", "properties", "expires", "timeframe"],
    ),
    (
        {"type": "license_keys", "properties": {"activations": {"limit": 1}}},
        ["body", "properties", "activations", "enable_customer_admin"],
    ),
]
_EVENTS = Statement("SELECT type, payload FROM events ORDER BY id")
_PIN = Statement("UPDATE benefits SET deletable = FALSE WHERE id = :id")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nothing is sent by itself, so that events stay where tests find them."""
    return Settings(
        issuer=settings.issuer, database_url=settings.database_url, data_dir=settings.data_dir, worker=False
    )


async def _create(api: Api, **members: Any) -> dict[str, Any]:
    response = await api.post("/v1/benefits/", {**CUSTOM, **members})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def _product(api: Api, *benefits: dict[str, Any]) -> dict[str, Any]:
    """A product that gives these benefits."""
    body = {"name": "Night lamp", "prices": [{"amount_type": "free"}]}
    made = (await api.post("/v1/products/", body)).json()
    given = await api.post(f"/v1/products/{made['id']}/benefits", {"benefits": [each["id"] for each in benefits]})
    assert given.status_code == 200, given.text
    found: dict[str, Any] = given.json()
    return found


async def _file(api: Api, name: str, **changes: Any) -> str:
    """The id of an uploaded file."""
    data = b"\x89PNG\r\n\x1a\n" + name.encode()
    checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
    part = {"number": 1, "chunk_start": 0, "chunk_end": len(data), "checksum_sha256_base64": checksum}
    body = {"service": "downloadable", "name": name, "mime_type": "image/png", "size": len(data), **changes}
    made = (await api.post("/v1/files/", {**body, "upload": {"parts": [part]}})).json()
    told = made["upload"]["parts"][0]
    etag = (await api.http.put(told["url"], content=data, headers=told["headers"])).headers["etag"]
    parts = [{"number": 1, "checksum_etag": etag, "checksum_sha256_base64": checksum}]
    finish = {"id": made["upload"]["id"], "path": made["upload"]["path"], "parts": parts}
    done = await api.post(f"/v1/files/{made['id']}/uploaded", finish)
    assert done.status_code == 200, done.text
    return str(made["id"])


def _place(response: httpx.Response) -> list[Any]:
    assert response.status_code == 422, response.text
    loc: list[Any] = response.json()["detail"][0]["loc"]
    return loc


async def test_a_benefit_is_created_read_changed_and_deleted(api: Api) -> None:
    """The whole life of a benefit; null changes nothing, and other properties replace the old ones."""
    made = await _create(api, metadata={"shelf": 3})
    shown = {
        "type": "custom",
        "organization_id": api.organization_id,
        "modified_at": None,
        "selectable": True,
        "deletable": True,
        "is_deleted": False,
        "metadata": {"shelf": 3},
        "visibility": "public",
        "visibility_configurable": True,
        "properties": {"note": "Thank you!"},
    }
    assert made | shown == made
    path = f"/v1/benefits/{made['id']}"
    assert (await api.get(path)).json() == made
    nothing = {"type": "custom", "description": None, "visibility": None, "properties": None}
    assert (await api.patch(path, nothing)).json() | {"modified_at": None} == made
    wanted = {"description": "A letter", "visibility": "draft", "properties": {}, "metadata": {}}
    changed = (await api.patch(path, {"type": "custom", **wanted})).json()
    assert changed | wanted | {"properties": {"note": None}} == changed
    assert (await api.get("/v1/benefits")).json()["items"] == [changed]
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).json() == {"error": "ResourceNotFound", "detail": "Not found"}
    assert (await api.get("/v1/benefits/")).json()["items"] == []
    assert (await api.delete(path)).status_code == 404


async def test_license_keys_and_feature_flags(api: Api) -> None:
    """Every property of license keys is kept and shown, null where none was sent; a flag is private and has none."""
    keys = await _create(api, type="license_keys", properties=KEYS)
    assert keys["properties"] == KEYS
    path = f"/v1/benefits/{keys['id']}"
    changed = (await api.patch(path, {"type": "license_keys", "properties": {"limit_usage": 5}})).json()
    assert changed["properties"] == {**dict.fromkeys(KEYS), "limit_usage": 5}
    flag = await _create(api, type="feature_flag", properties={})
    assert (flag["visibility"], flag["properties"]) == ("private", {})
    assert (await api.get(f"/v1/benefits/{flag['id']}/files")).json()["items"] == []


async def test_downloadables_have_files_of_their_organization(api: Api, stranger: Api) -> None:
    """Files keep their order; an image, a foreign file and one that was deleted are none of them."""
    first, second = await _file(api, "one.png"), await _file(api, "two.png")
    image, foreign = await _file(api, "i.png", service="product_media"), await _file(stranger, "f.png")
    sent = {"files": [second, first, second], "archived": {first: True, foreign: True}}
    made = await _create(api, type="downloadables", properties=sent)
    assert made["properties"] == {"files": [second, first], "archived": {first: True}}
    assert (made["visibility"], made["visibility_configurable"]) == ("public", False)
    path = f"/v1/benefits/{made['id']}"
    for other in (image, foreign, NOBODY):
        refused = await api.patch(path, {"type": "downloadables", "properties": {"files": [first, other]}})
        assert _place(refused) == ["body", "properties", "files", 1]
    assert _place(await api.patch(path, {"type": "downloadables", "visibility": "draft"})) == ["body", "visibility"]
    listed = (await api.get(f"{path}/files")).json()["items"]
    assert [(each["name"], each["downloads"], each["downloaders"]) for each in listed] == [
        ("two.png", 0, 0),
        ("one.png", 0, 0),
    ]
    assert (await api.get(f"{path}/files?limit=1&page=2")).json() == {
        "items": listed[1:],
        "pagination": {"total_count": 2, "max_page": 2},
    }
    await api.delete(f"/v1/files/{second}")
    assert (await api.get(f"{path}/files")).json()["items"] == listed[1:]


async def test_every_mistake_is_named_by_its_place(api: Api) -> None:
    """422 with the place of what is wrong, and nothing stored."""
    for members, place in MISTAKES:
        assert _place(await api.post("/v1/benefits/", {**CUSTOM, **members})) == place
    assert (await api.get("/v1/benefits/")).json()["pagination"]["total_count"] == 0


async def test_the_type_is_one_that_is_offered_and_stays(api: Api) -> None:
    """What this server does not offer is refused in words, also in a change; a change names the benefit's own type."""
    path = f"/v1/benefits/{(await _create(api))['id']}"
    for name in ("discord", "github_repository", "meter_credit", "slack_shared_channel"):
        for refused in (
            await api.post("/v1/benefits/", {**CUSTOM, "type": name}),
            await api.patch(path, {"type": name}),
        ):
            assert _place(refused) == ["body", "type"]
            said = refused.json()["detail"][0]["msg"]
            assert said == f"This server does not offer benefits of the type {name}."
    assert _place(await api.patch(path, {"description": "No type"})) == ["body", "type"]
    assert _place(await api.patch(path, {"type": "feature_flag"})) == ["body", "type"]
    assert _place(await api.patch(path, ["custom"])) == ["body"]


async def test_lists_page_sort_and_filter(api: Api) -> None:
    """Pages, orders and filters, one by one and together."""
    made = {
        each["description"][0]: each["id"]
        for each in (
            await _create(api, description="Alpha", metadata={"tier": "a"}),
            await _create(api, description="Beta", type="feature_flag", properties={}, metadata={"tier": "b"}),
            await _create(api, description="Gamma", type="license_keys", properties={}),
        )
    }

    async def found(query: str) -> str:
        response = await api.get(f"/v1/benefits/?{query}")
        assert response.status_code == 200, response.text
        return "".join(item["description"][0] for item in response.json()["items"])

    a, b, g = (f"id={made[name]}" for name in "ABG")
    assert await found("sorting=-description&limit=2") == "GB"
    assert await found("sorting=-description&limit=2&page=2") == "A"
    assert await found("sorting=type") == "ABG"
    assert await found(f"sorting=user_order&{g}&{a}&{b}") == "GAB"
    assert await found(f"sorting=-user_order&{g}&{a}&{b}") == "BAG"
    assert len(await found("sorting=user_order")) == 3
    assert await found(f"sorting=description&exclude_{b}") == "AG"
    assert await found("sorting=description&type=custom&type=feature_flag") == "AB"
    assert await found("type=discord") == ""
    assert await found("query=lph") == "A"
    assert await found("metadata[tier]=b") == "B"
    for query in ("type=articles", "sorting=price"):
        response = await api.get(f"/v1/benefits/?{query}")
        assert _place(response) == ["query", query.partition("=")[0]]


async def test_a_product_gives_benefits_in_their_order(api: Api) -> None:
    """The list that is sent replaces the old one; products show it and are found by it."""
    first, second = await _create(api), await _create(api, type="feature_flag", properties={})
    product = await _product(api, second, first, second)
    assert product["benefits"] == [second, first]
    assert product["modified_at"] is not None
    other = await _product(api)
    listed = (await api.get("/v1/products/?sorting=created_at")).json()["items"]
    assert {item["id"]: item["benefits"] for item in listed} == {product["id"]: [second, first], other["id"]: []}
    path = f"/v1/products/{product['id']}"
    assert (await api.post(f"{path}/benefits", {"benefits": [first["id"]]})).json()["benefits"] == [first]
    assert (await api.get(path)).json()["benefits"] == [first]

    async def giving(*benefits: dict[str, Any]) -> list[str]:
        query = "&".join(f"benefit_id={each['id']}" for each in benefits)
        return [item["id"] for item in (await api.get(f"/v1/products/?{query}")).json()["items"]]

    assert await giving(second) == []
    assert await giving(second, first) == [product["id"]]
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(f"/v1/benefits/{first['id']}")).json() == first


async def test_lists_sent_at_the_same_moment_go_one_after_the_other(api: Api) -> None:
    """Each is answered with what it set, and one of them is what stays."""
    first, second = await _create(api), await _create(api)
    product = await _product(api, first)
    path = f"/v1/products/{product['id']}"
    wanted = [[first], [second, first], [second]] * 2
    answers = await asyncio.gather(
        *(api.post(f"{path}/benefits", {"benefits": [each["id"] for each in benefits]}) for benefits in wanted)
    )
    assert [answer.json()["benefits"] for answer in answers] == wanted
    assert (await api.get(path)).json()["benefits"] in wanted


async def test_a_product_gives_nothing_foreign_or_deleted(api: Api, stranger: Api) -> None:
    """Refused at its place in the list, and what was there stays; a benefit that is deleted leaves its products."""
    mine, gone = await _create(api), await _create(api)
    foreign = await _create(stranger)
    product = await _product(api, mine, gone)
    assert (await api.delete(f"/v1/benefits/{gone['id']}")).status_code == 204
    path = f"/v1/products/{product['id']}"
    assert (await api.get(path)).json()["benefits"] == [mine]
    for other in (foreign["id"], gone["id"], NOBODY):
        refused = await api.post(f"{path}/benefits", {"benefits": [mine["id"], other]})
        assert _place(refused) == ["body", "benefits", 1]
    assert _place(await api.post(f"{path}/benefits", {})) == ["body", "benefits"]
    assert (await api.get(path)).json()["benefits"] == [mine]
    assert (await stranger.post(f"{path}/benefits", {"benefits": []})).status_code == 404


async def test_a_benefit_that_must_stay_is_not_deleted(api: Api, world: World) -> None:
    """403, and products go on giving it."""
    made = await _create(api)
    product = await _product(api, made)
    async with world.server.database.write() as tx:
        await tx.run(_PIN, id=made["id"])
    refused = await api.delete(f"/v1/benefits/{made['id']}")
    assert (refused.status_code, refused.json()["error"]) == (403, "NotPermitted")
    (given,) = (await api.get(f"/v1/products/{product['id']}")).json()["benefits"]
    assert given == {**made, "deletable": False}


async def test_changes_are_told(api: Api, world: World) -> None:
    """Each change leaves its event with what the API answers; a refused one leaves none."""
    made = await _create(api)
    product = await _product(api, made)
    path = f"/v1/benefits/{made['id']}"
    changed = (await api.patch(path, {"type": "custom", "description": "Another letter"})).json()
    await api.patch(path, {"type": "custom", "metadata": {"k": ""}})
    await api.delete(path)
    async with world.server.database.read() as tx:
        rows = await tx.all(_EVENTS)
    told = [(row["type"], json.loads(row["payload"])["data"]) for row in rows]
    assert [name for name, _ in told] == [
        "benefit.created",
        "product.created",
        "product.updated",
        "benefit.updated",
        "benefit.updated",
    ]
    assert (told[0][1], told[2][1], told[3][1]) == (made, product, changed)
    assert told[4][1] == {**changed, "is_deleted": True}


async def test_another_organizations_benefit_does_not_exist(api: Api, stranger: Api) -> None:
    """Read, change, delete and lists answer as for a benefit that never was."""
    made = await _create(api)
    path = f"/v1/benefits/{made['id']}"
    for response in (
        await stranger.get(path),
        await stranger.get(f"{path}/files"),
        await stranger.patch(path, {"type": "custom"}),
        await stranger.delete(path),
    ):
        assert (response.status_code, response.json()) == (404, {"error": "ResourceNotFound", "detail": "Not found"})
    listed = await stranger.get(f"/v1/benefits/?organization_id={api.organization_id}&id={made['id']}")
    assert listed.json()["items"] == []
    assert (await api.get(path)).json() == made


async def test_scopes_are_enforced(world: World) -> None:
    """Reading needs read or write, writing needs write; another resource's scope opens nothing (RFC 6750 §3.1)."""
    owner = await world.person("scopes@example.com")
    organization = await world.organization("scopes", owner)
    for scope, read, write in (("benefits:read", 200, 403), ("benefits:write", 200, 201), ("products:write", 403, 403)):
        api = await token_of(world, owner, organization, scope=scope)
        assert (await api.get("/v1/benefits/")).status_code == read
        assert (await api.post("/v1/benefits/", CUSTOM)).status_code == write

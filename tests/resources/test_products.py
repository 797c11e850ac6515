"""Products: prices, changes, lists, and what bad input gets."""

from typing import Any

import pytest
from tests.world import Api, World, token_of

from polar_server.accounts.roles import Role

FIXED = {"amount_type": "fixed", "price_amount": 1000}
BODY = {"name": "Night lamp", "prices": [FIXED]}


async def _create(api: Api, **members: Any) -> dict[str, Any]:
    response = await api.post("/v1/products/", {**BODY, **members})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def test_a_product_is_created_read_changed_and_deleted(api: Api) -> None:
    """The whole life of a product, with both forms of the collection's path."""
    made = await _create(api, description="Warm", metadata={"shelf": 3, "new": True})
    assert made["organization_id"] == api.organization_id
    assert (
        made["prices"][0] | {"amount_type": "fixed", "price_amount": 1000, "price_currency": "usd"} == made["prices"][0]
    )
    assert made["created_at"].endswith("Z")
    path = f"/v1/products/{made['id']}"
    assert (await api.get(path)).json() == made
    changed = (await api.patch(path, {"name": "Day lamp", "is_archived": True})).json()
    assert (changed["name"], changed["is_archived"], changed["description"]) == ("Day lamp", True, "Warm")
    assert changed["modified_at"] is not None
    assert (await api.get("/v1/products")).json()["items"] == (await api.get("/v1/products/")).json()["items"]
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).json() == {"error": "ResourceNotFound", "detail": "Not found"}
    assert (await api.delete(path)).status_code == 404


async def test_absent_and_null_are_told_apart(api: Api) -> None:
    """A description that is left out stays; null removes it; a name cannot be removed and stays."""
    made = await _create(api, description="Warm")
    path = f"/v1/products/{made['id']}"
    assert (await api.patch(path, {})).json()["description"] == "Warm"
    changed = (await api.patch(path, {"description": None, "name": None})).json()
    assert (changed["description"], changed["name"]) == (None, "Night lamp")


async def test_free_and_custom_prices(api: Api) -> None:
    """A free price is a fixed one of 0; a custom one has its limits."""
    free = await _create(api, prices=[{"amount_type": "free"}])
    assert (free["prices"][0]["amount_type"], free["prices"][0]["price_amount"]) == ("fixed", 0)
    custom = await _create(api, prices=[{"amount_type": "custom", "preset_amount": 500, "maximum_amount": 900}])
    price = custom["prices"][0]
    assert (price["minimum_amount"], price["preset_amount"], price["maximum_amount"]) == (50, 500, 900)


async def test_recurring_products_have_an_interval_and_may_have_a_trial(api: Api) -> None:
    """The interval counts 1 by default, and never changes."""
    made = await _create(api, recurring_interval="month", trial_interval="day", trial_interval_count=14)
    assert (made["is_recurring"], made["recurring_interval_count"], made["trial_interval_count"]) == (True, 1, 14)
    path = f"/v1/products/{made['id']}"
    response = await api.patch(path, {"recurring_interval": "year"})
    assert response.json()["detail"][0]["loc"] == ["body", "recurring_interval"]
    assert (await api.patch(path, {"recurring_interval": "month"})).status_code == 200
    ended = (await api.patch(path, {"trial_interval": None, "trial_interval_count": None})).json()
    assert ended["trial_interval"] is None


async def test_a_new_price_list_keeps_adds_and_archives(api: Api) -> None:
    """`{"id"}` keeps a price, anything else is a new one, and what is left out is archived."""
    made = await _create(api, prices=[FIXED, {**FIXED, "price_currency": "eur"}])
    dollar, euro = made["prices"]
    path = f"/v1/products/{made['id']}"
    new = [{"id": dollar["id"]}, {"amount_type": "fixed", "price_amount": 2000, "price_currency": "eur"}]
    changed = (await api.patch(path, {"prices": new})).json()["prices"]
    assert [price["price_amount"] for price in changed] == [1000, 2000]
    assert changed[0]["id"] == dollar["id"]
    assert changed[1]["id"] != euro["id"]
    response = await api.patch(path, {"prices": [{"id": euro["id"]}]})
    assert response.json()["detail"][0]["loc"] == ["body", "prices", 0, "id"], "an archived price does not come back"
    assert (await api.get(path)).json()["prices"] == changed, "a refused change changes nothing"


@pytest.mark.parametrize(
    "members, place",
    [
        ({"name": "ab"}, ["body", "name"]),
        ({"name": None}, ["body", "name"]),
        ({"prices": []}, ["body", "prices"]),
        ({"prices": [{"amount_type": "metered"}]}, ["body", "prices", 0, "amount_type"]),
        ({"prices": [{"amount_type": "fixed"}]}, ["body", "prices", 0, "price_amount"]),
        ({"prices": [{**FIXED, "price_amount": 49}]}, ["body", "prices", 0, "price_amount"]),
        ({"prices": [{**FIXED, "price_amount": 10.5}]}, ["body", "prices", 0, "price_amount"]),
        ({"prices": [{**FIXED, "price_currency": "xyz"}]}, ["body", "prices", 0, "price_currency"]),
        ({"prices": [FIXED, FIXED]}, ["body", "prices"]),
        ({"prices": [FIXED, {"amount_type": "custom", "price_currency": "eur"}]}, ["body", "prices"]),
        ({"prices": [{"amount_type": "custom", "maximum_amount": 10}]}, ["body", "prices", 0, "maximum_amount"]),
        ({"prices": [{"amount_type": "custom", "preset_amount": 10}]}, ["body", "prices", 0, "preset_amount"]),
        ({"prices": [{"amount_type": "custom", "minimum_amount": 10}]}, ["body", "prices", 0, "minimum_amount"]),
        ({"trial_interval": "day", "trial_interval_count": 3}, ["body", "trial_interval"]),
        ({"recurring_interval": "month", "trial_interval": "day"}, ["body", "trial_interval_count"]),
        ({"recurring_interval": "decade"}, ["body", "recurring_interval"]),
        ({"metadata": {"k": None}}, ["body", "metadata", "..."]),
        ({"metadata": {"k": ""}}, ["body", "metadata", "k"]),
        ({"metadata": {"k" * 41: "v"}}, ["body", "metadata", "k" * 41]),
        ({"organization_id": "somebody"}, ["body", "organization_id"]),
    ],
)
async def test_every_mistake_is_named_by_its_place(api: Api, members: dict[str, Any], place: list[Any]) -> None:
    """422 with the place of what is wrong, and nothing stored."""
    response = await api.post("/v1/products/", {**BODY, **members})
    assert response.status_code == 422, response.text
    assert response.json()["detail"][0]["loc"] == place
    assert (await api.get("/v1/products/")).json()["pagination"]["total_count"] == 0


async def test_lists_page_sort_and_filter(api: Api) -> None:
    """Pages, orders and filters, one by one and together."""
    await _create(api, name="Alpha", metadata={"tier": "a", "big": True})
    await _create(api, name="Beta_1", prices=[{**FIXED, "price_amount": 300}], metadata={"tier": "b", "n": 7})
    await _create(api, name="Gamma", recurring_interval="year", visibility="draft", metadata={"tier": "b"})

    async def names(query: str) -> list[str]:
        response = await api.get(f"/v1/products/?{query}")
        assert response.status_code == 200, response.text
        return [item["name"] for item in response.json()["items"]]

    assert await names("sorting=name") == ["Alpha", "Beta_1", "Gamma"]
    assert await names("sorting=-name&limit=2") == ["Gamma", "Beta_1"]
    assert await names("sorting=-name&limit=2&page=2") == ["Alpha"]
    assert await names("page=9") == []
    assert await names("sorting=price_amount&sorting=-name") == ["Beta_1", "Gamma", "Alpha"]
    assert await names("is_recurring=true") == ["Gamma"]
    assert await names("visibility=draft&visibility=private") == ["Gamma"]
    assert await names("query=TA_") == ["Beta_1"]
    assert await names("query=%25") == [], "a percent sign is text"
    assert await names("sorting=name&metadata[tier]=b") == ["Beta_1", "Gamma"]
    assert await names("sorting=name&metadata[tier]=b&metadata[tier]=a") == ["Alpha", "Beta_1", "Gamma"]
    assert await names("metadata[tier]=b&metadata[n]=7") == ["Beta_1"]
    assert await names("metadata[big]=true") == ["Alpha"]
    assert await names("metadata[big]=1") == []
    page = (await api.get("/v1/products/?limit=2")).json()["pagination"]
    assert page == {"total_count": 3, "max_page": 2}
    ids = [item["id"] for item in (await api.get("/v1/products/?sorting=name")).json()["items"]]
    assert await names(f"sorting=name&id={ids[0]}&id={ids[2]}") == ["Alpha", "Gamma"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "page=0", "page=x", "is_archived=maybe", "sorting=price", "sorting=id"]
)
async def test_bad_queries_are_named(api: Api, query: str) -> None:
    """422 at the parameter."""
    response = await api.get(f"/v1/products/?{query}")
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


async def test_a_limit_over_a_hundred_becomes_a_hundred(api: Api) -> None:
    """No client gets more than it should, and none is refused for asking."""
    assert (await api.get("/v1/products/?limit=100000")).status_code == 200


async def test_another_organizations_product_does_not_exist(api: Api, stranger: Api) -> None:
    """Read, change, delete and list answer as for a product that never was."""
    made = await _create(api)
    path = f"/v1/products/{made['id']}"
    missing = (await stranger.get("/v1/products/3befcb56-d67f-498e-add3-9b47c6bf39ae")).json()
    for response in (
        await stranger.get(path),
        await stranger.patch(path, {"name": "Mine now"}),
        await stranger.delete(path),
    ):
        assert (response.status_code, response.json()) == (404, missing)
    listed = await stranger.get(f"/v1/products/?organization_id={api.organization_id}&id={made['id']}")
    assert listed.json()["items"] == []
    assert (await api.get(path)).json() == made


async def test_a_person_names_the_organization_when_there_are_several(world: World) -> None:
    """A user token reaches every organization of its person; a new product must say to which it belongs."""
    owner = await world.person("both@example.com")
    first, second = await world.organization("first", owner), await world.organization("second", owner)
    foreign = await world.organization("foreign", await world.person("other@example.com"))
    api = await token_of(world, owner, first, sub_type="user")
    assert (await api.post("/v1/products/", BODY)).json()["detail"][0]["type"] == "missing"
    response = await api.post("/v1/products/", {**BODY, "organization_id": foreign})
    assert response.json()["detail"][0]["loc"] == ["body", "organization_id"]
    for organization_id in (first, second):
        made = await _create(api, organization_id=organization_id)
        assert made["organization_id"] == organization_id
    assert (await api.get("/v1/products/")).json()["pagination"]["total_count"] == 2
    narrowed = await api.get("/v1/products/", **{"Polar-Organization": first})
    assert [item["organization_id"] for item in narrowed.json()["items"]] == [first]
    narrowed = await api.get("/v1/products/", **{"Polar-Organization": foreign})
    assert narrowed.json()["items"] == []


async def test_scopes_are_enforced(world: World) -> None:
    """Reading needs read or write, writing needs write; another resource's scope opens nothing (RFC 6750 §3.1)."""
    owner = await world.person("scopes@example.com")
    organization = await world.organization("scopes", owner)
    await world.join(organization, await world.person("m@example.com"), Role.MEMBER)
    for scope, read, write in (
        ("products:read", 200, 403),
        ("products:write", 200, 201),
        ("orders:write", 403, 403),
    ):
        api = await token_of(world, owner, organization, scope=scope)
        assert (await api.get("/v1/products/")).status_code == read
        response = await api.post("/v1/products/", BODY)
        assert response.status_code == write
        if write == 403:
            assert 'error="insufficient_scope"' in response.headers["www-authenticate"]

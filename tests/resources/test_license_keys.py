"""License keys in the API: checked, activated, changed by their seller, and kept under the newest server key."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.resources.test_benefit_grants import (
    KEYS,
    MISSING,
    _benefit,
    _buy,
    _customer,
    _given,
    _product,
    _subscribe,
    _sync,
)
from tests.world import NOW, Api, World

from polar_server.database import Statement
from polar_server.oauth.server_keys import ServerKeys
from polar_server.resources.benefit_grants.granting import Sale
from polar_server.resources.benefit_grants.license_keys import NewKey
from polar_server.resources.benefit_grants.resealing import reseal_license_keys

_KEY = Statement("SELECT sealed, digest, key_id FROM license_keys")


async def _sold(world: World, api: Api, **properties: Any) -> tuple[Sale, str]:
    """A key that somebody bought: the sale, and the key in full."""
    body = {**KEYS, "properties": {**KEYS["properties"], **properties}}  # type: ignore[dict-item]
    product_id = await _product(api, await _benefit(api, body))
    sale = await _buy(world, api, await _customer(api), product_id)
    [given] = await _given(world, sale)
    return sale, str(given.license_key)


async def _ask(api: Api, do: str, key: str, **members: Any) -> tuple[int, Any]:
    response = await api.post(f"/v1/license-keys/{do}", {"key": key, "organization_id": api.organization_id, **members})
    return response.status_code, response.json() if response.content else None


async def test_a_key_is_validated_with_all_its_keys(world: World, api: Api) -> None:
    """The answer names customer, benefit and order; each check is counted; what does not fit is refused with 404."""
    sale, key = await _sold(world, api)
    status, shown = await _ask(api, "validate", key)
    assert status == 200
    assert shown == shown | {
        "created_at": "2027-01-15T08:00:00Z",
        "organization_id": api.organization_id,
        "customer_id": sale.customer_id,
        "customer": (await api.get(f"/v1/customers/{sale.customer_id}")).json(),
        "key": key,
        "display_key": f"****-{key[-6:]}",
        "status": "granted",
        "limit_activations": 2,
        "usage": 0,
        "limit_usage": 3,
        "validations": 1,
        "last_validated_at": "2027-01-15T08:00:00Z",
        "expires_at": "2027-02-15T08:00:00Z",
        "subscription_id": None,
        "subscription": None,
        "order_id": sale.order_id,
        "order": {"id": sale.order_id, "created_at": "2027-01-15T08:00:00Z", "status": "paid", "paid": True},
        "member_id": None,
        "member": None,
        "activation": None,
    }
    fitting = {"benefit_id": shown["benefit_id"], "customer_id": sale.customer_id, "activation_id": None}
    assert (await _ask(api, "validate", key, **fitting))[1]["validations"] == 2
    for wrong in (
        {"benefit_id": "x"},
        {"customer_id": "x"},
        {"activation_id": "x"},
        {"key": key[:-1]},
        {"key": ""},
    ):
        status, refusal = await _ask(api, "validate", **{"key": key, **wrong})
        assert (status, refusal["error"]) == (404, "ResourceNotFound"), wrong
    assert (await _ask(api, "validate", key, organization_id="x"))[1] == MISSING


async def test_a_key_is_used_up(world: World, api: Api) -> None:
    """Usage grows by what is asked for, also when many ask at once, and never over its limit."""
    _, key = await _sold(world, api)
    assert (await _ask(api, "validate", key, increment_usage=4))[1]["error"] == "BadRequest"
    answers = await asyncio.gather(*(_ask(api, "validate", key, increment_usage=1) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 400, 400]
    assert (await _ask(api, "validate", key))[1]["usage"] == 3


async def test_a_key_ends(world: World, api: Api) -> None:
    """Expired, revoked and disabled keys are refused; a disabled one stays so when it is sold again."""
    sale, key = await _sold(world, api)
    [shown] = (await api.get("/v1/license-keys/")).json()["items"]
    path = f"/v1/license-keys/{shown['id']}"
    assert (await api.patch(path, {"expires_at": "2027-01-15T08:01:00Z"})).status_code == 200
    world.clock.now += 59
    assert (await _ask(api, "validate", key))[0] == 200
    world.clock.now += 1
    for do, members in (("validate", {}), ("activate", {"label": "Laptop"})):
        assert await _ask(api, do, key, **members) == (404, {**MISSING, "detail": "The license key has expired."})
    world.clock.now = NOW
    changes = {"status": "disabled", "expires_at": "2030-01-01T00:00:00Z", "limit_usage": None, "usage": 2}
    changed = (await api.patch(path, changes)).json()
    counted = {"validations": 1, "last_validated_at": "2027-01-15T08:00:59Z"}
    assert changed == shown | changes | counted | {"modified_at": "2027-01-15T08:00:00Z"}
    assert (await _ask(api, "validate", key))[0] == 404
    [grant] = (await api.get("/v1/benefit-grants/")).json()["items"]
    product_id = (await api.get("/v1/products/")).json()["items"][0]["id"]
    await _sync(world, sale, None)
    await _sync(world, sale, product_id)
    assert (await api.get(path)).json()["status"] == "disabled"
    assert (await api.patch(path, {"status": "granted"})).json()["status"] == "granted"
    assert (await _ask(api, "validate", key))[0] == 200
    await _sync(world, sale, None)
    assert (await _ask(api, "validate", key))[1]["detail"] == "The license key is revoked."
    assert grant["properties"]["license_key_id"] == shown["id"]


async def test_a_key_is_activated_on_so_many_devices(world: World, api: Api) -> None:
    """Up to its limit, also when many ask at once; a device taken off makes room; conditions must be the same."""
    _, key = await _sold(world, api)
    made = {"label": "Laptop", "conditions": {"major": 1}, "meta": {"os": "linux"}}
    answers = await asyncio.gather(*(_ask(api, "activate", key, **made) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 200, 403, 403]
    first = next(answer for status, answer in answers if status == 200)
    assert (first["label"], first["meta"], first["license_key"]["key"]) == ("Laptop", {"os": "linux"}, key)
    path = f"/v1/license-keys/{first['license_key_id']}"
    assert (await api.get(f"{path}/activations/{first['id']}")).json() == first
    assert (await api.get(f"{path}/activations/x")).json() == MISSING
    assert first["id"] in [each["id"] for each in (await api.get(path)).json()["activations"]]
    asked = {"activation_id": first["id"], "conditions": {"major": 1}}
    assert (await _ask(api, "validate", key, **asked))[1]["activation"]["id"] == first["id"]
    assert (await _ask(api, "validate", key, **{**asked, "conditions": {"major": 2}}))[0] == 404
    assert await _ask(api, "deactivate", key, activation_id=first["id"]) == (204, None)
    assert (await _ask(api, "deactivate", key, activation_id=first["id"]))[0] == 404
    assert (await _ask(api, "validate", key, **asked))[0] == 404
    assert (await _ask(api, "activate", key, **made))[0] == 200
    _, unlimited = await _sold_again(world, api)
    assert (await _ask(api, "activate", unlimited, **made))[1]["error"] == "NotPermitted"


async def _sold_again(world: World, api: Api) -> tuple[Sale, str]:
    """A key that is only validated, by subscription."""
    body = {"type": "license_keys", "description": "A key of your own", "properties": {}}
    product_id = await _product(api, await _benefit(api, body))
    sale = await _subscribe(world, api, await _customer(api, "bob@example.com"), product_id)
    [given] = await _given(world, sale)
    return sale, str(given.license_key)


async def test_keys_are_listed_for_their_seller_only(world: World, api: Api, stranger: Api) -> None:
    """By benefit and status, newest first, with the subscription; nobody else reads, changes or validates them."""
    _, first = await _sold(world, api)
    world.clock.now += 10
    sale, second = await _sold_again(world, api)
    items = (await api.get("/v1/license-keys/")).json()["items"]
    assert [item["key"] for item in items] == [second, first]
    assert items[0]["subscription"] == {
        "id": sale.subscription_id,
        "status": "active",
        "current_period_start": "2027-01-15T08:00:10Z",
        "current_period_end": "2027-02-15T08:00:10Z",
        "cancel_at_period_end": False,
        "ends_at": None,
    }
    for query, count in ((f"?benefit_id={items[1]['benefit_id']}", 1), ("?status=disabled", 0), ("?limit=1&page=2", 1)):
        assert len((await api.get(f"/v1/license-keys/{query}")).json()["items"]) == count
    assert (await stranger.get("/v1/license-keys/")).json()["items"] == []
    path = f"/v1/license-keys/{items[0]['id']}"
    assert (await stranger.get(path)).json() == (await stranger.patch(path, {"usage": 1})).json() == MISSING
    for organization_id in (api.organization_id, stranger.organization_id):
        assert (await _ask(stranger, "validate", first, organization_id=organization_id))[1] == MISSING
    assert (await api.patch(path, {"status": "lost"})).json()["detail"][0]["loc"] == ["body", "status"]


def test_a_new_key_hides_itself_from_logs() -> None:
    """Its repr names the row, its text is for its customer."""
    key = NewKey("the-id", "LAMP_SECRET")
    assert (repr(key), key.display_key) == ("<NewKey the-id>", "****-SECRET")


@pytest.mark.parametrize("members", [{"expires_at": "2030-01-01T00:00:00"}, {"usage": -1}, {"limit_usage": 0}])
async def test_changes_of_a_key_are_checked(world: World, api: Api, members: dict[str, Any]) -> None:
    """A time without an offset, less than nothing used, and a limit of nothing are refused by their place."""
    await _sold(world, api)
    [shown] = (await api.get("/v1/license-keys/")).json()["items"]
    refused = await api.patch(f"/v1/license-keys/{shown['id']}", members)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", *members]


async def test_keys_follow_the_server_key(world: World, api: Api) -> None:
    """A key is found and shown under the old server key, then kept under the new one, after which the old can go."""
    _, key = await _sold(world, api)
    old, new = bytes(range(32)), bytes(range(1, 33))
    both = replace(world.server, server_keys=ServerKeys([new, old]))
    assert await reseal_license_keys(world.server, NOW) == 0
    assert await reseal_license_keys(both, NOW) == 1
    assert await reseal_license_keys(both, NOW) == 0
    async with world.server.database.read() as tx:
        row = await tx.one(_KEY)
    only_new = ServerKeys([new])
    assert (row["digest"], row["key_id"]) == (only_new.digest(key), only_new.key_id)
    assert only_new.is_current(row["sealed"])
    # Who took the new key away again sees the end of each key, and everything else.
    [shown] = (await api.get("/v1/license-keys/")).json()["items"]
    assert (shown["key"], shown["status"]) == (f"****-{key[-6:]}", "granted")
    assert json.dumps(dict(zip(row.keys(), row, strict=True))).count(key) == 0

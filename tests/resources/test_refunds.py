"""Refunds: how much can be given back, what becomes of the order and its benefits, lists, and bad input."""

from pathlib import Path
from typing import Any

import pytest
from tests.world import ISSUER, Api, World

from polar_server.database import Statement
from polar_server.settings import Settings

from .ordering import customer, events, place, product

_CHARGE = Statement("UPDATE orders SET subtotal_amount = 1000 WHERE id = :id AND organization_id = :organization_id")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Without a worker, which would drop the events that nobody listens to."""
    return Settings(issuer=ISSUER, database_url=database_url, data_dir=tmp_path / "data", worker=False)


async def _refund(api: Api, order: dict[str, Any], amount: int, **members: Any) -> dict[str, Any]:
    body = {"order_id": order["id"], "reason": "customer_request", "amount": amount, **members}
    response = await api.post("/v1/refunds/", body)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def _order(api: Api, order: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = (await api.get(f"/v1/orders/{order['id']}")).json()
    return shown


async def test_an_order_is_refunded_in_parts(world: World, api: Api) -> None:
    """First a part, then the rest, never more; the order says what is left, and both changes are told."""
    ada = await customer(api)
    order = await place(world, ada, amount=1000)
    part = await _refund(api, order, 400, comment="Sorry", metadata={"ticket": 7})
    assert (part["amount"], part["tax_amount"], part["currency"], part["status"]) == (400, 0, "usd", "succeeded")
    assert (part["order_id"], part["customer_id"], part["metadata"]) == (order["id"], ada["id"], {"ticket": 7})
    assert (part["revoke_benefits"], part["dispute"], part["reason"]) == (False, None, "customer_request")
    shown = await _order(api, order)
    assert (shown["status"], shown["paid"], shown["due_amount"]) == ("partially_refunded", True, 0)
    assert (shown["refunded_amount"], shown["refundable_amount"], shown["net_amount"]) == (400, 600, 1000)
    body = {"order_id": order["id"], "reason": "other", "amount": 601}
    response = await api.post("/v1/refunds/", body)
    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["body", "amount"])
    await _refund(api, order, 600)
    shown = await _order(api, order)
    assert (shown["status"], shown["refunded_amount"], shown["refundable_amount"]) == ("refunded", 1000, 0)
    response = await api.post("/v1/refunds/", {**body, "amount": 1})
    assert (response.status_code, response.json()["error"]) == (403, "RefundedAlready")
    assert await events(world, api.organization_id, "refund.") == ["refund.created"] * 2
    assert (await events(world, api.organization_id))[2:] == ["order.updated", "order.refunded"] * 2


async def test_a_refund_may_take_what_the_order_gave(world: World, api: Api) -> None:
    """Only when asked to, only of something bought once; a partial refund does it as well."""
    ada, lamp = await customer(api), await product(api, price=0)
    benefit = (await api.post("/v1/benefits/", {"type": "custom", "description": "Light", "properties": {}})).json()
    await api.post(f"/v1/products/{lamp['id']}/benefits", {"benefits": [benefit["id"]]})
    body = {"customer_id": ada["id"], "product_id": lamp["id"], "amount": 0}
    order = (await api.post("/v1/orders/", body)).json()
    await api.post(f"/v1/orders/{order['id']}/finalize", {})

    async def granted() -> list[bool]:
        items = (await api.get(f"/v1/benefit-grants/?customer_id={ada['id']}")).json()["items"]
        return [item["is_granted"] for item in items]

    response = await api.post("/v1/refunds/", {"order_id": order["id"], "reason": "other", "amount": 1})
    assert response.json()["detail"][0]["loc"] == ["body", "amount"], "nothing was paid"
    async with world.server.database.write() as tx:
        await tx.run(_CHARGE, id=order["id"], organization_id=api.organization_id)
    await _refund(api, order, 100)
    assert await granted() == [True]
    told = len(await events(world, api.organization_id, "customer.state_changed"))
    await _refund(api, order, 100, revoke_benefits=True)
    assert await granted() == [False]
    assert len(await events(world, api.organization_id, "customer.state_changed")) == told + 1
    assert "benefit_grant.revoked" in await events(world, api.organization_id, "benefit_grant.")


async def test_what_cannot_be_given_back_is_named_by_its_place(world: World, api: Api, stranger: Api) -> None:
    """422 with the place of what is wrong, also for an order of somebody else; nothing is given back."""
    ada = await customer(api)
    paid, owed = await place(world, ada), await place(world, ada, paid=False)
    subscribed = await place(world, ada, subscription_id="s1")
    theirs = await place(world, await customer(stranger))
    good = {"order_id": paid["id"], "reason": "other", "amount": 1}
    wrong: list[tuple[dict[str, Any], list[str]]] = [
        ({"order_id": "none"}, ["order_id"]), ({"order_id": theirs["id"]}, ["order_id"]),
        ({"order_id": owed["id"]}, ["order_id"]), ({"amount": 0}, ["amount"]), ({"amount": -1}, ["amount"]),
        ({"amount": 1.5}, ["amount"]), ({"amount": 2**60}, ["amount"]), ({"amount": None}, ["amount"]),
        ({"reason": "boredom"}, ["reason"]), ({"comment": "x" * 10_001}, ["comment"]),
        ({"metadata": {"k": ""}}, ["metadata", "k"]),
        ({"order_id": subscribed["id"], "revoke_benefits": True}, ["revoke_benefits"]),
    ]  # fmt: skip
    for members, place_ in wrong:
        response = await api.post("/v1/refunds/", {**good, **members})
        assert response.status_code == 422, (members, response.text)
        assert response.json()["detail"][0]["loc"] == ["body", *place_], members
    assert (await api.get("/v1/refunds/")).json()["items"] == []
    assert (await _order(api, paid))["refunded_amount"] == 0


async def test_lists_page_sort_and_filter(world: World, api: Api, stranger: Api) -> None:
    """Every filter and order; refunds of others are not there."""
    ada, bob = await customer(api), await customer(api, "bob@example.com", external_id="b1")
    one, two = await place(world, ada), await place(world, bob)
    names = {(await _refund(api, one, 300))["id"]: "1"}
    world.clock.now += 60
    second = await _refund(api, two, 100)
    world.clock.now += 60
    names |= {second["id"]: "2", (await _refund(api, one, 200))["id"]: "3"}
    asked = {
        "": "321", "sorting=created_at": "123", "sorting=amount": "231", "sorting=-amount": "132",
        f"order_id={one['id']}": "31", f"customer_id={bob['id']}": "2", "external_customer_id=b1": "2",
        f"id={second['id']}&id=x": "2", "subscription_id=none": "", "succeeded=true": "321", "succeeded=false": "",
        f"organization_id={api.organization_id}&limit=2": "32", "limit=2&page=2": "1",
    }  # fmt: skip
    for query, expected in asked.items():
        response = await api.get(f"/v1/refunds/?{query}")
        assert "".join(names[item["id"]] for item in response.json()["items"]) == expected, query
    assert (await api.get("/v1/refunds?limit=2")).json()["pagination"] == {"total_count": 3, "max_page": 2}
    assert (await api.get("/v1/refunds/?sorting=reason")).status_code == 422
    assert (await stranger.get(f"/v1/refunds/?organization_id={api.organization_id}")).json()["items"] == []

"""Subscriptions: how they begin and end, lists and exports, and what bad input gets."""

import csv
import json
from io import StringIO
from typing import Any

import pytest
from tests.resources.subscribing import Shop, settings, shop
from tests.world import Api, World, token_of

from polar_server.accounts.roles import Role
from polar_server.resources.products import queries as products
from polar_server.resources.subscriptions import queries
from polar_server.resources.subscriptions.starting import NewSubscription, Started, upgrade_subscription

__all__ = ["settings", "shop"]

FREE: dict[str, Any] = {"prices": [{"amount_type": "free"}]}


async def test_a_paid_subscription_begins_with_an_order_and_its_benefits(shop: Shop) -> None:
    """One period is paid and told, with the whole subscription as the API shows it."""
    product, customer_id = await shop.product(), await shop.customer()
    benefit_id = await shop.giving(product)
    await shop.events()
    subscription_id = await shop.subscribe(product, customer_id, metadata='{"shelf": 3}')
    shown = await shop.get(subscription_id)
    assert await shop.events() == ["created", "active"]
    assert [event["data"] for event in shop.told] == [shown, shown]
    assert (shown["status"], shown["amount"], shown["currency"]) == ("active", 1000, "usd")
    assert (shown["started_at"], shown["current_period_start"]) == ("2027-01-15T08:00:00Z",) * 2
    assert shown["current_period_end"] == "2027-02-15T08:00:00Z"
    assert shown["metadata"] == {"shelf": 3}
    assert (shown["customer"]["email"], shown["product"]["name"]) == ("ada@example.com", "Night lamp")
    assert [price["id"] for price in shown["prices"]] == [product["prices"][0]["id"]]
    assert shown["product"]["benefits"][0]["id"] == benefit_id
    [order] = await shop.orders(subscription_id)
    assert (order["billing_reason"], order["status"], order["total_amount"]) == ("subscription_create", "paid", 1000)
    assert order["items"][0]["end_timestamp"] == shown["current_period_end"]
    assert await shop.granted(customer_id) == {benefit_id}


async def test_a_subscription_to_a_free_product_is_made_by_the_api(shop: Shop) -> None:
    """By the customer's id or external id, without an order; there may be one for each customer."""
    product = await shop.product(**FREE)
    benefit_id = await shop.giving(product)
    ada, bob = await shop.customer(), await shop.customer("bob@example.com", external_id="b-1")
    await shop.events()
    body = {"product_id": product["id"], "metadata": {"plan": "a"}}
    made = await shop.api.post("/v1/subscriptions/", {**body, "customer_id": ada})
    assert made.status_code == 201, made.text
    shown = made.json()
    assert (shown["status"], shown["amount"], shown["metadata"]) == ("active", 0, {"plan": "a"})
    assert shown == await shop.get(shown["id"])
    assert await shop.orders(shown["id"]) == []
    assert await shop.granted(ada) == {benefit_id}
    assert await shop.events() == ["created", "active"]
    again = await shop.api.post("/v1/subscriptions/", {**body, "customer_id": ada})
    assert again.json()["detail"][0]["loc"] == ["body", "customer_id"]
    other = await shop.api.post("/v1/subscriptions", {**body, "external_customer_id": "b-1"})
    assert other.json()["customer_id"] == bob


async def test_only_what_is_free_recurring_and_ones_own_can_be_given_away(shop: Shop, stranger: Api) -> None:
    """422 with the place of what is wrong, and no subscription."""
    free, paid = await shop.product(**FREE), await shop.product()
    once = (await shop.api.post("/v1/products/", {"name": "Once", **FREE})).json()
    foreign = await Shop(shop.world, stranger).customer("eve@example.com")
    ada = await shop.customer()
    for body, place in (
        ({"product_id": paid["id"], "customer_id": ada}, "product_id"),
        ({"product_id": once["id"], "customer_id": ada}, "product_id"),
        ({"product_id": ada, "customer_id": ada}, "product_id"),
        ({"customer_id": ada}, "product_id"),
        ({"product_id": free["id"]}, "customer_id"),
        ({"product_id": free["id"], "customer_id": ada, "external_customer_id": "x"}, "customer_id"),
        ({"product_id": free["id"], "customer_id": foreign}, "customer_id"),
        ({"product_id": free["id"], "external_customer_id": "nobody"}, "external_customer_id"),
    ):
        response = await shop.api.post("/v1/subscriptions/", body)
        assert response.status_code == 422, response.text
        assert response.json()["detail"][0]["loc"] == ["body", place]
    response = await stranger.post("/v1/subscriptions/", {"product_id": free["id"], "customer_id": foreign})
    assert response.json()["detail"][0]["loc"] == ["body", "product_id"]
    assert (await shop.api.get("/v1/subscriptions/")).json()["pagination"]["total_count"] == 0


async def test_a_checkout_upgrades_a_free_subscription_in_its_place(shop: Shop) -> None:
    """The same subscription, from a new period on, with the order and the benefits of what was paid for."""
    free, paid, customer_id = await shop.product("Free", **FREE), await shop.product("Paid"), await shop.customer()
    benefit_id = await shop.giving(paid)
    subscription_id = await shop.subscribe(free, customer_id, card=None)
    await shop.change(subscription_id, cancel_at_period_end=True)
    await shop.until("2027-01-20T00:00:00Z")
    await shop.events()
    started = await _upgrade(shop, subscription_id, paid)
    assert started.subscription_id == subscription_id
    upgraded = await shop.get(subscription_id)
    assert (upgraded["product"]["name"], upgraded["amount"], upgraded["ends_at"]) == ("Paid", 1000, None)
    assert (upgraded["started_at"], upgraded["current_period_start"]) == (
        "2027-01-15T08:00:00Z",
        "2027-01-20T00:00:00Z",
    )
    order = (await shop.orders(subscription_id))[1]
    assert (order["id"], order["billing_reason"], order["total_amount"]) == (
        started.order_id,
        "subscription_update",
        1000,
    )
    assert await shop.granted(customer_id) == {benefit_id}
    assert await shop.events() == ["uncanceled", "updated"]


async def test_an_upgrade_ends_a_pause_and_what_was_owed(shop: Shop) -> None:
    """Whoever pays for a new period goes on, whatever was planned or failed before."""
    lamp, book = await shop.product("Lamp"), await shop.product("Book")
    resting = await shop.subscribe(lamp, await shop.customer("resting@example.com"))
    owing = await shop.subscribe(lamp, await shop.customer("owing@example.com"), card="test_declined_later")
    await shop.change(resting, pause_at_period_end=True)
    await shop.until("2027-02-15T08:00:00Z")
    assert [(await shop.get(each))["status"] for each in (resting, owing)] == ["paused", "past_due"]
    await shop.events()
    for each in (resting, owing):
        await _upgrade(shop, each, book)
    assert await shop.events() == ["resumed", "updated", "updated"]
    for shown in (await shop.get(resting), await shop.get(owing)):
        assert (shown["status"], shown["paused_at"], shown["past_due_at"]) == ("active", None, None)
    assert [order["status"] for order in await shop.orders(owing)] == ["paid", "void", "paid"]


async def _upgrade(shop: Shop, subscription_id: str, product: dict[str, Any]) -> Started:
    """What a paid checkout for a subscription does."""
    reach = json.dumps([shop.organization_id])
    async with shop.world.server.database.write() as tx:
        current = await queries.lock_subscription(tx, subscription_id, reach)
        row = await products.find_product(tx, product["id"], reach)
        [price] = (await products.list_prices(tx, [product["id"]], reach))[product["id"]]
        assert current is not None
        assert row is not None
        new = NewSubscription(shop.organization_id, current["customer_id"], row, price, 1000, "usd")
        return await upgrade_subscription(tx, shop.world.server, current, new, int(shop.world.clock()))


async def test_a_revoked_subscription_ends_at_once(shop: Shop) -> None:
    """With its benefits, and only once; the reason of the customer is kept where it is said."""
    product, customer_id = await shop.product(), await shop.customer()
    await shop.giving(product)
    first, second = await shop.subscribe(product, customer_id), await shop.subscribe(product, customer_id)
    await shop.events()
    revoked = await shop.api.delete(f"/v1/subscriptions/{first}")
    assert revoked.status_code == 200
    assert (revoked.json()["status"], revoked.json()["ended_at"]) == ("canceled", "2027-01-15T08:00:00Z")
    assert await shop.events() == ["canceled", "updated", "revoked"]
    gone = await shop.change(second, revoke=True, customer_cancellation_reason="unused")
    assert (gone["status"], gone["customer_cancellation_reason"]) == ("canceled", "unused")
    assert await shop.granted(customer_id) == set()
    assert (await shop.api.delete(f"/v1/subscriptions/{first}")).json()["error"] == "AlreadyCanceledSubscription"
    assert await shop.refused(second, revoke=True) == (403, "AlreadyCanceledSubscription")
    assert await shop.until("2027-06-01T00:00:00Z") == 0, "nothing more happens to them"
    assert len(await shop.orders(first)) == 1


async def test_the_subscriptions_of_a_deleted_customer_end(shop: Shop) -> None:
    """In the same moment, with their benefits; others go on."""
    product = await shop.product()
    await shop.giving(product)
    ada, bob = await shop.customer(), await shop.customer("bob@example.com")
    hers, his = [await shop.subscribe(product, ada) for _ in range(2)], await shop.subscribe(product, bob)
    assert (await shop.api.delete(f"/v1/customers/{ada}")).status_code == 204
    assert {(await shop.get(each))["status"] for each in hers} == {"canceled"}
    assert (await shop.get(his))["status"] == "active"
    assert await shop.granted(ada) == set()
    assert await shop.until("2027-02-15T08:00:00Z") == 1


async def test_lists_page_sort_and_filter(shop: Shop) -> None:
    """Pages, orders and filters, one by one and together; newest first without a wish."""
    lamp, book = await shop.product("Lamp", 900), await shop.product("Book", 300, "year")
    ada = await shop.customer(external_id="a-1")
    bob = await shop.customer("bob@example.com", name="Bob")
    names: dict[str, str] = {}
    for name, (product, customer_id, metadata) in {
        "first": (lamp, ada, '{"tier": "a"}'),
        "second": (book, bob, '{"tier": "b"}'),
        "third": (lamp, bob, '{"tier": "b", "n": 7}'),
    }.items():
        names[await shop.subscribe(product, customer_id, metadata=metadata)] = name
        shop.world.clock.now += 60
    by_name = {name: subscription_id for subscription_id, name in names.items()}
    await shop.change(by_name["first"], cancel_at_period_end=True, customer_cancellation_reason="too_complex")
    await shop.change(by_name["third"], revoke=True)

    async def listed(query: str = "") -> list[str]:
        response = await shop.api.get(f"/v1/subscriptions/?{query}")
        assert response.status_code == 200, response.text
        return [names[item["id"]] for item in response.json()["items"]]

    assert await listed() == ["third", "second", "first"]
    assert await listed("sorting=started_at&limit=2") == ["first", "second"]
    assert await listed("sorting=started_at&limit=2&page=2") == ["third"]
    assert await listed("sorting=amount&sorting=-started_at") == ["second", "third", "first"]
    assert await listed("sorting=customer&sorting=product&sorting=discount") == ["first", "second", "third"]
    assert await listed("sorting=-ended_at&sorting=-ends_at") == ["third", "first", "second"]
    assert await listed("sorting=status&sorting=current_period_end") == ["first", "second", "third"]
    assert await listed(f"product_id={lamp['id']}&sorting=started_at") == ["first", "third"]
    assert await listed(f"customer_id={ada}&customer_id={bob}") == ["third", "second", "first"]
    assert await listed("external_customer_id=a-1") == ["first"]
    assert await listed("active=false") == ["third"]
    assert await listed("active=true&sorting=started_at") == ["first", "second"]
    assert await listed("status=canceled&status=past_due") == ["third"]
    assert await listed("cancel_at_period_end=true") == ["first"]
    assert await listed("customer_cancellation_reason=too_complex") == ["first"]
    assert await listed("discount_id=d") == []
    assert await listed("canceled_at_after=2027-01-15T08:03:00Z") == []
    assert await listed("canceled_at_before=2027-01-15T08:04:00Z&sorting=started_at") == ["first", "third"]
    assert await listed("started_after=2027-01-15T08:00:00Z&started_before=2027-01-15T08:02:00Z") == ["second"]
    assert await listed("metadata[tier]=b&metadata[n]=7") == ["third"]
    for query in ("sorting=price", "status=gone", "active=maybe", "started_after=yesterday"):
        response = await shop.api.get(f"/v1/subscriptions/?{query}")
        assert response.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


async def test_a_list_takes_the_same_number_of_statements_however_long_it_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Products, prices and customers are read for the whole page at once."""
    products = [await shop.product(f"Lamp {number}") for number in range(6)]
    for number, product in enumerate(products):
        await shop.giving(product, f"Benefit {number}")
        await shop.subscribe(product, await shop.customer(f"{number}@example.com"))
    asked: list[Any] = []
    read = shop.world.server.database.read
    kind: Any = type(read())
    original = kind.all

    async def count(self: Any, statement: Any, /, **parameters: Any) -> Any:
        asked.append(statement)
        return await original(self, statement, **parameters)

    monkeypatch.setattr(kind, "all", count)
    counts = []
    for limit in (1, 6):
        asked.clear()
        assert len((await shop.api.get(f"/v1/subscriptions/?limit={limit}")).json()["items"]) == limit
        counts.append(len(asked))
    assert counts[0] == counts[1]


async def test_an_export_has_the_columns_that_are_asked_for(shop: Shop, stranger: Api) -> None:
    """A CSV file with the usual columns, or these; times in a zone; nothing of others."""
    product, customer_id = await shop.product(), await shop.customer(billing_address={"country": "FR"})
    first = await shop.subscribe(product, customer_id)
    shop.world.clock.now += 1
    await shop.subscribe(product, customer_id, trial=("day", 3))
    await shop.change(first, cancel_at_period_end=True, customer_cancellation_reason="other")

    async def table(query: str = "") -> list[list[str]]:
        response = await shop.api.get(f"/v1/subscriptions/export?{query}")
        assert response.headers["content-type"].startswith("text/csv")
        return list(csv.reader(StringIO(response.text)))

    usual, *rows = await table()
    assert usual == ["email", "started_at", "product", "amount", "currency", "status", "recurring_interval"]
    assert rows[0] == ["ada@example.com", "2027-01-15T08:00:00+00:00", "Night lamp", "1000", "usd", "active", "month"]
    assert [row[5] for row in rows] == ["active", "trialing"]
    chosen = ["trial_end", "cancel_at_period_end", "ends_at", "billing_country", "cancellation_reason", "seats"]
    asked = "&".join(f"columns={name}" for name in (*chosen, "net_amount", "customer_name"))
    assert (await table(f"{asked}&timezone=Asia/Tokyo&status=active"))[1] == [
        "", "true", "2027-02-15T17:00:00+09:00", "FR", "other", "", "1000", "Ada",
    ]  # fmt: skip
    assert len(await table("cancel_at_period_end=false")) == 2
    assert len(await table("started_after=2027-01-15T08:00:01Z")) == 1
    response = await shop.api.get("/v1/subscriptions/export?timezone=Mars/Olympus")
    assert response.json()["detail"][0]["loc"] == ["query", "timezone"]
    foreign = await stranger.get(f"/v1/subscriptions/export?organization_id={shop.organization_id}")
    assert len(list(csv.reader(StringIO(foreign.text)))) == 1


async def test_another_organizations_subscription_does_not_exist(shop: Shop, stranger: Api) -> None:
    """Read, change, revoke and list answer as for one that never was."""
    subscription_id = await shop.subscribe(await shop.product())
    before, path = await shop.get(subscription_id), f"/v1/subscriptions/{subscription_id}"
    missing = {"error": "ResourceNotFound", "detail": "Not found"}
    for response in (
        await stranger.get(path),
        await stranger.patch(path, {"revoke": True}),
        await stranger.delete(path),
    ):
        assert (response.status_code, response.json()) == (404, missing)
    listed = await stranger.get(f"/v1/subscriptions/?organization_id={shop.organization_id}")
    assert listed.json()["items"] == []
    assert await shop.get(subscription_id) == before


async def test_scopes_and_roles_are_enforced(shop: Shop, world: World) -> None:
    """Reading needs read or write, writing needs write; a member's role allows both."""
    subscription_id = await shop.subscribe(await shop.product())
    member = await world.person("member@example.com")
    await world.join(shop.organization_id, member, Role.MEMBER)
    path = f"/v1/subscriptions/{subscription_id}"
    for scope, read, write in (
        ("orders:read", 403, 403),
        ("subscriptions:read", 200, 403),
        ("subscriptions:write", 200, 200),
    ):
        api = await token_of(world, member, shop.organization_id, scope=scope)
        assert (await api.get(path)).status_code == read
        assert (await api.patch(path, {"metadata": {"by": scope}})).status_code == write

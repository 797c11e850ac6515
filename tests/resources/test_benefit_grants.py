"""Benefit grants: what a sale gives and takes, license keys, lists, and changes that reach what was sold before."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.resources.test_files import begun, described, finish, sent
from tests.world import NOW, Api, World

from polar_server.database import Statement
from polar_server.resource_server.benefits import LicenseKeyExpiration
from polar_server.resources.benefit_grants.expiry import expiry_of
from polar_server.resources.benefit_grants.granting import Sale, cycle_grants, sync_grants
from polar_server.resources.benefit_grants.reviewing import BATCH, LEASE, review_grants
from polar_server.resources.benefit_grants.showing import Given, list_given
from polar_server.resources.orders.placing import NewItem, NewOrder, place_order
from polar_server.resources.products import queries as products
from polar_server.resources.products.changes import replace_benefits
from polar_server.resources.subscriptions.starting import NewSubscription, start_subscription
from polar_server.settings import Settings

CUSTOM = {"type": "custom", "description": "A letter each month", "properties": {"note": "Write to us"}}
KEYS = {
    "type": "license_keys",
    "description": "A key of your own",
    "properties": {
        "prefix": "LAMP",
        "expires": {"ttl": 1, "timeframe": "month"},
        "activations": {"limit": 2, "enable_customer_admin": False},
        "limit_usage": 3,
    },
}
FLAG = {"type": "feature_flag", "description": "Beta", "properties": {}, "metadata": {"tier": "gold"}}
MISSING = {"error": "ResourceNotFound", "detail": "Not found"}
MONTH = "2027-02-15T08:00:00Z"
"""A month after NOW."""

_EVENTS = Statement("SELECT type, payload FROM events ORDER BY id")
_FORGET_EVENTS = Statement("DELETE FROM events")
_KEYS = Statement("SELECT status, limit_usage, expires_at, sealed, digest FROM license_keys ORDER BY created_at, id")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nothing happens by itself, so that a test does it."""
    return Settings(
        issuer=settings.issuer, database_url=settings.database_url, data_dir=settings.data_dir, worker=False
    )


async def _made(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = await api.post(path, body)
    assert response.status_code in (200, 201), response.text
    made: dict[str, Any] = response.json()
    return made


async def _benefit(api: Api, body: dict[str, Any]) -> str:
    return str((await _made(api, "/v1/benefits/", body))["id"])


async def _product(api: Api, *benefit_ids: str) -> str:
    """A product by the month that gives these benefits."""
    price = {"amount_type": "fixed", "price_amount": 1000}
    body = {"name": "Night lamp", "recurring_interval": "month", "prices": [price]}
    product_id = str((await _made(api, "/v1/products/", body))["id"])
    await _give(api, product_id, *benefit_ids)
    return product_id


async def _give(api: Api, product_id: str, *benefit_ids: str) -> None:
    await _made(api, f"/v1/products/{product_id}/benefits", {"benefits": list(benefit_ids)})


async def _customer(api: Api, email: str = "ada@example.com", **members: Any) -> str:
    return str((await _made(api, "/v1/customers/", {"email": email, **members}))["id"])


async def _subscribe(world: World, api: Api, customer_id: str, product_id: str) -> Sale:
    """A subscription that was paid for."""
    organization_id, now = str(api.organization_id), int(world.clock())
    async with world.server.database.write() as tx:
        reach = json.dumps([organization_id])
        product = await products.find_product(tx, product_id, reach)
        [price] = (await products.list_prices(tx, [product_id], reach))[product_id]
        assert product is not None
        new = NewSubscription(organization_id, customer_id, product, price, 1000, "usd")
        started = await start_subscription(tx, world.server, new, now)
    return Sale(organization_id, customer_id, subscription_id=started.subscription_id)


async def _buy(world: World, api: Api, customer_id: str, product_id: str) -> Sale:
    """An order of something bought once."""
    organization_id, now = str(api.organization_id), int(world.clock())
    new = NewOrder(
        organization_id, customer_id, "usd", "purchase", (NewItem("Night lamp", 1000),), product_id=product_id
    )
    async with world.server.database.write() as tx:
        sale = Sale(organization_id, customer_id, order_id=await place_order(tx, world.server, new, now, paid=True))
        await sync_grants(tx, world.server, sale, product_id, now)
    return sale


async def _sync(world: World, sale: Sale, product_id: str | None) -> bool:
    async with world.server.database.write() as tx:
        return await sync_grants(tx, world.server, sale, product_id, int(world.clock()))


async def _review(world: World) -> None:
    """Everything that is due."""
    while await review_grants(world.server, int(world.clock())):
        pass


async def _grants(api: Api, query: str = "?sorting=created_at") -> list[dict[str, Any]]:
    response = await api.get(f"/v1/benefit-grants/{query}")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def _live(api: Api) -> list[str]:
    """The benefits that somebody has."""
    return sorted(grant["benefit_id"] for grant in await _grants(api, "?is_granted=true&limit=100"))


async def _given(world: World, sale: Sale) -> list[Given]:
    async with world.server.database.read() as tx:
        return await list_given(tx, world.server, sale)


async def _events(world: World, of: str = "benefit_grant.") -> list[dict[str, Any]]:
    """The events since the last look."""
    async with world.server.database.write() as tx:
        rows = await tx.all(_EVENTS)
        await tx.run(_FORGET_EVENTS)
    return [json.loads(row["payload"]) for row in rows if row["type"].startswith(of)]


async def test_a_sale_gives_the_benefits_of_its_product(world: World, api: Api) -> None:
    """Each benefit once with all keys of the API and an event; a second look at the same sale changes nothing."""
    ids = [await _benefit(api, each) for each in (CUSTOM, KEYS, FLAG)]
    product_id = await _product(api, *ids)
    customer_id = await _customer(api, external_id="one")
    await _events(world)
    sale = await _subscribe(world, api, customer_id, product_id)
    grants = {grant["benefit_id"]: grant for grant in await _grants(api)}
    assert set(grants) == set(ids)
    flag = grants[ids[2]]
    assert flag == flag | {
        "created_at": "2027-01-15T08:00:00Z",
        "granted_at": "2027-01-15T08:00:00Z",
        "is_granted": True,
        "revoked_at": None,
        "is_revoked": False,
        "subscription_id": sale.subscription_id,
        "order_id": None,
        "customer_id": customer_id,
        "customer": (await api.get(f"/v1/customers/{customer_id}")).json(),
        "benefit": (await api.get(f"/v1/benefits/{ids[2]}")).json(),
        "properties": {},
        "error": None,
        "member_id": None,
        "member": None,
    }
    events = await _events(world)
    assert [event["type"] for event in events] == ["benefit_grant.created"] * 3
    assert events[2]["data"] == {**flag, "previous_properties": None}
    assert not await _sync(world, sale, product_id)
    assert await _events(world) == []


async def test_what_is_not_sold_any_more_is_revoked_and_granted_again_in_its_place(world: World, api: Api) -> None:
    """A grant keeps its id and its key through an end and a new beginning; every step has its event."""
    ids = [await _benefit(api, CUSTOM), await _benefit(api, KEYS)]
    product_id, other = await _product(api, *ids), await _product(api, ids[0])
    sale = await _subscribe(world, api, await _customer(api), product_id)
    before = {grant["benefit_id"]: grant for grant in await _grants(api)}
    [key] = [given.license_key for given in await _given(world, sale) if given.license_key]
    await _events(world)
    world.clock.now += 60
    assert await _sync(world, sale, other)
    [revoked] = await _grants(api, "?is_granted=false")
    assert (revoked["id"], revoked["is_revoked"], revoked["granted_at"]) == (before[ids[1]]["id"], True, None)
    assert [given.license_key for given in await _given(world, sale)] == [None]
    async with world.server.database.read() as tx:
        assert (await tx.one(_KEYS))["status"] == "revoked"
    world.clock.now += 60
    assert await _sync(world, sale, product_id)
    after = {grant["benefit_id"]: grant for grant in await _grants(api)}
    assert after[ids[0]] == before[ids[0]]
    assert after[ids[1]]["properties"] == before[ids[1]]["properties"]
    assert after[ids[1]]["granted_at"] == "2027-01-15T08:02:00Z"
    assert key in [given.license_key for given in await _given(world, sale)]
    assert await _sync(world, sale, None)
    types = [event["type"].removeprefix("benefit_grant.") for event in await _events(world)]
    assert types == ["revoked", "created", "revoked", "revoked"]
    assert await _live(api) == []


async def test_a_license_key_is_kept_sealed_and_shown_to_its_customer(world: World, api: Api) -> None:
    """The API shows its end; the page of the purchase all of it; the database neither. Each sale has its own."""
    product_id = await _product(api, await _benefit(api, KEYS))
    customer_id = await _customer(api)
    sales = [await _buy(world, api, customer_id, product_id), await _buy(world, api, customer_id, product_id)]
    keys = [(await _given(world, sale))[0] for sale in sales]
    texts = [str(given.license_key) for given in keys]
    assert texts[0] != texts[1]
    assert texts[0].startswith("LAMP_")
    assert all(given.license_key_expires_at == 1_802_678_400 for given in keys)
    shown = {grant["order_id"]: grant["properties"]["display_key"] for grant in await _grants(api)}
    assert shown == {sale.order_id: f"****-{text[-6:]}" for sale, text in zip(sales, texts, strict=True)}
    async with world.server.database.read() as tx:
        for row in await tx.all(_KEYS):
            assert not any(text in value for text in texts for value in map(str, row))
            assert (row["status"], row["limit_usage"]) == ("granted", 3)
    assert texts[0] not in repr(keys)


@pytest.mark.parametrize(
    "ttl,timeframe,since,expected",
    [
        (1, "day", 1_800_000_000, 1_800_086_400),
        (1, "month", 1_801_382_400, 1_803_801_600),  # 31 January 2027 ends on 28 February
        (13, "month", 1_801_382_400, 1_835_424_000),  # and in 2028 on the 29th
        (1, "year", 1_835_424_000, 1_866_960_000),  # 29 February 2028 ends on 28 February 2029
        (5000, "year", 1_800_000_000, 159_584_716_800),  # 15 January 7027
    ],
)
def test_keys_end_by_the_calendar(ttl: int, timeframe: Any, since: int, expected: int) -> None:
    """Days, months and years after the beginning; a month that is too short gives its last day."""
    assert expiry_of(LicenseKeyExpiration(ttl, timeframe), since) == expected


async def _file(api: Api, name: str) -> str:
    """A file that was uploaded."""
    made = await begun(api, described([b"guide"], name=name))
    assert (await finish(api, made, await sent(api, made, [b"guide"]))).status_code == 200
    return str(made["id"])


async def test_files_are_fetched_from_the_page_of_a_purchase(world: World, api: Api) -> None:
    """A signed address gives each file that is not archived, until its time is over or the benefit is revoked."""
    files = [await _file(api, "guide.txt"), await _file(api, "old.txt")]
    properties = {"files": files, "archived": {files[1]: True}}
    body = {"type": "downloadables", "description": "The guide", "properties": properties}
    product_id = await _product(api, await _benefit(api, body))
    sale = await _buy(world, api, await _customer(api), product_id)
    [grant] = await _grants(api)
    assert grant["properties"] == {"files": files[:1]}
    [given] = await _given(world, sale)
    [file] = given.files
    assert (file.name, file.size) == ("guide.txt", 5)
    address = urlsplit(file.url)
    path = f"{address.path}?{address.query}"
    there = await api.http.get(path)
    assert there.status_code == 307
    fetched = await api.http.get(there.headers["location"])
    assert (fetched.status_code, fetched.content) == (200, b"guide")
    assert "guide.txt" in fetched.headers["content-disposition"]
    assert (await api.http.get(path.replace(files[0], files[1]))).status_code == 403
    world.clock.now += 3600
    assert (await api.http.get(path)).status_code == 403
    world.clock.now -= 3600
    await _sync(world, sale, None)
    assert (await api.http.get(path)).status_code == 404
    await _sync(world, sale, product_id)
    assert (await api.http.get(path)).status_code == 307
    assert (await api.delete(f"/v1/files/{files[0]}")).status_code == 204
    assert (await api.http.get(path)).status_code == 404
    assert (await _given(world, sale))[0].files == ()


async def test_a_page_shows_only_what_is_public(world: World, api: Api) -> None:
    """Notes of public benefits are for the customer; flags and private benefits are for the organization's software."""
    private = {**CUSTOM, "visibility": "private", "description": "A secret"}
    product_id = await _product(api, *[await _benefit(api, each) for each in (CUSTOM, private, FLAG)])
    sale = await _buy(world, api, await _customer(api), product_id)
    [given] = await _given(world, sale)
    assert (given.type, given.description, given.note) == ("custom", "A letter each month", "Write to us")
    assert given.files == ()


async def test_lists_are_filtered_ordered_and_paged(world: World, api: Api, stranger: Api) -> None:
    """By customer, external id, state and organization; by benefit; foreign ones are not there."""
    first, second = await _benefit(api, CUSTOM), await _benefit(api, FLAG)
    both, one = await _product(api, first, second), await _product(api, first)
    ada, bob = await _customer(api, external_id="a"), await _customer(api, "bob@example.com", external_id="b")
    sale = await _buy(world, api, ada, both)
    world.clock.now += 10
    await _buy(world, api, bob, one)
    await _sync(world, sale, one)

    async def found(query: str, by: Api = api) -> list[tuple[str, str]]:
        return [
            ("ab"[item["customer_id"] == bob], "12"[item["benefit_id"] == second]) for item in await _grants(by, query)
        ]

    assert sorted(await found("")) == [("a", "1"), ("a", "2"), ("b", "1")]
    assert (await found(""))[0] == ("b", "1")
    assert await found(f"?customer_id={bob}") == [("b", "1")]
    assert sorted(await found(f"?customer_id={bob}&customer_id={ada}&is_granted=true")) == [("a", "1"), ("b", "1")]
    assert await found("?external_customer_id=a&is_granted=false") == [("a", "2")]
    assert await found("?sorting=-revoked_at&limit=1") == [("a", "2")]
    assert (await found("?sorting=-granted_at"))[2] == ("a", "2")
    assert len(await found(f"?organization_id={api.organization_id}&limit=2&page=2")) == 1
    assert await found("", stranger) == await found(f"?organization_id={stranger.organization_id}") == []
    assert (await api.get("/v1/benefit-grants/?sorting=name")).status_code == 422
    path = f"/v1/benefits/{first}/grants"
    assert (await api.get(path)).json()["pagination"] == {"total_count": 2, "max_page": 1}
    for query, count in ((f"?customer_id={bob}", 1), ("?is_granted=false", 0), ("?member_id=x", 0)):
        assert len((await api.get(path + query)).json()["items"]) == count
    assert (await stranger.get(path)).json() == MISSING


async def test_other_benefits_of_a_product_reach_what_was_sold(world: World, api: Api) -> None:
    """Subscriptions and orders get what is new and lose what is left out; one whose benefits were taken stays so."""
    first, second = await _benefit(api, CUSTOM), await _benefit(api, KEYS)
    product_id = await _product(api, first)
    await _review(world)
    customer_id = await _customer(api)
    sales = [await _subscribe(world, api, customer_id, product_id), await _buy(world, api, customer_id, product_id)]
    await _events(world)
    await _give(api, product_id, second)
    assert await _live(api) == [first, first]
    assert await review_grants(world.server, NOW) == 2
    assert await review_grants(world.server, NOW) == 0
    assert await _live(api) == [second, second]
    assert [len(await _given(world, sale)) for sale in sales] == [1, 1]
    events = await _events(world, "")
    assert [event["type"] for event in events if event["type"] != "product.updated"] == [
        "benefit_grant.revoked",
        "benefit_grant.created",
        "customer.state_changed",
    ] * 2
    state = (await api.get(f"/v1/customers/{customer_id}/state")).json()
    assert events[-1]["data"] == state
    assert [grant["benefit_type"] for grant in state["granted_benefits"]] == ["license_keys"] * 2
    assert [each["product_id"] for each in state["active_subscriptions"]] == [product_id]


async def test_what_was_taken_back_gets_nothing_new(world: World, api: Api) -> None:
    """A refund that took benefits, an ended subscription and a deleted customer; a mere refund leaves what was sold."""
    product_id = await _product(api, await _benefit(api, CUSTOM))
    customer_id, gone = await _customer(api), await _customer(api, "bob@example.com")
    kept, refunded = [await _buy(world, api, customer_id, product_id) for _ in range(2)]
    ended = await _subscribe(world, api, customer_id, product_id)
    await _buy(world, api, gone, product_id)
    for sale, revoke in ((kept, False), (refunded, True)):
        body = {"order_id": sale.order_id, "reason": "other", "amount": 1000, "revoke_benefits": revoke}
        await _made(api, "/v1/refunds/", body)
    assert (await api.delete(f"/v1/subscriptions/{ended.subscription_id}")).status_code == 200
    assert (await api.delete(f"/v1/customers/{gone}")).status_code == 204
    added = await _benefit(api, FLAG)
    await _give(api, product_id, added)
    await _review(world)
    assert await _live(api) == [added]
    assert [grant["order_id"] for grant in await _grants(api, "?is_granted=true")] == [kept.order_id]


async def test_a_sale_and_a_change_at_the_same_moment_see_each_other(world: World, api: Api) -> None:
    """A change waits for the sale that is under way, and a sale for the change: nobody is left with the old list."""
    first, second = await _benefit(api, CUSTOM), await _benefit(api, FLAG)
    product_id = await _product(api, first)
    await _review(world)
    customer_id, organization_id = await _customer(api), str(api.organization_id)
    new = NewOrder(organization_id, customer_id, "usd", "purchase", (NewItem("Lamp", 1000),), product_id=product_id)
    async with world.server.database.write() as tx:
        sale = Sale(organization_id, customer_id, order_id=await place_order(tx, world.server, new, NOW, paid=True))
        await sync_grants(tx, world.server, sale, product_id, NOW)
        change = asyncio.create_task(_give(api, product_id, second))
        await asyncio.sleep(0.2)
        assert not change.done()
    await change
    async with world.server.database.write() as tx:
        current = await products.lock_product(tx, product_id, json.dumps([organization_id]))
        assert current is not None
        await replace_benefits(tx, current, [first], NOW)
        later = asyncio.create_task(_buy(world, api, customer_id, product_id))
        await asyncio.sleep(0.2)
        assert not later.done()
    await later
    await _review(world)
    assert await _live(api) == [first, first]


async def test_two_workers_share_the_reviews(world: World, api: Api) -> None:
    """What one goes through is not gone through by another at the same time, and everything is done once."""
    products_of_a_shop = [await _product(api), await _product(api)]
    await _review(world)
    customer_id = await _customer(api)
    for product_id in products_of_a_shop:
        await _buy(world, api, customer_id, product_id)
    benefit_id = await _benefit(api, KEYS)
    for product_id in products_of_a_shop:
        await _give(api, product_id, benefit_id)
    await _events(world)
    await asyncio.gather(*(review_grants(world.server, NOW) for _ in range(4)))
    await _review(world)
    assert await _live(api) == [benefit_id] * 2
    assert [event["type"] for event in await _events(world)] == ["benefit_grant.created"] * 2


async def test_a_long_review_goes_on_after_a_crash(world: World, api: Api) -> None:
    """A worker notes how far it came after each batch; what it held is taken over when its lease ends."""
    product_id = await _product(api)
    await _review(world)
    customer_id = await _customer(api)
    for _ in range(BATCH + 1):
        await _buy(world, api, customer_id, product_id)
    await _give(api, product_id, await _benefit(api, CUSTOM))
    assert await review_grants(world.server, NOW) == BATCH
    assert len(await _live(api)) == BATCH
    async with world.server.database.write() as tx:
        await tx.run(_CRASH, until=NOW + LEASE)
    assert await review_grants(world.server, NOW + LEASE - 1) == 0
    assert await review_grants(world.server, NOW + LEASE) == 1
    assert (await api.get("/v1/benefit-grants/?is_granted=true")).json()["pagination"]["total_count"] == BATCH + 1
    assert await review_grants(world.server, NOW + LEASE) == 0


_CRASH = Statement("UPDATE grant_reviews SET lease = 'gone', leased_until = :until")


async def test_a_deleted_benefit_is_revoked_everywhere(world: World, api: Api) -> None:
    """Its grants end, also those of a sale whose product gives nothing any more, and still tell what they were of."""
    benefit_id = await _benefit(api, KEYS)
    product_id = await _product(api, benefit_id)
    customer_id = await _customer(api)
    await _subscribe(world, api, customer_id, product_id)
    await _review(world)
    assert (await api.delete(f"/v1/benefits/{benefit_id}")).status_code == 204
    await _events(world)
    await _review(world)
    [grant] = await _grants(api)
    assert (grant["is_revoked"], grant["benefit"]["is_deleted"]) == (True, True)
    assert [event["type"] for event in await _events(world)] == ["benefit_grant.revoked"]
    async with world.server.database.read() as tx:
        assert (await tx.one(_KEYS))["status"] == "revoked"
    assert (await api.get(f"/v1/customers/{customer_id}/state")).json()["granted_benefits"] == []
    assert (await api.get(f"/v1/benefits/{benefit_id}/grants")).json() == MISSING


async def test_a_changed_benefit_reaches_its_grants(world: World, api: Api) -> None:
    """New files come to everybody, archived ones stay with those who had them; keys take new limits and a new end."""
    old, new = await _file(api, "old.txt"), await _file(api, "new.txt")
    body = {"type": "downloadables", "description": "The guide", "properties": {"files": [old]}}
    files, keys = await _benefit(api, body), await _benefit(api, KEYS)
    product_id = await _product(api, files, keys)
    await _subscribe(world, api, await _customer(api), product_id)
    await _review(world)
    await _events(world)
    change = {"type": "downloadables", "properties": {"files": [old, new], "archived": {old: True}}}
    assert (await api.patch(f"/v1/benefits/{files}", change)).status_code == 200
    limits = {**KEYS["properties"], "limit_usage": 7, "expires": {"ttl": 2, "timeframe": "day"}}  # type: ignore[dict-item]
    assert (await api.patch(f"/v1/benefits/{keys}", {"type": "license_keys", "properties": limits})).status_code == 200
    world.clock.now += 60
    await _review(world)
    [updated] = await _events(world)
    assert (updated["type"], updated["data"]["benefit_id"]) == ("benefit_grant.updated", files)
    assert updated["data"]["properties"] == {"files": [old, new]}
    assert updated["data"]["previous_properties"] == {"files": [old]}
    async with world.server.database.read() as tx:
        key = await tx.one(_KEYS)
    assert (key["limit_usage"], key["expires_at"]) == (7, NOW + 2 * 86_400)
    await _buy(world, api, await _customer(api, "bob@example.com"), product_id)
    [latest] = [grant for grant in await _grants(api) if grant["order_id"] and grant["benefit_id"] == files]
    assert latest["properties"] == {"files": [new]}
    assert (
        await api.patch(f"/v1/benefits/{files}", {"type": "downloadables", "metadata": {"a": 1}})
    ).status_code == 200
    assert await review_grants(world.server, NOW + 60) == 0


async def test_a_renewal_is_told_of_each_live_grant(world: World, api: Api) -> None:
    """benefit_grant.cycled for what the customer has, nothing for what was revoked."""
    first, second = await _benefit(api, CUSTOM), await _benefit(api, FLAG)
    both, one = await _product(api, first, second), await _product(api, first)
    sale = await _subscribe(world, api, await _customer(api), both)
    await _sync(world, sale, one)
    await _events(world)
    async with world.server.database.write() as tx:
        await cycle_grants(tx, sale, NOW)
    [cycled] = await _events(world)
    assert (cycled["type"], cycled["data"]["benefit_id"]) == ("benefit_grant.cycled", first)

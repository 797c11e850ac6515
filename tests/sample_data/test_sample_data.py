"""Test organizations full of sample data, emptied and filled again, on both engines."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.world import Api, World, token_of

from polar_server import sample_data
from polar_server.accounts import organizations
from polar_server.accounts.organizations import NewOrganization
from polar_server.audit import Actor
from polar_server.database import Statement
from polar_server.sample_data import NotATestOrganization, ResetRunning
from polar_server.sample_data.queries import TABLES
from polar_server.sample_data.resetting import REST
from polar_server.sample_data.story import DAYS

DAY = 86_400
NOT_SAMPLED = {"events", "license_key_activations", "grant_reviews", "subscription_prorations"}
_NAMED = Statement("SELECT act, user_id FROM audit_entries WHERE organization_id = :organization_id")

pytestmark = pytest.mark.anyio


async def made_for_tests(world: World, person: str, slug: str = "harbour-test") -> str:
    async with world.server.database.write() as tx:
        new = NewOrganization(slug, "Harbour (test)", is_test=True)
        return (await organizations.create_organization(tx, new, person, int(world.clock()))).id


async def everything(api: Api, path: str) -> list[dict[str, Any]]:
    answer = await api.get(f"{path}?limit=100")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    assert len(items) == answer.json()["pagination"]["total_count"]
    return items


async def counted(world: World, organization_id: str) -> dict[str, int]:
    """The rows of an organization in each table that a reset empties."""
    found = {}
    async with world.server.database.read() as tx:
        for table in TABLES:
            count = Statement(f"SELECT count(*) FROM {table} WHERE organization_id = :organization_id")
            found[table] = (await tx.one(count, organization_id=organization_id))[0]
    return found


async def revenue(api: Api, now: float, *organization_ids: str) -> int:
    asked = "".join(f"&organization_id={each}" for each in organization_ids)
    days = [datetime.fromtimestamp(now - ago * DAY, UTC).date().isoformat() for ago in (DAYS, 0)]
    path = f"/v1/metrics/?start_date={days[0]}&end_date={days[1]}&interval=month&metrics=revenue{asked}"
    total: int = (await api.get(path)).json()["totals"]["revenue"]
    return total


async def test_there_is_something_of_everything(world: World, person: str) -> None:
    """Customers, orders, refunds and subscriptions in every state over ninety days, in order, and nobody is told."""
    organization_id = await made_for_tests(world, person)
    api = await token_of(world, person, organization_id)
    endpoint = {"url": "https://hook.example/", "format": "raw", "events": ["order.paid"]}
    assert (await api.post("/v1/webhooks/endpoints", endpoint)).status_code == 201
    now = int(world.clock())
    await sample_data.fill(world.server, organization_id, now)
    orders = await everything(api, "/v1/orders/")
    assert {order["status"] for order in orders} == {"paid", "pending", "refunded", "partially_refunded", "void"}
    assert {order["billing_reason"] for order in orders} == {"purchase", "subscription_create", "subscription_cycle"}
    moments = [datetime.fromisoformat(order["created_at"]).timestamp() for order in orders]
    assert now - DAYS * DAY <= min(moments) < now - (DAYS - 5) * DAY
    assert now - 5 * DAY < max(moments) <= now
    numbers = [order["invoice_number"] for order in sorted(orders, key=lambda order: str(order["created_at"]))]
    assert sorted(numbers) == [f"HARBOUR-TEST-{number:04}" for number in range(1, len(orders) + 1)]
    subscriptions = await everything(api, "/v1/subscriptions/")
    states = {(each["status"], each["cancel_at_period_end"]) for each in subscriptions}
    wanted = {("active", False), ("active", True), ("trialing", False), ("past_due", False), ("paused", False)}
    assert states >= wanted | {("canceled", False), ("canceled", True)}
    checkouts = await everything(api, "/v1/checkouts/")
    assert {each["status"] for each in checkouts} == {"succeeded", "expired"}
    rows = await counted(world, organization_id)
    assert rows["events"] == 0
    assert not [table for table in TABLES if not rows[table] and table not in NOT_SAMPLED]


async def test_a_reset_starts_anew_and_touches_nothing_else(world: World, person: str) -> None:
    """What was changed is gone and the sample is there again; members, endpoints, tokens and others' data stay."""
    organization_id, other = [await made_for_tests(world, person, slug) for slug in ("harbour-test", "other-test")]
    api = await token_of(world, person, organization_id)
    for each in (organization_id, other):
        await sample_data.fill(world.server, each, int(world.clock()))
    before, others = await counted(world, organization_id), await counted(world, other)
    assert before == others, "it is the same each time"
    endpoint = {"url": "https://hook.example/", "format": "raw", "events": ["customer.created"]}
    kept = (await api.post("/v1/webhooks/endpoints", endpoint)).json()["id"]
    extra = (await api.post("/v1/customers/", {"email": "mine@example.com"})).json()["id"]
    assert (await counted(world, organization_id))["customers"] == before["customers"] + 1
    await sample_data.reset(world.server, organization_id, Actor(person))
    assert await counted(world, organization_id) == before
    assert await counted(world, other) == others
    assert (await api.get(f"/v1/customers/{extra}")).status_code == 404
    assert (await api.get(f"/v1/webhooks/endpoints/{kept}")).status_code == 200
    async with world.server.database.read() as tx:
        acts = Counter(tuple(row) for row in await tx.all(_NAMED, organization_id=organization_id))
    assert acts["organization.reset", person] == 1
    with pytest.raises(ResetRunning) as refused:
        await sample_data.reset(world.server, organization_id, Actor(person))
    assert refused.value.retry_after == REST
    assert await counted(world, organization_id) == before


async def test_what_is_real_is_never_reset(world: World, person: str) -> None:
    """An organization that is no test organization, or is not there, keeps everything."""
    organization_id = await world.organization("harbour", person)
    api = await token_of(world, person, organization_id)
    await api.post("/v1/customers/", {"email": "eve@example.com"})
    for each in (organization_id, "nobody"):
        with pytest.raises(NotATestOrganization):
            await sample_data.reset(world.server, each, Actor(person))
    assert (await counted(world, organization_id))["customers"] == 1


async def test_samples_are_not_added_to_what_is_real(world: World, person: str) -> None:
    """A user token's metrics leave test organizations out, unless they are named or there are no others."""
    test = await made_for_tests(world, person)
    await sample_data.fill(world.server, test, int(world.clock()))
    api, now = await token_of(world, person, test, sub_type="user"), world.clock()
    sampled = await revenue(api, now)
    assert sampled > 100_000
    second = await made_for_tests(world, person, "second-test")
    assert await revenue(api, now) == sampled
    real = await world.organization("harbour", person)
    assert [await revenue(api, now, *ids) for ids in ((), (real,), (test,), (test, second, real))] == [
        0,
        0,
        sampled,
        sampled,
    ]

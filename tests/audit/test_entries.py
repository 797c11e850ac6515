"""The audit log: one entry for each act, read by organization, person and app; kept for a while; without secrets."""

import json
from typing import Any

from tests.world import Api, App, Browser, World, api_of

from polar_server import audit
from polar_server.audit import About, Actor, sweeping
from polar_server.database import Statement
from polar_server.resource_server import audit_log, audit_queries
from polar_server.resource_server.audit_log import Entry
from polar_server.resource_server.audit_queries import EntryFilter, Log

ALL = Statement("SELECT act, target_name, detail, address, user_agent FROM audit_entries ORDER BY id")
PRODUCT = {"name": "Lighthouse keeper", "prices": [{"amount_type": "fixed", "price_amount": 1500}]}
DAY = 86_400


async def read(world: World, log: Log, **wanted: Any) -> list[Entry]:
    """The newest entries of a log."""
    return (await audit_log.list_entries(world.server.database, log, EntryFilter(**wanted), 100, 0))[0]


async def test_an_act_tells_who_did_what_from_where_and_through_which_app(world: World, api: Api) -> None:
    """The entry of a call names the person, the app and the address, what was changed, and no value."""
    made = (await api.post("/v1/products", PRODUCT)).json()
    answer = await api.call(
        "PATCH", f"/v1/products/{made['id']}", {"description": "Quiet."}, **{"User-Agent": "curl/8"}
    )
    assert answer.status_code == 200
    assert api.organization_id is not None
    changed, created, *_ = await read(world, audit_queries.of_organization(api.organization_id))
    assert (created.act, changed.act, changed.target_id) == ("product.created", "product.updated", made["id"])
    assert (changed.who, changed.did, changed.target_name) == ("Ada Example", "changed a product", PRODUCT["name"])
    assert (changed.app, changed.address, changed.user_agent) == ("Test app", "203.0.113.9", "curl/8")
    assert changed.detail == {"changed": ["description"]}
    through = await read(world, audit_queries.of_client(changed.client_id or ""))
    assert [entry.act for entry in through] == ["product.updated", "product.created"]


async def test_a_refused_change_leaves_no_entry(world: World, api: Api) -> None:
    """The entry stands in the transaction of the change: what did not happen is not told."""
    made = (await api.post("/v1/products", PRODUCT)).json()
    assert (await api.patch(f"/v1/products/{made['id']}", {"prices": [{"id": "none"}]})).status_code == 422
    assert (await api.delete("/v1/products/00000000-0000-4000-8000-000000000000")).status_code == 404
    entries = await read(world, audit_queries.of_organization(api.organization_id or ""), act="product")
    assert [entry.act for entry in entries] == ["product.created"]


async def test_logs_are_apart_and_filtered(world: World, api: Api) -> None:
    """An organization sees its own entries alone; acts, people, apps and times narrow a log."""
    other = await api_of(world, "other@example.com", "other")
    for caller in (api, other, api):
        assert (await caller.post("/v1/products", PRODUCT)).status_code == 201
    mine = audit_queries.of_organization(api.organization_id or "")
    products = await read(world, mine, act="product")
    assert len(products) == 2
    assert not await read(world, mine, act="prod")
    person = products[0].user_id or ""
    assert {entry.id for entry in products} < {entry.id for entry in await read(world, mine, user_id=person)}
    assert not await read(world, mine, user_id="nobody") + await read(world, mine, client_id="none")
    now = int(world.clock())
    assert len(await read(world, mine, act="product", since=now, until=now + 1)) == 2
    assert not await read(world, mine, until=now - DAY) + await read(world, mine, since=now + 1)
    second, total = await audit_log.list_entries(world.server.database, mine, EntryFilter(act="product"), 1, 1)
    assert (second, total) == (products[1:], 2)


async def test_a_person_sees_what_they_did_and_what_concerns_them(world: World, app: App, browser: Browser) -> None:
    """Allowing an app, ending it, and signing in are in the log of the person, whoever did it."""
    person = await world.person("bob@example.com")
    bob = await world.browser(person)
    await world.tokens(app, bob)
    await bob.open("/account/apps")
    assert (await bob.submit("/account/apps")).status_code == 303
    async with world.server.database.write() as tx:
        await audit.record(tx, audit.OPERATOR, "account.disabled", About(user_id=person), int(world.clock()))
    entries = await read(world, audit_queries.of_person(person))
    assert [entry.act for entry in entries] == ["account.disabled", "app.ended", "app.connected", "account.signed_in"]
    assert [entry.who for entry in entries] == ["The operator", "Ada Example", "Ada Example", "Ada Example"]
    assert entries[2].detail == {"scope": "openid products:read"}
    assert entries[1].target_name == "Test app"


async def test_a_replay_is_told(world: World, app: App, browser: Browser) -> None:
    """A refresh token that comes a second time ends the grant, and its person reads why."""
    tokens = await world.tokens(app, browser)
    first = await app.refresh(tokens["refresh_token"])
    assert (await app.refresh(first.json()["refresh_token"])).status_code == 200
    world.clock.now += 3600
    assert (await app.refresh(tokens["refresh_token"])).status_code == 400
    entries = await read(world, audit_queries.of_all(), act="app.replayed")
    assert [(entry.user_id, entry.client_id) for entry in entries] == [(None, app.client_id)]


async def test_entries_are_exported_kept_for_a_while_and_forgotten(world: World, api: Api) -> None:
    """The CSV has every entry; after the retention they go; a customer who is made anonymous has no name in them."""
    customer = (await api.post("/v1/customers", {"email": "eve@example.com", "name": "Eve"})).json()
    log = audit_queries.of_organization(api.organization_id or "")
    stream = audit_log.export_entries(world.server.database, log, EntryFilter(act="customer"))
    lines = [part async for part in stream.iterator]  # type: ignore[union-attr]
    assert b"created a customer,customer.created,Eve" in b"".join(lines)  # type: ignore[arg-type]
    assert (await api.delete(f"/v1/customers/{customer['id']}?anonymize=true")).status_code == 204
    named = [(entry.act, entry.target_name) for entry in await read(world, log, act="customer")]
    assert named == [("customer.deleted", None), ("customer.created", None)]
    now = int(world.clock())
    assert (await sweeping.sweep(world.server.database, 400, now + 400 * DAY))["audit_entries"] == 0
    assert (await sweeping.sweep(world.server.database, 400, now + 401 * DAY))["audit_entries"] >= 3
    assert not await read(world, audit_queries.of_all())


async def test_whoever_leaves_is_forgotten(world: World) -> None:
    """Nothing tells where a person was who deleted their account, and their acts stay."""
    actor = Actor("somebody", None, "203.0.113.77", "a browser")
    async with world.server.database.write() as tx:
        await audit.record(tx, actor, "account.updated", About(user_id="somebody", name="Ada"), int(world.clock()))
        await audit.forget_person(tx, "somebody")
    [entry] = await read(world, audit_queries.of_person("somebody"))
    assert (entry.act, entry.who, entry.address, entry.user_agent) == (
        "account.updated",
        "Somebody who has left",
        "",
        "",
    )
    assert entry.target_name is None


async def test_no_entry_holds_a_secret(world: World, app: App, browser: Browser, api: Api) -> None:
    """After registration, a whole flow, a webhook with its secret and a license, no token or secret is in the log."""
    body = {"client_name": "Reader", "redirect_uris": ["https://reader.example/callback"]}
    registered = (await world.http.post("/v1/oauth2/register", json=body)).json()
    manage = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    place = f"/v1/oauth2/register/{registered['client_id']}"
    changed = {**body, "client_id": registered["client_id"], "client_name": "Writer"}
    assert (await world.http.put(place, json=changed, headers=manage)).status_code == 200
    assert (await world.http.delete(place, headers=manage)).status_code == 204
    tokens = await world.tokens(app, browser)
    endpoint = {"url": "https://93.184.216.34/secret-path", "format": "raw", "events": ["order.paid"]}
    webhook = (await api.post("/v1/webhooks/endpoints", endpoint)).json()
    assert (await api.call("PATCH", f"/v1/webhooks/endpoints/{webhook['id']}/secret")).status_code == 200
    secrets = [registered["client_secret"], registered["registration_access_token"], webhook["secret"], "secret-path"]
    secrets += [tokens["access_token"], tokens["refresh_token"], api.token, app.credentials["client_secret"]]
    async with world.server.database.read() as tx:
        rows = [tuple(row) for row in await tx.all(ALL)]
    acts = {row[0] for row in rows}
    assert {"client.created", "client.updated", "client.deleted", "webhook_endpoint.secret_reset"} <= acts
    kept = json.dumps(rows)
    assert [secret for secret in secrets if secret in kept] == []

"""The last events of an app: refusals in words beside what succeeded, bounded whatever comes."""

import json
import re

from tests.world import NOW, App, Browser, World

from polar_server.audit.client_events import KEPT, MOST, ClientEvent
from polar_server.authorization_server import client_event_queries
from polar_server.authorization_server.client_events import list_events
from polar_server.database import Statement
from polar_server.oauth.tokens import new_id

_MOMENT = {"authorization_codes": "expires_at", "refresh_tokens": "created_at"}


async def test_an_app_reads_what_was_asked_allowed_exchanged_and_refused(
    world: World, app: App, browser: Browser
) -> None:
    """Each event has the detail that answers leave out, to the character where a redirect URI differs."""
    await browser.open(app.authorize_path(redirect_uri=f"{app.redirect_uri}x"))
    assert browser.page.status_code == 400
    code = await world.allowed(app, browser)
    assert (await app.redeem(code, code_verifier="w" * 43)).status_code == 400
    tokens = (await app.redeem(await world.allowed(app, browser))).json()
    assert (await app.refresh(tokens["refresh_token"])).status_code == 200
    assert (await app.token(grant_type="password")).status_code == 400
    await world.server.client_events.write()
    found = [(event.event, event.detail) for event in await list_events(world.server.database, app.client_id)]
    assert {event for event, _ in found} >= {
        "authorize.shown",
        "authorize.approved",
        "authorize.refused",
        "token.issued",
        "token.refreshed",
        "token.refused",
    }
    place = len(app.redirect_uri) + 1
    assert any(f"redirect_uri differs from the registered one at character {place}" in detail for _, detail in found)
    assert any(detail.startswith("unsupported_grant_type") for _, detail in found)
    secrets = (tokens["access_token"], tokens["refresh_token"], app.credentials["client_secret"], code)
    assert [secret for secret in secrets if secret in str(found)] == []


async def test_events_are_bounded(world: World, app: App) -> None:
    """An app keeps its newest hundred, a flood is dropped, and a client that nobody registered keeps nothing."""
    events, database = world.server.client_events, world.server.database
    for number in range(KEPT + MOST):
        events.note(ClientEvent(app.client_id, "token.refused", str(number), "", number))
        if number % MOST == MOST - 1:
            await events.write()
    kept = await list_events(database, app.client_id)
    assert [event.detail for event in kept] == [str(number) for number in reversed(range(MOST, KEPT + MOST))]
    for number in range(1000):
        events.note(ClientEvent("polar_ci_nobody", "token.refused", "", "", number))
    await events.write()
    assert not await list_events(database, "polar_ci_nobody")
    assert (await list_events(database, app.client_id))[0].detail == kept[0].detail


async def test_an_exchange_without_refresh_tokens_is_told_by_its_code(world: World, browser: Browser) -> None:
    """Once for each code that was exchanged, when it was, and for no other; a replay adds nothing."""
    app = await world.app(grant_types=["authorization_code"])
    code = await world.allowed(app, browser)
    world.clock.now += 5
    assert set((await app.redeem(code)).json()) == {"access_token", "token_type", "expires_in", "scope", "id_token"}
    await world.allowed(app, browser)
    await app.redeem(code)
    found = await list_events(world.server.database, app.client_id)
    assert [event.at for event in found if event.event == "token.issued"] == [NOW + 5]
    assert len([event for event in found if event.event == "authorize.approved"]) == 2


async def test_codes_of_others_are_not_read_for_it(world: World) -> None:
    """Both engines look for each code by its id, in a table of many, and for refresh tokens by their grant."""
    ids = [new_id(NOW * 1000 + number // 4, number.to_bytes(3)) for number in range(4000)]
    async with world.server.database.write() as tx:
        for table in ("authorization_codes", "refresh_tokens"):
            given = f"INSERT INTO {table} (id, digest, key_id, grant_id, auth_time, {_MOMENT[table]})"
            values = f"{given} SELECT value, '', '', value, 0, 0 FROM"
            sqlite, postgres = f"{values} json_each(:ids)", f"{values} json_array_elements_text(CAST(:ids AS JSON))"
            await tx.run(Statement(sqlite, postgres=postgres), ids=json.dumps(ids))
        await tx.run(Statement("ANALYZE"))
    listed = client_event_queries.LIST_REDEEMED
    explained = Statement(
        f"EXPLAIN QUERY PLAN {listed.sqlite}", postgres=f"EXPLAIN {listed.postgres.replace('$1', ':grants')}"
    )
    async with world.server.database.read() as tx:
        plan = await tx.all(explained, grants=client_event_queries.grants_of(ids[-100:]))
    steps = "\n".join(" ".join(map(str, row)) for row in plan)
    assert "authorization_codes" in steps, steps
    assert not re.search(r"Seq Scan|SCAN [ct]\b|AUTOMATIC", steps), steps

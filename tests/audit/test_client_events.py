"""The last events of an app: refusals in words beside what succeeded, bounded whatever comes."""

from tests.world import App, Browser, World

from polar_server.audit.client_events import KEPT, MOST, ClientEvent
from polar_server.authorization_server.client_events import list_events


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

"""Connected apps, well-known documents, signing keys, and the sweeper."""

import pytest
from tests.world import ISSUER, App, Browser, World, answer_of

from polar_server.authorization_server import signing_keys, sweep
from polar_server.database import Statement
from polar_server.oauth.server_keys import SealBroken, ServerKeys


async def test_a_connected_app_is_shown_and_ended(world: World, app: App, browser: Browser, person: str) -> None:
    """The page names app, scopes and organization; ending it kills the tokens at once and forgets the decision."""
    organization = await world.organization("lighthouse", person)
    mine = await world.tokens(app, browser)
    theirs = await world.tokens(app, browser, organization)
    page = await browser.open("/account/apps")
    assert page.text.count("Test app") >= 2
    assert "Lighthouse" in page.text
    await browser.submit("/account/apps", app_id=f"{app.client_id}.")
    assert (await app.introspect(mine["access_token"])) == {"active": False}
    assert (await app.refresh(mine["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.introspect(theirs["access_token"]))["active"] is True, "the organization's was not ended"
    assert (await browser.open(app.authorize_path())).status_code == 200, "asked again"


async def test_ending_what_is_not_connected_is_404(app: App, browser: Browser, world: World) -> None:
    """Another person's app, or none, cannot be ended."""
    await world.allowed(app, browser)
    other = await world.browser(await world.person("grace@example.com"))
    await other.open("/account/apps")
    page = await browser.open("/account/apps")
    assert "No app is connected" in (await other.open("/account/apps")).text
    page = await browser.submit("/account/apps", app_id="polar_ci_unknown.")
    assert page.status_code == 404


async def test_an_ended_code_is_dead(world: World, app: App, browser: Browser) -> None:
    """A code that waits when the person ends the app gives nothing."""
    code = await world.allowed(app, browser)
    await browser.open("/account/apps")
    await browser.submit("/account/apps", app_id=f"{app.client_id}.")
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"


async def test_the_documents_agree_with_each_other_and_with_the_issuer(world: World) -> None:
    """One document under two names; every URL starts with the issuer, whatever host was asked (RFC 8414 §3.3)."""
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    first = await world.http.get("/.well-known/openid-configuration", headers=headers)
    second = await world.http.get("/.well-known/oauth-authorization-server")
    assert first.json() == second.json()
    document = first.json()
    assert document["issuer"] == ISSUER
    urls = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(urls) == 7
    assert all(url.startswith(f"{ISSUER}/") for url in urls)
    assert first.headers["cache-control"] == "public, max-age=3600"
    assert (await world.http.head("/.well-known/jwks.json")).content == b""


async def test_a_rotated_key_is_published_ahead_and_stays_for_a_while(world: World, app: App, browser: Browser) -> None:
    """Pending -> active -> retired -> removed: a verifier with a cached key set never meets an unknown key."""
    server = world.server

    async def published() -> list[str]:
        await _reload(world)
        keys = (await world.http.get("/.well-known/jwks.json")).json()["keys"]
        return [key["kid"] for key in keys if key["alg"] == "RS256"]

    old = (await published())[0]
    made = await signing_keys.rotate_keys(
        server.database, server.server_keys, ("RS256",), publish_ahead=100, retirement=1000, now=int(world.clock())
    )
    new = made[0].kid
    assert set(await published()) == {old, new}
    assert server.signing_keys.active("RS256", int(world.clock())).kid == old
    hint = (await world.tokens(app, browser))["id_token"]
    world.clock.now += 100
    assert server.signing_keys.active("RS256", int(world.clock())).kid == new
    assert set(await published()) == {old, new}
    assert "code" in answer_of(await browser.open(app.authorize_path(prompt="none", id_token_hint=hint)))
    world.clock.now += 1000
    assert await published() == [new]


async def test_keys_are_made_once(world: World) -> None:
    """Starting again, or in several workers, makes no second key."""
    for _ in range(3):
        await signing_keys.ensure_keys(world.server.database, world.server.server_keys, int(world.clock()))
    found = await signing_keys.load_keys(world.server.database, world.server.server_keys, None)
    assert sorted(key.algorithm for key in found) == ["ES256", "RS256"]


async def test_signing_keys_do_not_open_under_another_server_key(world: World) -> None:
    """Private keys are sealed: a stolen database signs nothing."""
    with pytest.raises(SealBroken):
        await signing_keys.load_keys(world.server.database, ServerKeys([bytes(range(32, 64))]), None)


async def test_a_new_server_key_seals_the_signing_keys_anew(world: World) -> None:
    """After one start with both keys, the old server key is no longer needed for them."""
    old, new = bytes(range(32)), bytes(range(32, 64))
    await signing_keys.ensure_keys(world.server.database, ServerKeys([new, old]), int(world.clock()))
    found = await signing_keys.load_keys(world.server.database, ServerKeys([new]), None)
    assert sorted(key.algorithm for key in found) == ["ES256", "RS256"]


async def _reload(world: World) -> None:
    found = await signing_keys.load_keys(world.server.database, world.server.server_keys, int(world.clock()))
    world.server.signing_keys.replace(found)


async def test_the_sweeper_removes_what_nobody_can_use(world: World, app: App, browser: Browser) -> None:
    """Expired codes and tokens go; live refresh tokens and what they hang from stay."""
    kept = await world.tokens(app, browser)
    for _ in range(3):
        code = await world.allowed(app, browser)
    ended = await app.redeem(code)
    await app.revoke(ended.json()["refresh_token"])
    world.clock.now += 3 * 3600
    removed = await sweep.sweep(world.server.database, world.server.settings, int(world.clock()))
    assert (removed["authorization_codes"], removed["access_tokens"]) == (4, 2)
    assert removed["refresh_tokens"] == 0
    assert removed["grants"] == 2, "those of the two codes that were never redeemed"
    world.clock.now += sweep.KEPT
    removed = await sweep.sweep(world.server.database, world.server.settings, int(world.clock()))
    assert (removed["refresh_tokens"], removed["grants"]) == (1, 1)
    assert (await app.refresh(kept["refresh_token"])).status_code == 200


async def test_the_sweeper_goes_through_many_windows(
    world: World, app: App, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More rows than a batch are removed in several, and each row is looked at once."""
    monkeypatch.setattr(sweep, "BATCH", 2)
    tokens = await world.tokens(app, browser)
    for _ in range(6):
        world.clock.now += 1
        tokens = (await app.refresh(tokens["refresh_token"])).json()
    world.clock.now += sweep.KEPT + 10
    removed = await sweep.sweep(world.server.database, world.server.settings, int(world.clock()))
    assert (removed["access_tokens"], removed["refresh_tokens"]) == (7, 6)
    async with world.server.database.read() as tx:
        assert (await tx.one(Statement("SELECT count(*) FROM refresh_tokens")))[0] == 1
    assert (await app.refresh(tokens["refresh_token"])).status_code == 200

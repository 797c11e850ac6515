"""Organization access tokens in the dashboard: made, used, and revoked."""

import httpx
import pytest
from tests.world import World

from polar_server.authorization_server import organization_tokens

from .conftest import Desk
from .test_apps import shown

EXPORT = {"name": "Nightly export", "days": "7", "scope-products:read": "true"}

ONCE = "The token was shown once. If you did not keep it, revoke it and make another."


async def _call(world: World, token: str, path: str = "/v1/products/") -> httpx.Response:
    return await world.http.get(path, headers={"Authorization": f"Bearer {token}"})


async def test_a_token_is_made_used_and_revoked(world: World, desk: Desk, stranger_desk: Desk) -> None:
    """It calls the API within its scopes until it is revoked; the list says what each is for and when it was used."""
    assert "No tokens yet" in (await desk.open("tokens")).text
    made = await desk.post("tokens/new", **EXPORT)
    token = shown(await desk.browser.open(made.headers["location"]), "access-token")
    reloaded = await desk.browser.open(made.headers["location"])
    assert (token in reloaded.text, desk.notices) == (False, [ONCE])
    assert (await _call(world, token)).status_code == 200
    assert (await _call(world, token, "/v1/orders/")).status_code == 403
    listed = (await desk.open("tokens")).text
    assert "Nightly export" in listed
    assert token not in listed
    token_id = token.removeprefix("polar_oat_")[:11]
    page = f"tokens/{token_id}"
    assert "products:read" in (await desk.open(page)).text
    assert (await stranger_desk.open(page)).status_code == 404
    assert (await desk.post(page, f"{page}/revoke")).headers["location"] == desk.path("tokens?done=revoked")
    assert (await _call(world, token)).status_code == 401
    ended = (await desk.open(page)).text
    assert ("Revoked" in ended, "Revoke token" in ended) == (True, False)

    await desk.post("tokens/new", **EXPORT)
    world.clock.now += 7 * 86_400
    assert "Expired" in (await desk.open("tokens")).text


async def test_a_form_that_is_sent_twice_makes_one_token(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second answer shows the same one, also where there is no room for another."""
    monkeypatch.setattr(organization_tokens, "MOST_LIVE", 1)
    form = await desk.open("tokens/new")
    answers = []
    for _ in range(2):
        desk.browser.page = form
        answer = await desk.browser.submit(desk.path("tokens/new"), **EXPORT)
        answers.append(shown(await desk.browser.open(answer.headers["location"]), "access-token"))
    assert answers[0] == answers[1]
    assert (await desk.open("tokens")).text.count("Nightly export") == 1


async def test_tokens_are_for_those_who_manage(world: World, desk: Desk, member_desk: Desk) -> None:
    """A member opens none of it; each mistake is said at its field, and two buttons choose the scopes."""
    assert {(await member_desk.open(page)).status_code for page in ("tokens", "tokens/new", "tokens/x")} == {403}
    await desk.post("tokens/new", name="", days="8")
    assert set(desk.errors) == {"name", "days", "scope"}
    await desk.post("tokens/new", **EXPORT | {"name": "x" * 200})
    assert set(desk.errors) == {"name"}
    page = await desk.post("tokens/new", **EXPORT, choose_scopes="all")
    assert (page.status_code, 'name="scope-files:write" value="true" checked' in page.text) == (200, True)
    assert "openid" not in page.text, "it is of no person"
    assert "No tokens yet" in (await desk.open("tokens")).text

"""What ends with a person's account beyond it: tokens, decisions, apps of their own. And what they take away of it."""

import json

from tests.world import App, World

from polar_server.authorization_server.clients import Ownership


async def test_an_account_is_taken_away_and_ends_with_its_tokens_and_apps(world: World, app: App) -> None:
    """The file names connected apps, grants and own apps, no secret; after deletion each of them is dead at once."""
    ada = await world.person("leaver@example.com")
    own = await world.app(ownership=Ownership(ada), client_name="Ada's app")
    browser = await world.browser(ada)
    issued = await world.tokens(app, browser)
    assert (await app.userinfo(issued["access_token"])).status_code == 200

    await browser.open("/account/data")
    kept = json.loads((await browser.submit("/account/export")).text)
    assert [one["client_id"] for one in kept["connected_apps"]] == [app.client_id]
    assert [(one["client_id"], one["revoked_at"]) for one in kept["grants"]] == [(app.client_id, None)]
    assert [one["name"] for one in kept["registered_apps"]] == ["Ada's app"]
    assert isinstance(kept["registered_apps"][0]["redirect_uris"], list)
    assert not {"secret_digest", "registration_digest"} & set(kept["registered_apps"][0])

    await browser.open("/account/delete")
    answer = await browser.submit("/account/delete", email="leaver@example.com")
    assert answer.headers["location"] == "/sign-in?done=account_deleted"
    assert (await app.userinfo(issued["access_token"])).status_code == 401
    assert (await app.refresh(issued["refresh_token"])).status_code == 400
    assert (await app.introspect(issued["access_token"])) == {"active": False}
    bob = await world.browser(await world.person("stays@example.com"))
    assert (await bob.open(own.authorize_path())).status_code == 400

"""The operation of the server: what operators see and do, and that nobody else finds any of it."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import pytest
from litestar import HttpMethod
from litestar.di import Provide
from litestar.routes import HTTPRoute
from tests.world import NOW, Browser, World

from polar_server.accounts import operators, people
from polar_server.accounts.one_time_codes import codes
from polar_server.accounts.passkeys.ceremonies import NewKey
from polar_server.accounts.passkeys.keys import add_passkey
from polar_server.accounts.visits import Visit
from polar_server.accounts.ways_in import WaysIn, list_ways_in
from polar_server.authorization_server import signing_keys
from polar_server.authorization_server.clients import Ownership
from polar_server.dashboard.admin.timeline import Part, timeline_of
from polar_server.database import Statement
from polar_server.mail import Mailer
from polar_server.oauth.keys import SigningKey, generate
from polar_server.resource_server import audit_log, audit_queries
from polar_server.resource_server.audit_queries import EntryFilter

from .conftest import Desk

_NOBODYS = "00000000-0000-4000-8000-000000000000"
_DAY = 86_400


@pytest.fixture
async def operator(world: World) -> Browser:
    """A browser of somebody who runs the server."""
    user_id = await world.person("operator@example.com")
    async with world.server.database.write() as tx:
        await operators.make_operator(tx, user_id, NOW)
    return await world.browser(user_id)


def _addresses(world: World, method: HttpMethod) -> Iterator[str]:
    for route in world.endpoints.framework.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/admin") and method in route.methods:
            names = [part.name for part in route.path_components if not isinstance(part, str)]
            path = route.path_format
            for name in names:
                path = path.replace("{" + name + "}", _NOBODYS)
            yield path


async def test_there_is_no_such_page_for_anybody_else(world: World, desk: Desk, operator: Browser) -> None:
    """Every page and form is a missing one to strangers, owners of organizations, and whoever lost the flag."""
    pages, forms = (list(_addresses(world, method)) for method in (HttpMethod.GET, HttpMethod.POST))
    assert (len(pages), len(forms)) == (11, 8)
    nobody = await world.browser()
    for browser in (nobody, desk.browser):
        for method, paths in (("GET", pages), ("POST", forms)):
            seen = {path: (await browser.http.request(method, path)).status_code for path in paths}
            assert {path: status for path, status in seen.items() if status != 404} == {}
    seen = {path: (await operator.http.get(path)).status_code for path in pages}
    assert {path: status for path, status in seen.items() if status != (404 if _NOBODYS in path else 200)} == {}
    posted = {path: (await operator.http.post(path)).status_code for path in forms}
    assert set(posted.values()) == {403}, "a form without our token is refused"
    assert 'href="/admin"' in (await operator.open("/account")).text
    assert 'href="/admin"' not in (await desk.browser.open("/account")).text
    async with world.server.database.write() as tx:
        row = await tx.one(Statement("SELECT id FROM users WHERE operator = TRUE"))
        await operators.end_operator(tx, row["id"], NOW)
    assert (await operator.open("/admin")).status_code == 404


async def _acts(world: World, kind: str) -> list[tuple[str, str, str | None]]:
    entries, _ = await audit_log.list_entries(
        world.server.database, audit_queries.of_all(), EntryFilter(act=kind), 100, 0
    )
    return [(entry.act, entry.who, entry.target_name) for entry in entries if entry.act != "account.signed_in"]


async def _mailed(world: World, address: str) -> list[str]:
    """The sentences that this person was told, oldest first."""
    provided = world.endpoints.framework.dependencies["mailer"]
    assert isinstance(provided, Provide)
    mailer: Mailer = provided.dependency()
    await mailer.sent()
    folder = world.server.settings.data_dir / "mail"
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(folder.glob("*.eml"))]
    return [mail.get_content() for mail in mails if mail["To"] == address]


async def test_people_are_shut_out_and_let_in(world: World, desk: Desk, operator: Browser) -> None:
    """Shutting out ends sessions and tokens at once, the person is told, and the log names the operator."""
    assert "owner@example.com" in (await operator.open("/admin/people?query=OWNER")).text
    page = f"/admin/people/{desk.user_id}"
    await operator.open(page)
    await operator.submit(f"{page}/sessions")
    assert (await desk.browser.open("/account")).status_code == 303, "their session is ended"
    assert (await desk.api.get("/v1/products/")).status_code == 200, "apps keep what they were allowed"
    await operator.open(page)
    assert (await operator.submit(f"{page}/disable")).headers["location"] == f"{page}?done=disabled"
    assert (await desk.api.get("/v1/products/")).status_code == 401
    assert "owner@example.com" in (await operator.open("/admin/people?state=disabled")).text
    await operator.open(page)
    await operator.submit(f"{page}/enable")
    found = await people.find_user(world.server.database, desk.user_id)
    assert found is not None
    assert found.disabled_at is None
    told = await _mailed(world, "owner@example.com")
    assert [each.split("\n")[2].split(".")[0] for each in told] == [
        "An operator of the server ended every session of your account",
        "An operator of the server shut your account out: nobody can sign in to it, and what was open ended",
        "An operator of the server let your account in again",
    ]
    acts = [(act, who) for act, who, _ in await _acts(world, "account")]
    assert acts[:3] == [(f"account.{act}", "Ada Example") for act in ("enabled", "disabled", "sessions_ended")]


@pytest.mark.parametrize("password", ["unused", None])
async def test_a_lost_second_factor_is_taken_away(
    world: World, desk: Desk, operator: Browser, password: str | None
) -> None:
    """Passkeys, codes and sessions are gone, apps stay; the mail leads back in, also without a password."""
    keys, visit = world.server.server_keys, Visit("203.0.113.5", "test", NOW * 1000)
    async with world.server.database.write() as tx:
        await codes.turn_on(tx, keys, desk.user_id, b"a secret", 1, NOW)
        await add_passkey(tx, desk.user_id, NewKey("credential", "key", 0, synced=False), "Phone", visit)
        await tx.run(Statement("UPDATE users SET password_hash = :password"), password=password)
    page = f"/admin/people/{desk.user_id}"
    assert "passkey" in (await operator.open(page)).text.split("Signs in with</dt>")[1].split("</dd>")[0]
    assert (await operator.submit(f"{page}/second-factor")).headers["location"] == f"{page}?done=second_factor"
    left = await list_ways_in(world.server.database, desk.user_id)
    assert left == WaysIn(password is not None, [], codes=False, recovery_codes=0)
    assert f"{page}/second-factor" not in (await operator.open(page)).text, "nothing is left to be taken"
    assert (await desk.browser.open("/account")).status_code == 303
    assert (await desk.api.get("/v1/products/")).status_code == 200
    assert (await _acts(world, "account"))[0][:2] == ("account.second_factor_reset", "Ada Example")
    [told] = await _mailed(world, "owner@example.com")
    lines = told.splitlines()
    assert {
        "- your passkey",
        "- one-time codes, with their recovery codes",
        "http://localhost:8000/forgot-password",
    } <= {*lines}
    assert ("Your account has no password." in told) is (password is None)

    await desk.browser.open("/forgot-password")
    await desk.browser.submit("/forgot-password", email="owner@example.com")
    [link] = re.findall(r"/reset-password\?token=\S+", (await _mailed(world, "owner@example.com"))[-1])
    await desk.browser.open(link)
    await desk.browser.submit("/reset-password", password="nine quiet rivers")
    await desk.browser.open("/sign-in")
    await desk.browser.submit("/sign-in", email="owner@example.com", password="nine quiet rivers")
    assert (await desk.browser.open("/account")).status_code == 200


async def test_who_is_shut_out_keeps_the_second_factor(world: World, desk: Desk, operator: Browser) -> None:
    """No mail would lead back in, so nothing is taken; nor is it from whoever has none, or after ten minutes."""
    page = f"/admin/people/{desk.user_id}"
    async with world.server.database.write() as tx:
        await codes.turn_on(tx, world.server.server_keys, desk.user_id, b"a secret", 1, NOW)
    await operator.open(page)
    world.clock.now += 601
    assert (await operator.submit(f"{page}/second-factor")).headers["location"].startswith("/confirm?")
    world.clock.now -= 601
    await operator.open(page)
    async with world.server.database.write() as tx:
        await people.disable_user(tx, desk.user_id, NOW, ())
    refused = await operator.submit(f"{page}/second-factor")
    assert (refused.status_code, "Let this person in again first" in refused.text) == (422, True)
    assert await codes.is_on(world.server.database, desk.user_id)
    assert await _mailed(world, "owner@example.com") == []


async def test_the_last_operator_stays_one(world: World, operator: Browser, desk: Desk) -> None:
    """The flag is given and taken, never from the last one; who has it cannot be shut out."""
    async with world.server.database.read() as tx:
        me = (await tx.one(Statement("SELECT id FROM users WHERE operator = TRUE")))["id"]
    mine, theirs = f"/admin/people/{me}", f"/admin/people/{desk.user_id}"
    await operator.open(mine)
    refused = await operator.submit(f"{mine}/operator")
    assert (refused.status_code, "Nobody else runs the server." in refused.text) == (422, True)
    await operator.open(mine)
    refused = await operator.submit(f"{mine}/disable")
    assert (refused.status_code, "Take that right from them first." in refused.text) == (422, True)
    await operator.open(theirs)
    await operator.submit(f"{theirs}/operator")
    assert (await desk.browser.open("/admin")).status_code == 200
    await desk.browser.open(mine)
    await desk.browser.submit(f"{mine}/operator")
    assert (await operator.open("/admin")).status_code == 404
    assert [act for act, *_ in await _acts(world, "account")][:2] == ["account.operator_ended", "account.operator_made"]


async def test_apps_are_shut_out_and_let_in(world: World, desk: Desk, operator: Browser) -> None:
    """The tokens of an app that is shut out are refused, and work again when it is let in."""
    app = await world.app(client_name="Noisy <app>", ownership=Ownership(owner_id=desk.user_id))
    tokens = await world.tokens(app, desk.browser)
    page = f"/admin/apps/{app.client_id}"
    assert "Noisy &lt;app&gt;" in (await operator.open("/admin/apps?query=noisy")).text
    await operator.open(page)
    assert (await operator.submit(f"{page}/disable")).headers["location"] == f"{page}?done=disabled"
    assert (await app.userinfo(tokens["access_token"])).status_code == 401
    assert (await app.refresh(tokens["refresh_token"])).status_code == 401
    assert "Noisy" not in (await desk.browser.open("/dashboard/apps")).text
    assert "Shut out" in (await operator.open("/admin/apps?state=disabled")).text
    await operator.open(page)
    await operator.submit(f"{page}/enable")
    assert (await app.userinfo(tokens["access_token"])).status_code == 200
    assert (await _acts(world, "client"))[:2] == [
        ("client.enabled", "Ada Example", "Noisy <app>"),
        ("client.disabled", "Ada Example", "Noisy <app>"),
    ]
    told = await _mailed(world, "owner@example.com")
    assert ['"Noisy <app>"' in each for each in told] == [True, True]
    async with world.server.database.write() as tx:
        await tx.run(Statement("UPDATE clients SET deleted_at = 1 WHERE client_id = :id"), id=app.client_id)
    assert (await operator.open(page)).status_code == 404, "what its owner deleted does not come back"


async def test_acts_need_a_recent_sign_in(world: World, desk: Desk, operator: Browser) -> None:
    """Ten minutes after the sign-in an act leads to the page that asks who one is, and nothing is done."""
    page = f"/admin/people/{desk.user_id}"
    await operator.open(page)
    world.clock.now += 601
    asked = await operator.submit(f"{page}/disable")
    assert asked.headers["location"].startswith("/confirm?return_to=%2Fadmin%2Fpeople%2F")
    assert (await desk.browser.open("/account")).status_code == 200


async def test_keys_are_rotated_and_shown(world: World, operator: Browser) -> None:
    """The next keys are published before they sign; after a theft they sign at once and the old ones are gone."""
    server = world.server
    before = {key.kid for key in await signing_keys.load_keys(server.database, server.server_keys, NOW)}
    await operator.open("/admin/keys")
    await operator.submit("/admin/keys/rotate", algorithm="ES256", when="")
    shown = (await operator.open("/admin/keys")).text
    assert shown.count('<svg class="life"') == 3
    assert ("Published" in shown, "Signs" in shown) == (True, True)
    await operator.submit("/admin/keys/rotate", algorithm="", when="now")
    after = {key.kid for key in await signing_keys.load_keys(server.database, server.server_keys, NOW)}
    assert (len(after), after & before) == (2, set())
    assert [act for act, *_ in await _acts(world, "signing_key")] == ["signing_key.rotated"] * 3


def test_a_timeline_shows_each_part_of_a_life() -> None:
    """A key is pending until it signs, active until it retires, and shown until it is removed."""
    private = generate("ES256")
    old = SigningKey("old", "ES256", 0, 0, 50 * _DAY, 100 * _DAY, private)
    new = SigningKey("new", "ES256", 40 * _DAY, 50 * _DAY, None, None, private)
    timeline = timeline_of([old, new], 45 * _DAY)
    assert (timeline.begins_at, timeline.ends_at, timeline.today) == (0, 100 * _DAY, 450)
    assert [(bar.key.kid, bar.state) for bar in timeline.bars] == [("new", "pending"), ("old", "active")]
    assert timeline.bars[0].parts == [Part("pending", 400, 100), Part("active", 500, 500)]
    assert timeline.bars[1].parts == [Part("active", 0, 500), Part("retired", 500, 500)]


async def test_overdue_work_is_seen(world: World, desk: Desk, operator: Browser) -> None:
    """The overview names what is due for minutes, and the page of work counts it."""
    assert "Everything works." in (await operator.open("/admin")).text
    async with world.server.database.write() as tx:
        await tx.run(
            Statement(
                "INSERT INTO events (id, organization_id, type, payload, created_at) VALUES ('e', :o, 'x', '{}', :at)"
            ),
            o=desk.organization_id,
            at=NOW - 600,
        )
    overview = (await operator.open("/admin")).text
    assert "1 due, the first for 10 minutes" in overview
    assert "Everything works." not in overview
    assert "Overdue" in (await operator.open("/admin/work")).text
    assert "lighthouse" in (await operator.open("/admin/organizations?query=light")).text
    assert "owner@example.com" in (await operator.open(f"/admin/organizations/{desk.organization_id}")).text
    assert "created the organization" in (await operator.open("/admin/activity?kind=organization")).text
    assert "organization.created" in (await operator.open("/admin/activity/export")).text

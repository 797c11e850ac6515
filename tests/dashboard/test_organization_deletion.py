"""An organization is deleted by an owner: what stands in the way, and that every door closes at the next request."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from tests.resources.subscribing import Shop, at, settings
from tests.resources.test_files import PNG, described, image, uploaded
from tests.world import ISSUER, NOW, App, Browser, World, token_of

from polar_server.accounts import invitations, operators, organizations
from polar_server.accounts.organizations import NewOrganization, NotAllowed, NotAMember, SlugTaken
from polar_server.accounts.roles import Role
from polar_server.accounts.visits import Visit
from polar_server.audit import OPERATOR, Actor
from polar_server.authorization_server.organization_tokens import NewOrganizationToken, issue_token
from polar_server.database import Statement
from polar_server.organization_deletion import SubscriptionsRenew, delete_organization
from polar_server.resource_server.events import record_event
from polar_server.resources.subscriptions.renewals import renew_subscriptions
from polar_server.resources.webhooks.dispatching import dispatch

from .conftest import Desk
from .test_admin import _mailed

__all__ = ["settings"]

DELETE = "settings/delete"
_LEFT = Statement("""
    SELECT (SELECT count(*) FROM memberships WHERE organization_id = :id) AS members,
        (SELECT count(*) FROM grants WHERE organization_id = :id AND revoked_at IS NULL) AS grants,
        (SELECT count(*) FROM consents WHERE organization_id = :id) AS consents,
        (SELECT count(*) FROM organization_tokens WHERE organization_id = :id AND revoked_at IS NULL) AS tokens,
        (SELECT count(*) FROM products WHERE organization_id = :id AND is_archived = FALSE) AS products,
        (SELECT count(*) FROM checkouts WHERE organization_id = :id AND status IN ('open', 'confirmed')) AS checkouts,
        (SELECT count(*) FROM files WHERE organization_id = :id AND deleted_at IS NULL) AS files,
        (SELECT count(*) FROM subscriptions WHERE organization_id = :id AND ended_at IS NULL) AS subscriptions,
        (SELECT count(*) FROM webhook_endpoints WHERE organization_id = :id AND enabled = TRUE) AS endpoints,
        (SELECT count(*) FROM webhook_events WHERE organization_id = :id AND status = 'pending') AS events
""")
_ORDERS = Statement("SELECT count(*) AS kept FROM orders WHERE organization_id = :id")
_REVIVE = Statement("UPDATE subscriptions SET due_at = 1, ended_at = NULL, status = 'active' WHERE id = :id")
_REOPEN = Statement("UPDATE checkouts SET status = 'open' WHERE organization_id = :id AND status = 'expired'")
_SHOW_FILES = Statement("UPDATE files SET deleted_at = NULL WHERE organization_id = :id")
_ENABLE = Statement("UPDATE webhook_endpoints SET enabled = TRUE WHERE organization_id = :id")


@dataclass
class Doors:
    """Addresses and credentials that open something of an organization, and no page of the dashboard."""

    app: App
    refresh_token: str
    access_token: str
    organization_token: str
    checkout: str
    receipt: str
    image: str
    download: str
    invitation: str

    async def statuses(self, world: World) -> dict[str, int]:
        """What each of them is answered."""
        client_api = f"/v1/checkouts/client/{self.checkout.rpartition('/')[2]}"
        asked = {name: getattr(self, name) for name in ("checkout", "receipt", "image", "download", "invitation")}
        answers = {name: await world.http.get(path) for name, path in {**asked, "client_api": client_api}.items()}
        for name in ("access_token", "organization_token"):
            header = {"Authorization": f"Bearer {getattr(self, name)}"}
            answers[name] = await world.http.get("/v1/products/", headers=header)
        answers["refresh_token"] = await self.app.refresh(self.refresh_token)
        return {name: answer.status_code for name, answer in answers.items()}


@pytest.fixture
def shop(world: World, desk: Desk) -> Shop:
    return Shop(world, desk.api)


async def _doors(world: World, desk: Desk, shop: Shop) -> Doors:
    app = await world.app()
    tokens = await world.tokens(app, await world.browser(desk.user_id), desk.organization_id)
    async with world.server.database.write() as tx:
        new = NewOrganizationToken("Nightly export", ("products:read",), 7)
        place = (desk.organization_id, Actor(desk.user_id), NOW * 1000)
        organization_token = (await issue_token(tx, world.server.server_keys, new, *place)).text
    guide = await uploaded(desk.api, described([b"guide"], name="guide.txt"), [b"guide"])
    picture = await uploaded(desk.api, image(), [PNG])
    body = {"type": "downloadables", "description": "Guide", "properties": {"files": [guide["id"]]}}
    benefit = (await desk.api.post("/v1/benefits/", body)).json()["id"]
    free = {"name": "Leaflet", "prices": [{"amount_type": "free"}]}
    product = (await desk.api.post("/v1/products/", free)).json()["id"]
    await desk.api.post(f"/v1/products/{product}/benefits", {"benefits": [benefit]})
    sold, waits = [
        (await desk.api.post("/v1/checkouts/", {"products": [product]})).json()["url"].removeprefix(ISSUER)
        for _ in range(2)
    ]
    buyer = await world.browser()
    await buyer.open(sold)
    await buyer.submit(sold, email="ada@example.com", name="Ada", action="pay")
    bought = (await buyer.open(f"{sold}/confirmation")).text
    links = {part.partition('"')[0].replace("&amp;", "&") for part in bought.split('href="')[1:]}
    receipt = next(link for link in links if "/receipt?" in link).removeprefix(ISSUER)
    download = next(link for link in links if "/benefit-grants/" in link).removeprefix(ISSUER)
    hook = {"url": "https://hooks.example/x", "format": "raw", "events": ["product.created", "product.updated"]}
    assert (await desk.api.post("/v1/webhooks/endpoints", hook)).status_code == 201
    await desk.api.patch(f"/v1/products/{product}", {"name": "Flyer"})
    await dispatch(world.server.database, NOW)
    path = urlsplit(picture["public_url"]).path
    secrets = (tokens["refresh_token"], tokens["access_token"], organization_token)
    return Doors(app, *secrets, waits, receipt, path, download, await _invited(world, desk))


async def _invited(world: World, desk: Desk) -> str:
    new = invitations.NewInvitation(desk.organization_id, "eve@example.com", Role.OWNER, desk.user_id)
    async with world.server.database.write() as tx:
        visit = Visit("203.0.113.5", "test", NOW * 1000)
        token = await invitations.invite(tx, world.server.server_keys, new, visit)
    return f"/invitations?token={token.text}"


async def test_every_door_closes_at_once(world: World, desk: Desk, member_desk: Desk, shop: Shop) -> None:
    """Tokens, links, pages, files and webhooks are dead at the next request; orders stay; owners and operators know."""
    bob = await world.person("bob@example.com")
    await world.join(desk.organization_id, bob, Role.OWNER)
    person = await token_of(world, desk.user_id, desk.organization_id, sub_type="user")
    subscription_id = await shop.subscribe(await shop.product())
    await shop.change(subscription_id, cancel_at_period_end=True)
    doors = await _doors(world, desk, shop)
    opened = await doors.statuses(world)
    assert {name: status for name, status in opened.items() if status not in (200, 307)} == {}

    await desk.open("settings")
    assert f'href="{desk.path(DELETE)}"' in desk.browser.page.text
    assert "Orders and invoices of customers stay on record" in (await desk.open(DELETE)).text
    assert (await desk.post(DELETE, slug="lighthous")).status_code == 422
    assert desk.errors == {"slug": "Type the short name of this organization, so that nothing is deleted by accident."}
    answer = await desk.post(DELETE, slug=" lighthouse ")
    assert answer.headers["location"] == "/dashboard/organizations?done=deleted"
    assert "The organization is deleted." in (await desk.browser.open(answer.headers["location"])).text

    assert await doors.statuses(world) == {
        "checkout": 404,
        "client_api": 404,
        "receipt": 403,
        "image": 404,
        "download": 404,
        "invitation": 410,
        "access_token": 401,
        "organization_token": 401,
        "refresh_token": 400,
    }
    for browser in (desk.browser, member_desk.browser):
        assert (await browser.open(desk.path())).status_code == 404
    assert (await person.get("/v1/organizations/")).json()["items"] == []
    assert (await person.get(f"/v1/organizations/{desk.organization_id}")).status_code == 404
    async with world.server.database.read() as tx:
        assert set(await tx.one(_LEFT, id=desk.organization_id)) == {0}
        assert (await tx.one(_ORDERS, id=desk.organization_id))["kept"] >= 2
    with pytest.raises(SlugTaken):
        async with world.server.database.write() as tx:
            await organizations.create_organization(tx, NewOrganization("lighthouse", "New"), bob, NOW)

    assert [await _mailed(world, to) for to in ("owner@example.com", "member@example.com")] == [[], []]
    [told] = await _mailed(world, "bob@example.com")
    assert "the owner owner@example.com deleted the organization Lighthouse" in told
    await _operators_see_it(world, desk, bob)
    await desk.browser.open("/account/delete")
    answer = await desk.browser.submit("/account/delete", email="owner@example.com")
    assert answer.headers["location"] == "/sign-in?done=account_deleted"

    # Also if something had been left open, as by whoever was selling at the same moment.
    async with world.server.database.write() as tx:
        await tx.run(_REVIVE, id=subscription_id)
        for statement in (_REOPEN, _SHOW_FILES, _ENABLE):
            await tx.run(statement, id=desk.organization_id)
        await record_event(tx, desk.organization_id, "product.updated", {}, NOW)
        assert not await organizations.add_member(tx, desk.organization_id, bob, Role.OWNER, NOW)
    left = await doors.statuses(world)
    assert {name: status for name, status in left.items() if status < 400} == {}
    assert await renew_subscriptions(world.server, at("2030-01-01T00:00:00Z")) == 0
    await dispatch(world.server.database, NOW)
    async with world.server.database.read() as tx:
        assert (await tx.one(_LEFT, id=desk.organization_id))["events"] == 0


async def _operators_see_it(world: World, desk: Desk, user_id: str) -> None:
    """As deleted, in the list and on its page, and in the log with who did it."""
    async with world.server.database.write() as tx:
        await operators.make_operator(tx, user_id, NOW)
    operator: Browser = await world.browser(user_id)
    assert "Deleted</span>" in (await operator.open("/admin/organizations")).text
    page = (await operator.open(f"/admin/organizations/{desk.organization_id}")).text
    assert ("Deleted</span>" in page, "<h2" in page, 'id="members"' in page) == (True, True, False)
    assert "deleted the organization" in (await operator.open("/admin/activity")).text
    assert "deleted the organization" in (await desk.browser.open("/account/activity")).text


async def test_what_renews_stands_in_the_way(world: World, desk: Desk, member_desk: Desk, shop: Shop) -> None:
    """It is named with a way to it; nothing happens before it is canceled, nor without a sign-in of a moment ago."""
    subscription_id = await shop.subscribe(await shop.product())
    assert f'href="{desk.path(DELETE)}"' in (await desk.browser.open("/account/delete")).text
    page = await desk.open(DELETE)
    assert "1 subscription still renews" in page.text
    assert f'href="{desk.path("subscriptions")}?status=renewing"' in page.text
    assert f'action="{desk.path(DELETE)}"' not in page.text
    with pytest.raises(SubscriptionsRenew):
        async with world.server.database.write() as tx:
            await delete_organization(tx, desk.organization_id, Actor(desk.user_id), NOW)
    assert (await desk.api.get("/v1/products/")).status_code == 200
    await shop.change(subscription_id, cancel_at_period_end=True)
    await desk.open(DELETE)
    await shop.change(subscription_id, cancel_at_period_end=False)
    answer = await desk.browser.submit(desk.path(DELETE), slug="lighthouse")
    assert (answer.status_code, "1 subscription still renews" in answer.text) == (409, True)
    assert (await desk.api.get("/v1/products/")).status_code == 200
    await shop.change(subscription_id, cancel_at_period_end=True)

    await desk.open(DELETE)
    for role, status in ((Role.MEMBER, 403), (Role.ADMIN, 403), (Role.OWNER, 200)):
        async with world.server.database.write() as tx:
            place = (desk.organization_id, member_desk.user_id)
            await organizations.change_role(tx, *place, role, OPERATOR, NOW)
        assert (await member_desk.open(DELETE)).status_code == status
        assert (desk.path(DELETE) in (await member_desk.open("settings")).text) == (status == 200)
    world.clock.now += 601
    answer = await desk.browser.submit(desk.path(DELETE), slug="lighthouse")
    assert answer.headers["location"].startswith("/confirm?return_to=%2Fdashboard%2Flighthouse%2Fsettings%2Fdelete")
    assert (await desk.open(DELETE)).headers["location"].startswith("/confirm?")


async def test_two_who_act_at_the_same_moment(world: World, desk: Desk) -> None:
    """Of two owners one deletes it, whoever is paying has paid or finds it closed, and nobody is taken in."""
    bob, eve, admin = [await world.person(f"{name}@example.com") for name in ("bob", "eve", "admin")]
    await world.join(desk.organization_id, bob, Role.OWNER)
    await world.join(desk.organization_id, admin, Role.ADMIN)
    free = {"name": "Leaflet", "prices": [{"amount_type": "free"}]}
    product = (await desk.api.post("/v1/products/", free)).json()["id"]
    buyers = [await world.browser() for _ in range(3)]
    for buyer in buyers:
        made = await desk.api.post("/v1/checkouts/", {"products": [product]})
        await buyer.open(made.json()["url"].removeprefix(ISSUER))

    async def delete(user_id: str) -> str:
        try:
            async with world.server.database.write() as tx:
                return (await delete_organization(tx, desk.organization_id, Actor(user_id), NOW)).slug
        except (NotAMember, NotAllowed) as refused:
            return type(refused).__name__

    async def buy(buyer: Browser) -> int:
        typed = {"email": "ada@example.com", "name": "Ada", "action": "pay"}
        return (await buyer.submit("/checkout/", **typed)).status_code

    assert [await delete(each) for each in (admin, eve)] == ["NotAllowed", "NotAllowed"]
    done = await asyncio.gather(
        *(buy(buyer) for buyer in buyers),
        *(delete(each) for each in (bob, desk.user_id, bob)),
        world.join(desk.organization_id, eve, Role.OWNER),
    )
    assert sorted(str(each) for each in done[3:]) == ["None", "NotAMember", "NotAMember", "lighthouse"]
    assert set(done[:3]) <= {303, 404, 410}
    async with world.server.database.read() as tx:
        left = await tx.one(_LEFT, id=desk.organization_id)
        assert (left["members"], left["checkouts"]) == (0, 0)
    assert await organizations.find_organization(world.server.database, desk.slug) is None

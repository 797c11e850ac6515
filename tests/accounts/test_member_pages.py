"""Roles changed, members removed, and the owner that always remains."""

import asyncio

import pytest
from tests.accounts.conftest import NOW, Browser, World

from polar_server.accounts import organizations
from polar_server.accounts.organizations import NewOrganization
from polar_server.accounts.people import Person
from polar_server.accounts.roles import Role
from polar_server.audit import OPERATOR

OWNER, ADMIN, MEMBER = Role.OWNER, Role.ADMIN, Role.MEMBER
ROLE, REMOVE = "/dashboard/acme/members/role", "/dashboard/acme/members/remove"


class Acme:
    """An organization with an owner, in which others get the roles that a test wants."""

    def __init__(self, world: World, organization_id: str, owner: Person) -> None:
        self.world, self.id, self.owner = world, organization_id, owner

    async def add(self, person: Person, role: Role) -> Person:
        async with self.world.database.write() as transaction:
            await organizations.add_member(transaction, self.id, person.id, role, NOW)
        return person

    async def joined(self, email: str, role: Role) -> tuple[Browser, Person]:
        browser, person = await self.world.signed_in(email)
        await self.add(person, role)
        return browser, person

    async def roles(self) -> dict[str, Role]:
        members = await organizations.list_members(self.world.database, self.id)
        return {member.email: member.role for member in members}

    async def post(self, browser: Browser, action: str, **typed: str) -> int:
        form = {"csrf": self.world.csrf(browser, action), **typed}
        browser.page = await browser.post(action, form)
        return browser.page.status_code


@pytest.fixture
async def acme(world: World) -> Acme:
    owner = await world.person("owner@example.com")
    async with world.database.write() as transaction:
        organization = await organizations.create_organization(
            transaction, NewOrganization("acme", "Acme"), owner.id, NOW
        )
    return Acme(world, organization.id, owner)


REACH = {OWNER: {OWNER, ADMIN, MEMBER}, ADMIN: {ADMIN, MEMBER}, MEMBER: set()}


@pytest.mark.parametrize("actor", Role)
@pytest.mark.parametrize("current", Role)
@pytest.mark.parametrize("new", Role)
async def test_who_changes_which_role(acme: Acme, world: World, actor: Role, current: Role, new: Role) -> None:
    """The whole matrix: owners reach every role, admins all but owner, members none; a refusal changes nothing."""
    browser, _ = await acme.joined("actor@example.com", actor)
    other = await acme.add(await world.person("other@example.com"), current)
    allowed = {current, new} <= REACH[actor]
    assert await acme.post(browser, ROLE, user_id=other.id, role=new) == (303 if allowed else 403)
    assert (await acme.roles())["other@example.com"] == (new if allowed else current)


@pytest.mark.parametrize("actor", Role)
@pytest.mark.parametrize("current", Role)
async def test_who_removes_whom(acme: Acme, world: World, actor: Role, current: Role) -> None:
    """The whole matrix, like that of roles."""
    browser, _ = await acme.joined("actor@example.com", actor)
    other = await acme.add(await world.person("other@example.com"), current)
    allowed = current in REACH[actor]
    assert await acme.post(browser, REMOVE, user_id=other.id) == (303 if allowed else 403)
    assert ("other@example.com" in await acme.roles()) != allowed


@pytest.mark.parametrize("role", Role)
async def test_everybody_may_leave(acme: Acme, role: Role) -> None:
    """And has no page of the organization any more, from the next request on."""
    browser, person = await acme.joined("ada@example.com", role)
    assert await acme.post(browser, REMOVE, user_id=person.id) == 303
    assert browser.page.headers["location"] == "/dashboard/organizations?done=left"
    assert (await browser.open("/dashboard/acme/members")).status_code == 404


async def test_the_last_owner_stays_an_owner(acme: Acme, world: World) -> None:
    """Neither demoted nor removed nor gone, and the page says what to do first; with a second owner all of it works."""
    browser = world.browser()
    await browser.sign_in("owner@example.com")
    await acme.add(await world.person("admin@example.com"), ADMIN)
    assert await acme.post(browser, ROLE, user_id=acme.owner.id, role="member") == 409
    assert "Make somebody else an owner first" in browser.page.text
    assert await acme.post(browser, REMOVE, user_id=acme.owner.id) == 409
    assert (await acme.roles())["owner@example.com"] == OWNER
    await acme.add(await world.person("second@example.com"), OWNER)
    assert await acme.post(browser, ROLE, user_id=acme.owner.id, role="member") == 303


async def test_a_disabled_owner_is_no_owner_that_remains(acme: Acme, world: World) -> None:
    """Somebody who can sign in must own the organization."""
    from polar_server.accounts import people

    second = await acme.add(await world.person("second@example.com"), OWNER)
    async with world.database.write() as transaction:
        await people.disable_user(transaction, second.id, NOW, ())
    browser = world.browser()
    await browser.sign_in("owner@example.com")
    assert await acme.post(browser, REMOVE, user_id=acme.owner.id) == 409


async def test_two_owners_who_leave_at_once_do_not_both(acme: Acme, world: World) -> None:
    """Ten rounds: of two parallel departures one is refused."""
    first = world.browser()
    await first.sign_in("owner@example.com")
    second, person = await acme.joined("second@example.com", OWNER)
    for _ in range(10):
        codes = await asyncio.gather(
            acme.post(first, REMOVE, user_id=acme.owner.id), acme.post(second, REMOVE, user_id=person.id)
        )
        assert sorted(codes) == [303, 409]
        for owner in (acme.owner, person):
            await acme.add(owner, OWNER)


async def test_two_owners_who_demote_each_other_do_not_both(acme: Acme, world: World) -> None:
    """Ten rounds: one stays an owner; the other's right had gone when it came to their turn."""
    first = world.browser()
    await first.sign_in("owner@example.com")
    second, person = await acme.joined("second@example.com", OWNER)
    for _ in range(10):
        codes = await asyncio.gather(
            acme.post(first, ROLE, user_id=person.id, role="member"),
            acme.post(second, ROLE, user_id=acme.owner.id, role="member"),
        )
        assert sorted(codes) == [303, 403]
        async with world.database.write() as transaction:
            for owner in (acme.owner, person):
                await organizations.change_role(transaction, acme.id, owner.id, OWNER, OPERATOR, NOW)


@pytest.mark.parametrize("user_id", ["", "x", "5b0c1f0e-8a8e-4f6c-9a55-1f3d2c4b5a69"])
async def test_who_is_no_member_cannot_be_changed(acme: Acme, world: World, user_id: str) -> None:
    """Unknown people are answered with the page and 404."""
    browser = world.browser()
    await browser.sign_in("owner@example.com")
    assert await acme.post(browser, ROLE, user_id=user_id, role="admin") == 404
    assert await acme.post(browser, REMOVE, user_id=user_id) == 404
    assert "not a member any more" in browser.page.text


@pytest.mark.parametrize("role", ["", "root", "Owner"])
async def test_an_unknown_role_is_named(acme: Acme, world: World, role: str) -> None:
    """Nothing changes."""
    browser = world.browser()
    await browser.sign_in("owner@example.com")
    other = await acme.add(await world.person("other@example.com"), MEMBER)
    assert await acme.post(browser, ROLE, user_id=other.id, role=role) == 400
    assert (await acme.roles())["other@example.com"] == MEMBER


async def test_the_page_offers_the_forms_that_work(acme: Acme, world: World) -> None:
    """A role chosen on the page and a member removed by its button."""
    browser = world.browser()
    await browser.sign_in("owner@example.com")
    other = await acme.add(await world.person("other@example.com"), MEMBER)
    await browser.open("/dashboard/acme/members")
    [form] = [form for form in browser.forms(ROLE) if form["user_id"] == other.id]
    assert (await browser.post(ROLE, {**form, "role": "admin"})).headers["location"].endswith("?done=role_changed")
    await browser.open("/dashboard/acme/members")
    [form] = [form for form in browser.forms(REMOVE) if form["user_id"] == other.id]
    assert (await browser.post(REMOVE, form)).headers["location"].endswith("?done=removed")
    assert await acme.roles() == {"owner@example.com": OWNER}

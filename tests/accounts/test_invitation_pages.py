"""Invitations: sent, taken back, accepted by the invited address alone."""

import asyncio

import pytest
from tests.accounts.conftest import NOW, PASSWORD, Browser, World

from polar_server.accounts import invitations, organizations, people
from polar_server.accounts.organizations import NewOrganization, Organization
from polar_server.accounts.roles import Role
from polar_server.audit import OPERATOR

INVITE = "/dashboard/acme/invitations"


@pytest.fixture
async def owner(world: World) -> Browser:
    """The browser of the owner of Acme."""
    browser, person = await world.signed_in("owner@example.com", name="Olga")
    async with world.database.write() as transaction:
        await organizations.create_organization(transaction, NewOrganization("acme", "Acme"), person.id, NOW)
    return browser


async def _acme(world: World) -> Organization:
    organization = await organizations.find_organization(world.database, "acme")
    assert organization
    return organization


async def _roles(world: World) -> dict[str, Role]:
    acme = await _acme(world)
    return {member.email: member.role for member in await organizations.list_members(world.database, acme.id)}


async def _invite(owner: Browser, email: str = "ada@example.com", role: str = "member") -> int:
    return (await owner.visit("/dashboard/acme/members", INVITE, email=email, role=role)).status_code


async def test_the_invited_person_joins(world: World, owner: Browser) -> None:
    """The mail names who invites to what; one click on its page makes the person a member, once."""
    assert await _invite(owner, "Ada@Example.com", "admin") == 303
    message = world.outbox.messages[-1]
    assert (message.to, message.subject) == ("ada@example.com", "Olga invites you to Acme")
    ada, _ = await world.signed_in("ada@example.com")
    link = world.outbox.link("ada@example.com")
    assert "Acme" in (await ada.open(link)).text
    answer = await ada.submit("/invitations")
    assert answer.headers["location"] == "/dashboard/acme/members?done=joined"
    assert (await _roles(world))["ada@example.com"] == Role.ADMIN
    assert (await ada.open(link)).status_code == 410


async def test_an_invitation_works_once_under_parallel_uses(world: World, owner: Browser) -> None:
    """Twenty posts: one acceptance, nineteen expired links."""
    await _invite(owner)
    ada, _ = await world.signed_in("ada@example.com")
    await ada.open(world.outbox.link("ada@example.com"))
    form = ada.form("/invitations")
    answers = await asyncio.gather(*(ada.post("/invitations", form) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 19


async def test_a_new_person_signs_up_on_the_way(world: World, owner: Browser) -> None:
    """Without a session the page leads to sign-up and comes back to the invitation."""
    await _invite(owner)
    browser = world.browser()
    link = world.outbox.link("ada@example.com")
    page = await browser.open(link)
    assert browser.forms("/invitations") == []
    way = page.text.split('href="/sign-up')[1].split('"')[0].replace("&amp;", "&")
    await browser.visit(f"/sign-up{way}", email="ada@example.com")
    await browser.open(world.outbox.link("ada@example.com"))
    answer = await browser.submit("/sign-up/finish", name="Ada", password=PASSWORD)
    assert answer.headers["location"] == link
    await browser.open(link)
    assert (await browser.submit("/invitations")).status_code == 303


async def test_nobody_else_can_accept(world: World, owner: Browser) -> None:
    """Another address sees whom it is for, gets no button, and is refused when posting all the same."""
    await _invite(owner)
    eve, _ = await world.signed_in("eve@example.com")
    link = world.outbox.link("ada@example.com")
    assert "You are signed in as" in (await eve.open(link)).text
    assert eve.forms("/invitations") == []
    form = {"csrf": world.csrf(eve, "/invitations"), "token": link.partition("token=")[2]}
    assert (await eve.post("/invitations", form)).status_code == 403
    assert "eve@example.com" not in await _roles(world)


async def test_an_unverified_address_cannot_accept(world: World, owner: Browser) -> None:
    """Who has not shown that the mailbox is theirs is asked to do so first; then it works."""
    await _invite(owner)
    ada, person = await world.signed_in("ada@example.com", verified=False)
    link = world.outbox.link("ada@example.com")
    assert "First confirm your email address" in (await ada.open(link)).text
    form = {"csrf": world.csrf(ada, "/invitations"), "token": link.partition("token=")[2]}
    assert (await ada.post("/invitations", form)).status_code == 403
    async with world.database.write() as transaction:
        await people.verify_email(transaction, person.id, person.email, NOW)
    assert (await ada.post("/invitations", form)).status_code == 303


async def test_accepting_needs_a_session(world: World, owner: Browser) -> None:
    """A post without one leads to the sign-in page."""
    answer = await world.browser().post("/invitations", {"token": "x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


async def test_an_invitation_lasts_seven_days(world: World, owner: Browser) -> None:
    """Not a second longer; it is gone from the list as well."""
    await _invite(owner)
    link = world.outbox.link("ada@example.com")
    world.clock.now = NOW + 7 * 86_400 - 1
    assert (await world.browser().open(link)).status_code == 200
    world.clock.now = NOW + 7 * 86_400
    assert (await world.browser().open(link)).status_code == 410
    acme = await _acme(world)
    assert await invitations.list_invitations(world.database, acme.id, int(world.clock.now)) == []


async def test_an_invitation_can_be_taken_back(world: World, owner: Browser) -> None:
    """Its link stops working; taking it back twice is fine."""
    await _invite(owner)
    await owner.open("/dashboard/acme/members")
    form = owner.form(f"{INVITE}/revoke")
    for _ in range(2):
        answer = await owner.post(f"{INVITE}/revoke", form)
        assert answer.headers["location"] == "/dashboard/acme/members?done=revoked"
    assert (await world.browser().open(world.outbox.link("ada@example.com"))).status_code == 410


async def test_a_second_invitation_replaces_the_first(world: World, owner: Browser) -> None:
    """One address has one open invitation to an organization: the newest."""
    await _invite(owner, role="admin")
    first = world.outbox.link("ada@example.com")
    await _invite(owner, role="member")
    assert (await world.browser().open(first)).status_code == 410
    assert (await world.browser().open(world.outbox.link("ada@example.com"))).status_code == 200


@pytest.mark.parametrize("actor", Role)
@pytest.mark.parametrize("role", Role)
async def test_who_invites_as_what(world: World, owner: Browser, actor: Role, role: Role) -> None:
    """Owners invite every role and take it back, admins all but owner, members none."""
    browser, person = await world.signed_in("actor@example.com")
    acme = await _acme(world)
    async with world.database.write() as transaction:
        await organizations.add_member(transaction, acme.id, person.id, actor, NOW)
    allowed = actor is Role.OWNER or (actor is Role.ADMIN and role is not Role.OWNER)
    form = {"csrf": world.csrf(browser, INVITE), "email": "ada@example.com", "role": role}
    assert (await browser.post(INVITE, form)).status_code == (303 if allowed else 403)
    assert len(world.outbox.messages) == allowed
    await _invite(owner, "bob@example.com", role)
    [pending] = [
        item for item in await invitations.list_invitations(world.database, acme.id, NOW) if item.email[0] == "b"
    ]
    form = {"csrf": world.csrf(browser, f"{INVITE}/revoke"), "invitation_id": pending.id}
    assert (await browser.post(f"{INVITE}/revoke", form)).status_code == (303 if allowed else 403)


@pytest.mark.parametrize("demoted", [True, False])
async def test_who_loses_the_right_loses_the_invitations_sent(world: World, owner: Browser, demoted: bool) -> None:
    """A removed or demoted manager cannot come back, or let others in, by an earlier invitation."""
    browser, person = await world.signed_in("admin@example.com")
    acme = await _acme(world)
    async with world.database.write() as transaction:
        await organizations.add_member(transaction, acme.id, person.id, Role.ADMIN, NOW)
    await _invite(browser)
    async with world.database.write() as transaction:
        if demoted:
            await organizations.change_role(transaction, acme.id, person.id, Role.MEMBER, OPERATOR, NOW)
        else:
            await organizations.remove_member(transaction, acme.id, person.id, OPERATOR, NOW)
    assert (await world.browser().open(world.outbox.link("ada@example.com"))).status_code == 410


async def test_a_disabled_inviter_lets_nobody_in(world: World, owner: Browser) -> None:
    """The invitations of a disabled person open nothing."""
    await _invite(owner)
    inviter = await people.find_user_by_email(world.database, "owner@example.com")
    assert inviter
    async with world.database.write() as transaction:
        await people.disable_user(transaction, inviter.id, NOW, ())
    assert (await world.browser().open(world.outbox.link("ada@example.com"))).status_code == 410


@pytest.mark.parametrize(
    "typed,field", [({"email": "ada", "role": "member"}, "email"), ({"email": "", "role": "member"}, "email")]
)
async def test_a_bad_field_is_named(world: World, owner: Browser, typed: dict[str, str], field: str) -> None:
    """The page names the field, keeps what was typed, and mails nothing."""
    answer = await owner.visit("/dashboard/acme/members", INVITE, **typed)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert f'value="{typed["email"]}"' in answer.text
    assert world.outbox.messages == []


async def test_an_unknown_role_invites_nobody(world: World, owner: Browser) -> None:
    """Only the three roles exist."""
    assert await _invite(owner, role="root") == 400
    assert world.outbox.messages == []


async def test_a_member_needs_no_invitation(world: World, owner: Browser) -> None:
    """The page says so, and nothing is mailed."""
    assert await _invite(owner, "owner@example.com") == 409
    assert "a member already" in owner.page.text
    assert world.outbox.messages == []


async def test_a_member_keeps_their_role(world: World, owner: Browser) -> None:
    """Who became a member otherwise after being invited accepts without a change."""
    await _invite(owner, role="member")
    ada, person = await world.signed_in("ada@example.com")
    acme = await _acme(world)
    async with world.database.write() as transaction:
        await organizations.add_member(transaction, acme.id, person.id, Role.OWNER, NOW)
    await ada.open(world.outbox.link("ada@example.com"))
    assert (await ada.submit("/invitations")).status_code == 303
    assert (await _roles(world))["ada@example.com"] == Role.OWNER


async def test_mail_and_open_invitations_are_limited(
    world: World, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five mails an hour to one mailbox, and so many open invitations of an organization."""
    assert [await _invite(owner) for _ in range(6)] == [303] * 5 + [429]
    monkeypatch.setattr(invitations, "MOST_PENDING", 2)
    assert await _invite(owner, "bob@example.com") == 303
    assert await _invite(owner, "eve@example.com") == 409


async def test_a_link_to_sign_up_is_no_invitation(world: World, owner: Browser) -> None:
    """Both have the same kind of token; each is found in its own table only."""
    await _invite(owner)
    invitation = world.outbox.link("ada@example.com").partition("?")[2]
    await world.browser().visit("/sign-up", email="bob@example.com")
    sign_up = world.outbox.link("bob@example.com").partition("?")[2]
    assert (await world.browser().open(f"/invitations?{sign_up}")).status_code == 410
    assert (await world.browser().open(f"/sign-up/finish?{invitation}")).status_code == 410

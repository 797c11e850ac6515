"""Organizations: listed, created and shown to their members."""

import asyncio

import pytest
from tests.accounts.conftest import NOW, World

from polar_server.accounts import organizations
from polar_server.accounts.organizations import NewOrganization, Organization
from polar_server.accounts.roles import Role


async def _organization(world: World, owner_id: str, slug: str = "acme") -> Organization:
    async with world.database.write() as transaction:
        return await organizations.create_organization(transaction, NewOrganization(slug, "Acme"), owner_id, NOW)


@pytest.mark.parametrize("is_test", [True, False])
async def test_an_organization_is_created_and_owned(world: World, is_test: bool) -> None:
    """Its creator owns it, and it says whether it is a test organization."""
    browser, person = await world.signed_in("ada@example.com")
    typed = {"name": "Acme Coffee", "slug": "acme-coffee"} | ({"is_test": "true"} if is_test else {})
    answer = await browser.visit("/dashboard/organizations", **typed)
    assert answer.headers["location"] == "/dashboard/acme-coffee?done=created"
    page = await browser.open("/dashboard/acme-coffee/members")
    assert "Acme Coffee" in page.text
    assert ("Test organization" in page.text) == is_test
    [membership] = await organizations.list_memberships(world.database, person.id)
    assert (membership.slug, membership.role, membership.is_test) == ("acme-coffee", Role.OWNER, is_test)
    assert "/dashboard/acme-coffee" in (await browser.open("/dashboard/organizations")).text


@pytest.mark.parametrize(
    "typed,field",
    [
        ({"name": "", "slug": "acme-two"}, "name"),
        ({"name": "Acme", "slug": ""}, "slug"),
        ({"name": "Acme", "slug": "Ac"}, "slug"),
        ({"name": "Acme", "slug": "oauth2"}, "slug"),
        ({"name": "Acme", "slug": "taken"}, "slug"),
    ],
)
async def test_a_bad_field_is_named(world: World, typed: dict[str, str], field: str) -> None:
    """The page names the field, keeps what was typed, and nothing is created."""
    browser, person = await world.signed_in("ada@example.com")
    other = await world.person("bob@example.com")
    await _organization(world, other.id, "taken")
    answer = await browser.visit("/dashboard/organizations", **typed, is_test="true")
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert all(f'value="{value}"' in answer.text for value in typed.values())
    assert 'value="true" checked' in answer.text
    assert await organizations.list_memberships(world.database, person.id) == []


async def test_a_slug_is_given_once_under_parallel_tries(world: World) -> None:
    """Ten forms for one slug: one organization."""
    browser, person = await world.signed_in("ada@example.com")
    await browser.open("/dashboard/organizations")
    form = {**browser.form("/dashboard/organizations"), "name": "Acme", "slug": "acme"}
    answers = await asyncio.gather(*(browser.post("/dashboard/organizations", form) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 9
    assert len(await organizations.list_memberships(world.database, person.id)) == 1


async def test_a_strangers_organization_looks_like_a_missing_one(world: World) -> None:
    """Both are 404 with the same page, for reading and for every form."""
    owner = await world.person("bob@example.com")
    await _organization(world, owner.id)
    browser, _ = await world.signed_in("ada@example.com")
    slugs = ("acme", "missing", "%00", "a" * 99, "Acme")
    pages = [await browser.open(f"/dashboard/{slug}/members") for slug in slugs]
    assert {page.status_code for page in pages} == {404}
    assert len({page.text for page in pages}) == 1


async def test_who_is_signed_out_is_led_to_sign_in(world: World) -> None:
    """And comes back to the organization."""
    answer = await world.browser().open("/dashboard/acme/members")
    assert answer.headers["location"] == "/sign-in?return_to=%2Fdashboard%2Facme%2Fmembers"


async def test_a_member_sees_people_but_no_forms_of_managers(world: World) -> None:
    """And is refused when posting them all the same."""
    owner = await world.person("bob@example.com", name="Bob")
    organization = await _organization(world, owner.id)
    browser, member = await world.signed_in("ada@example.com")
    async with world.database.write() as transaction:
        await organizations.add_member(transaction, organization.id, member.id, Role.MEMBER, NOW)
    page = await browser.open("/dashboard/acme/members")
    assert "bob@example.com" in page.text
    assert browser.forms("/dashboard/acme/invitations") == []
    token = world.csrf(browser, "/dashboard/acme/invitations")
    typed = {"csrf": token, "email": "eve@example.com", "role": "member"}
    assert (await browser.post("/dashboard/acme/invitations", typed)).status_code == 403

"""People and organizations as the command line and the pages make and list them."""

import asyncio

import pytest
from tests.accounts.conftest import NOW

from polar_server.accounts import organizations, people
from polar_server.accounts.organizations import NewOrganization, SlugTaken
from polar_server.accounts.people import EmailTaken, NewPerson, Person
from polar_server.accounts.roles import Role
from polar_server.database import Database


async def _made(database: Database, email: str, now: int = NOW) -> Person:
    async with database.write() as transaction:
        return await people.create_user(transaction, NewPerson(email, "Ada", "hash", verified=True, operator=True), now)


async def test_a_person_is_found_as_they_were_made(database: Database) -> None:
    """By id and by email, with everything that was given."""
    person = await _made(database, "ada@example.com")
    assert await people.find_user(database, person.id) == person
    assert await people.find_user_by_email(database, "ada@example.com") == person
    assert await people.find_user_by_email(database, "bob@example.com") is None
    assert (person.operator, person.email_verified_at, person.user.email_verified) == (True, NOW, True)


async def test_an_email_belongs_to_one_person(database: Database) -> None:
    """Of ten made at once with one address, one is made."""
    results = await asyncio.gather(*(_made(database, "ada@example.com") for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(result, EmailTaken) for result in results) == 9
    assert sum(isinstance(result, Person) for result in results) == 1


async def test_people_are_listed_page_by_page(database: Database) -> None:
    """In the order they came, also those of the same second, each once."""
    made = [await _made(database, f"p{n}@example.com", NOW + n // 3) for n in range(7)]
    listed: list[Person] = []
    while page := await people.list_users(database, 2, listed[-1] if listed else None):
        listed += page
    assert len(listed) == 7
    assert {person.id for person in listed} == {person.id for person in made}
    assert [person.created_at for person in listed] == sorted(person.created_at for person in made)


async def test_disabling_and_enabling_tell_whether_they_did_something(database: Database) -> None:
    """The second time there is nothing to do."""
    person = await _made(database, "ada@example.com")
    async with database.write() as transaction:
        assert await people.disable_user(transaction, person.id, NOW, ())
        assert not await people.disable_user(transaction, person.id, NOW, ())
        assert await people.enable_user(transaction, person.id, NOW)
        assert not await people.enable_user(transaction, person.id, NOW)
        assert not await people.disable_user(transaction, "nobody", NOW, ())


async def test_a_verified_address_is_that_of_the_link(database: Database) -> None:
    """A link mailed to an earlier address verifies nothing."""
    async with database.write() as transaction:
        person = await people.create_user(transaction, NewPerson("ada@example.com", "Ada", None), NOW)
        await people.verify_email(transaction, person.id, "old@example.com", NOW)
    found = await people.find_user(database, person.id)
    assert found
    assert found.email_verified_at is None


async def test_organizations_are_found_and_listed(database: Database) -> None:
    """By slug, and page by page in the order they came."""
    person = await _made(database, "ada@example.com")
    made = []
    for n in range(5):
        async with database.write() as transaction:
            new = NewOrganization(f"acme-{n}", "Acme", is_test=n == 0, avatar_url="https://img.example/a.png")
            made.append(await organizations.create_organization(transaction, new, person.id, NOW + n))
    assert await organizations.find_organization(database, "acme-0") == made[0]
    assert await organizations.find_organization(database, "missing") is None
    first = await organizations.list_organizations(database, 3)
    assert first + await organizations.list_organizations(database, 3, first[-1]) == made
    memberships = await organizations.list_memberships(database, person.id)
    assert [membership.slug for membership in memberships] == ["acme-1", "acme-2", "acme-3", "acme-4", "acme-0"]


async def test_a_taken_slug_leaves_nothing_behind(database: Database) -> None:
    """The second organization is refused whole, and its founder is no member of the first."""
    ada, bob = await _made(database, "ada@example.com"), await _made(database, "bob@example.com")
    async with database.write() as transaction:
        await organizations.create_organization(transaction, NewOrganization("acme", "Acme"), ada.id, NOW)
    with pytest.raises(SlugTaken):
        async with database.write() as transaction:
            await organizations.create_organization(transaction, NewOrganization("acme", "Acme"), bob.id, NOW)
    assert await organizations.list_memberships(database, bob.id) == []


async def test_a_member_is_added_once(database: Database) -> None:
    """Adding again changes no role."""
    ada, bob = await _made(database, "ada@example.com"), await _made(database, "bob@example.com")
    async with database.write() as transaction:
        acme = await organizations.create_organization(transaction, NewOrganization("acme", "Acme"), ada.id, NOW)
        assert await organizations.add_member(transaction, acme.id, bob.id, Role.ADMIN, NOW)
        assert not await organizations.add_member(transaction, acme.id, bob.id, Role.OWNER, NOW)
    membership = await organizations.find_membership(database, bob.id, "acme")
    assert membership
    assert membership.role is Role.ADMIN

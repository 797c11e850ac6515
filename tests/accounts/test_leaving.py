"""Taking everything away, and going."""

import json

from tests.accounts.authenticators import Authenticator, options_of
from tests.accounts.conftest import PASSWORD, Browser, World

from polar_server.accounts import organizations, people
from polar_server.accounts.organizations import NewOrganization
from polar_server.accounts.people import Person
from polar_server.accounts.roles import Role

DELETE = "/account/delete"


async def _organization(world: World, slug: str, *owners: Person) -> str:
    async with world.database.write() as transaction:
        made = await organizations.create_organization(transaction, NewOrganization(slug, slug), owners[0].id, 1)
        for owner in owners[1:]:
            await organizations.add_member(transaction, made.id, owner.id, Role.OWNER, 1)
    return made.id


async def _passkey(browser: Browser) -> None:
    page = await browser.open("/account/passkeys/new")
    credential = Authenticator().create(options_of(page.text, "create"))
    await browser.submit("/account/passkeys", name="My telephone", credential=credential)


async def test_everything_about_a_person_is_in_one_file_and_nobody_else(world: World) -> None:
    """Without a secret or a digest, with what other parts of the server keep, and nothing of other people."""
    await world.signed_in("eve@example.com")
    browser, person = await world.signed_in("ada@example.com")
    await _organization(world, "lighthouse", person)
    await browser.visit(
        "/dashboard/lighthouse/members", "/dashboard/lighthouse/invitations", email="x@y.z", role="member"
    )
    await _passkey(browser)
    await browser.visit("/account/email", email="ada@new.example.com")
    answer = await browser.visit("/account/data", "/account/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="polar-account.json"'
    assert answer.headers["cache-control"] == "no-store"
    kept = json.loads(answer.text)
    assert kept["profile"]["email"] == "ada@example.com"
    assert kept["profile"]["email_verified_at"] == "2027-01-15T08:00:00Z"
    assert [one["address"] for one in kept["sessions"]] == ["203.0.113.5"]
    assert [one["name"] for one in kept["passkeys"]] == ["My telephone"]
    assert [(one["slug"], one["role"]) for one in kept["organizations"]] == [("lighthouse", "owner")]
    assert [one["new_email"] for one in kept["email_changes"]] == ["ada@new.example.com"]
    assert {"account.signed_in", "account.passkey_added"} <= {one["act"] for one in kept["activity"]}
    assert kept["connected_apps"] == [{"user_id": person.id, "created_at": "2027-01-15T08:00:00Z"}]
    for secret in ("digest", "password_hash", "argon2", "key_id", "eve@"):
        assert secret not in answer.text


async def test_an_account_ends_with_all_that_names_its_person(world: World) -> None:
    """Sessions, ways in and memberships are gone, floors above are told, and the address is free again."""
    browser, person = await world.signed_in("ada@example.com", name="Ada Lovelace")
    _, bob = await world.signed_in("bob@example.com")
    await _organization(world, "shared", bob, person)
    await _passkey(browser)
    page = await browser.open(DELETE)
    assert "shared" in page.text
    answer = await browser.submit(DELETE, email="bob@example.com")
    assert (answer.status_code, 'id="email-error"' in answer.text) == (400, True)
    answer = await browser.submit(DELETE, email=" ADA@example.com ")
    assert answer.headers["location"] == "/sign-in?done=account_deleted"
    letter = world.outbox.messages[-1]
    assert (letter.to, letter.subject) == ("ada@example.com", "Your account was deleted")
    assert not await browser.is_signed_in()
    assert (await world.browser().sign_in("ada@example.com")).status_code == 401
    assert world.ended.user_ids == [person.id]
    gone = await people.find_user(world.database, person.id)
    assert gone
    assert (gone.name, gone.picture, gone.password_hash) == ("Deleted account", None, None)
    assert gone.email == f"{person.id}@deleted.invalid"
    assert await organizations.list_memberships(world.database, person.id) == []
    async with world.database.write() as transaction:
        assert not await people.enable_user(transaction, person.id, 1)
    for table in ("sessions", "passkeys", "mail_links", "email_changes", "code_secrets", "recovery_codes"):
        assert await _count(world, table, person.id) == 0
    assert (await world.person("ada@example.com")).id != person.id


async def test_an_organization_is_handed_over_first(world: World) -> None:
    """What only this person owns is listed and stops everything; an owner who is disabled is none."""
    browser, person = await world.signed_in("ada@example.com")
    bob = await world.person("bob@example.com")
    await _organization(world, "mine", person)
    shared = await _organization(world, "shared", person, bob)
    page = await browser.open(DELETE)
    assert "/dashboard/mine/members" in page.text
    assert "/dashboard/shared/members" not in page.text
    refused = await browser.post(DELETE, {"csrf": world.csrf(browser, DELETE), "email": "ada@example.com"})
    assert refused.status_code == 409
    async with world.database.write() as transaction:
        await people.disable_user(transaction, bob.id, 1, ())
    assert "/dashboard/shared/members" in (await browser.open(DELETE)).text
    assert await people.find_user(world.database, person.id) == person
    assert len(await organizations.list_memberships(world.database, person.id)) == 2
    assert [one.user_id for one in await organizations.list_members(world.database, shared)] != []
    assert PASSWORD not in refused.text


async def _count(world: World, table: str, user_id: str) -> int:
    from polar_server.database import Statement

    statement = Statement(f"SELECT count(*) AS kept FROM {table} WHERE user_id = :user_id")
    async with world.database.read() as transaction:
        return int((await transaction.one(statement, user_id=user_id))["kept"])

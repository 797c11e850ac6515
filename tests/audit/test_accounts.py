"""What people do to their own account, and what others try with it, is in its log."""

from tests.world import World

from polar_server.accounts import people
from polar_server.accounts.passwords import Passwords
from polar_server.accounts.people import NewPerson
from polar_server.resource_server import audit_log, audit_queries
from polar_server.resource_server.audit_queries import EntryFilter

PASSWORD = "a quiet green lamp"


async def test_the_life_of_an_account_is_told(world: World) -> None:
    """Refused and signed in, a profile, an organization, an invitation, signed out; a stranger is not told."""
    passwords = Passwords(1)
    new = NewPerson("eve@example.com", "Eve", await passwords.hash(PASSWORD), verified=True)
    passwords.close()
    async with world.server.database.write() as tx:
        person = await people.create_user(tx, new, int(world.clock()))
    browser = await world.browser()
    for email, password in (("nobody@example.com", "x"), ("eve@example.com", "x"), ("eve@example.com", PASSWORD)):
        await browser.open("/sign-in")
        await browser.submit("/sign-in", email=email, password=password)
    assert browser.page.status_code == 303
    await browser.open("/account")
    assert (await browser.submit("/account", name="Eve Example", picture="")).status_code == 303
    await browser.open("/dashboard/organizations")
    assert (await browser.submit("/dashboard/organizations", name="Acme", slug="acme")).status_code == 303
    await browser.open("/dashboard/acme/members")
    await browser.submit("/dashboard/acme/invitations", email="bob@example.com", role="admin")
    assert browser.page.status_code == 303
    await browser.open("/account")
    assert (await browser.submit("/sign-out")).status_code == 303
    log = audit_queries.of_person(person.id)
    entries, _ = await audit_log.list_entries(world.server.database, log, EntryFilter(), 100, 0)
    assert [(entry.act, entry.who) for entry in reversed(entries)] == [
        ("account.sign_in_refused", "Somebody unknown"),
        ("account.signed_in", "Eve Example"),
        ("account.updated", "Eve Example"),
        ("organization.created", "Eve Example"),
        ("invitation.sent", "Eve Example"),
        ("account.signed_out", "Eve Example"),
    ]
    assert {entry.address for entry in entries} == {"203.0.113.5"}
    assert [entry.detail for entry in entries if entry.act == "account.sign_in_refused"] == [{"reason": "mismatch"}]
    _, total = await audit_log.list_entries(world.server.database, audit_queries.of_all(), EntryFilter(), 100, 0)
    assert total == len(entries)

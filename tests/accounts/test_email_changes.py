"""A change of address: asked for, confirmed from the new mailbox, told to the old one."""

import asyncio

from tests.accounts.conftest import PASSWORD, Browser, World

from polar_server.accounts import people

NEW = "ada@new.example.com"


async def _asked(browser: Browser, address: str = NEW) -> None:
    answer = await browser.visit("/account/email", email=address)
    assert (answer.status_code, "Check your new mailbox" in answer.text) == (200, True)


async def test_the_new_address_replaces_the_old_when_its_mailbox_says_so(world: World) -> None:
    """Until then nothing changes; sessions stay, and the old mailbox hears of it twice."""
    browser, person = await world.signed_in("ada@example.com", verified=False)
    other = world.browser()
    await other.sign_in("ada@example.com")
    await _asked(browser, f" {NEW.upper()} ")
    told = world.outbox.messages[-1]
    assert (told.to, NEW in told.text, "/forgot-password" in told.text) == ("ada@example.com", True, True)
    assert (await people.find_user(world.database, person.id)) == person
    link = world.outbox.link(NEW)
    await browser.open(link)
    answer = await browser.visit(link, "/account/email/confirm")
    assert answer.headers["location"] == "/account?done=email_changed"
    found = await people.find_user(world.database, person.id)
    assert found
    assert (found.email, found.email_verified_at) == (NEW, int(world.clock.now))
    assert world.outbox.messages[-1].to == "ada@example.com"
    assert await other.is_signed_in()
    assert (await world.browser().sign_in(NEW)).status_code == 303
    assert (await world.browser().sign_in("ada@example.com")).status_code == 401
    assert (await browser.open(link)).status_code == 410


async def test_links_to_the_old_address_are_dead_afterwards(world: World) -> None:
    """A link to a new password, and an earlier change to yet another address."""
    browser, _ = await world.signed_in("ada@example.com")
    await world.browser().visit("/forgot-password", email="ada@example.com")
    reset = world.outbox.link("ada@example.com")
    await _asked(browser, "ada@third.example.com")
    await _asked(browser)
    third = world.outbox.link("ada@third.example.com")
    assert (await browser.open(third)).status_code == 410
    await browser.visit(world.outbox.link(NEW), "/account/email/confirm")
    assert (await world.browser().open(reset)).status_code == 410


async def test_a_taken_address_is_told_to_its_mailbox_only(world: World) -> None:
    """The page is the same; and when somebody takes the address meanwhile, the change is refused at its end."""
    await world.person("bob@example.com", name="Bob")
    browser, person = await world.signed_in("ada@example.com")
    await _asked(browser, "bob@example.com")
    letter = next(one for one in reversed(world.outbox.messages) if one.to == "bob@example.com")
    assert (letter.subject, "token" in letter.text) == ("This address has an account already", False)
    await _asked(browser)
    taken = await world.person(NEW)
    answer = await browser.visit(world.outbox.link(NEW), "/account/email/confirm")
    assert (answer.status_code, "Another account has this address" in answer.text) == (409, True)
    assert [await people.find_user(world.database, one.id) for one in (person, taken)] == [person, taken]


async def test_the_link_works_once_for_an_hour_where_its_person_is_signed_in(world: World) -> None:
    """A mistyped address belongs to a stranger, who must not get the account by a link that came to them."""
    browser, person = await world.signed_in("ada@example.com")
    stranger, _ = await world.signed_in("eve@example.com")
    await _asked(browser)
    link = world.outbox.link(NEW)
    assert (await world.browser().open(link)).headers["location"].startswith("/sign-in?return_to=")
    answer = await stranger.visit(link, "/account/email/confirm")
    assert (answer.status_code, "another account" in answer.text) == (409, True)
    await browser.open(link)
    form = browser.form("/account/email/confirm")
    answers = await asyncio.gather(*(browser.post("/account/email/confirm", form) for _ in range(6)))
    assert sorted(one.status_code for one in answers) == [303] + [410] * 5
    await _asked(browser, "ada@example.com")
    world.clock.now += 3_600
    assert (await browser.open(world.outbox.link("ada@example.com"))).status_code == 410
    assert (await people.find_user(world.database, person.id)) != person


async def test_a_new_password_stops_a_change(world: World) -> None:
    """As the mail to the old address says."""
    browser, _ = await world.signed_in("ada@example.com")
    await _asked(browser)
    await browser.visit(
        "/account/security", "/account/password", current_password=PASSWORD, password="a new quiet lamp"
    )
    assert (await browser.open(world.outbox.link(NEW))).status_code == 410


async def test_what_is_no_new_address_is_named(world: World) -> None:
    """No address, and the one that the account has."""
    browser, _ = await world.signed_in("ada@example.com")
    for typed in ("", "ada@", "ADA@example.com"):
        answer = await browser.visit("/account/email", email=typed)
        assert (answer.status_code, 'id="email-error"' in answer.text) == (400, True)
    assert world.outbox.messages == []


async def test_changes_are_limited_for_the_account_and_for_the_mailbox(world: World) -> None:
    """Five an hour from one account, and five mails an hour to one mailbox, from whomever."""
    ada, _ = await world.signed_in("ada@example.com")
    eve, _ = await world.signed_in("eve@example.com")
    codes = [(await ada.visit("/account/email", email=f"ada{n}@example.com")).status_code for n in range(6)]
    assert codes == [200] * 5 + [429]
    for _ in range(5):
        await world.browser().visit("/forgot-password", email=NEW)
    assert (await eve.visit("/account/email", email=NEW)).status_code == 429

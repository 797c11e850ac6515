"""Verifying an address by mail."""

import asyncio

from tests.accounts.conftest import NOW, World

from polar_server.accounts import people


async def test_an_address_is_verified_with_the_mailed_link(world: World) -> None:
    """The account asks for it, sends the link again, and is satisfied after the button was pressed."""
    browser, person = await world.signed_in("ada@example.com", verified=False)
    answer = await browser.visit("/account", "/verify-email/send")
    assert answer.headers["location"] == "/account?done=verification_sent"
    await browser.open(world.outbox.link("ada@example.com"))
    answer = await browser.submit("/verify-email")
    assert answer.headers["location"] == "/account?done=email_verified"
    assert "/verify-email/send" not in (await browser.open("/account")).text
    found = await people.find_user(world.database, person.id)
    assert found
    assert found.email_verified_at == NOW


async def test_the_link_works_signed_out_and_signs_nobody_in(world: World) -> None:
    """It proves a mailbox, not a person: the way leads to the sign-in page."""
    browser, _ = await world.signed_in("ada@example.com", verified=False)
    await browser.visit("/account", "/verify-email/send")
    other = world.browser()
    await other.open(world.outbox.link("ada@example.com"))
    answer = await other.submit("/verify-email")
    assert answer.headers["location"] == "/sign-in?done=email_verified"
    assert not await other.is_signed_in()


async def test_the_link_works_once_under_parallel_uses(world: World) -> None:
    """Twenty posts of one link: one success. Opening it before used nothing up."""
    browser, _ = await world.signed_in("ada@example.com", verified=False)
    await browser.visit("/account", "/verify-email/send")
    link = world.outbox.link("ada@example.com")
    opened = await asyncio.gather(*(world.browser().open(link) for _ in range(20)))
    assert {page.status_code for page in opened} == {200}
    await browser.open(link)
    form = browser.form("/verify-email")
    answers = await asyncio.gather(*(browser.post("/verify-email", form) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 19


async def test_the_link_works_for_a_day(world: World) -> None:
    """Not a second longer."""
    browser, _ = await world.signed_in("ada@example.com", verified=False)
    await browser.visit("/account", "/verify-email/send")
    link = world.outbox.link("ada@example.com")
    world.clock.now = NOW + 86_399
    assert (await browser.open(link)).status_code == 200
    world.clock.now = NOW + 86_400
    assert (await browser.open(link)).status_code == 410


async def test_a_verified_person_is_sent_nothing(world: World) -> None:
    """Nor does it count as a mail."""
    browser, person = await world.signed_in("ada@example.com", verified=False)
    await browser.open("/account")
    form = browser.form("/verify-email/send")
    async with world.database.write() as transaction:
        await people.verify_email(transaction, person.id, person.email, NOW)
    answer = await browser.post("/verify-email/send", form)
    assert answer.headers["location"] == "/account?done=email_verified"
    assert world.outbox.messages == []


async def test_sending_again_is_limited(world: World) -> None:
    """Five mails an hour to one mailbox."""
    browser, _ = await world.signed_in("ada@example.com", verified=False)
    codes = [(await browser.visit("/account", "/verify-email/send")).status_code for _ in range(6)]
    assert codes == [303] * 5 + [429]

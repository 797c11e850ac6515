"""A forgotten password, and the link to a new one."""

import asyncio

import pytest
from tests.accounts.conftest import NOW, PASSWORD, Browser, World

from polar_server.accounts import people

NEW = "another quiet lamp"


async def _asked(world: World, email: str = "ada@example.com") -> Browser:
    """A browser that shows the page of a reset link mailed to this address."""
    browser = world.browser()
    await browser.visit("/forgot-password", email=email)
    await browser.open(world.outbox.link(email))
    return browser


async def test_a_forgotten_password_is_replaced_by_mail(world: World) -> None:
    """The old password stops working, the new one works, and the person is told by mail."""
    await world.person("ada@example.com")
    browser = await _asked(world)
    assert "ada@example.com" in browser.page.text
    answer = await browser.submit("/reset-password", password=NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?done=password_reset")
    assert (await browser.sign_in("ada@example.com")).status_code == 401
    assert (await browser.sign_in("ada@example.com", NEW)).status_code == 303
    assert world.outbox.messages[-1].subject == "Your password was changed"


async def test_a_reset_leads_back_to_the_app(world: World) -> None:
    """Who forgot the password on the way to an app gets there after all, also when the link is opened elsewhere."""
    await world.person("ada@example.com")
    path = "?return_to=%2Foauth2%2Fauthorize%3Fclient_id%3Dx"
    page = await world.browser().open(f"/sign-in{path}")
    assert f'href="/forgot-password{path}"' in page.text
    await world.browser().visit(f"/forgot-password{path}", email="ada@example.com")
    browser = world.browser("198.51.100.1")
    await browser.open(world.outbox.link("ada@example.com"))
    answer = await browser.submit("/reset-password", password=NEW)
    assert answer.headers["location"] == f"/sign-in{path}".replace("?", "?done=password_reset&")
    await browser.open(answer.headers["location"])
    answer = await browser.submit(f"/sign-in{path}", email="ada@example.com", password=NEW)
    assert answer.headers["location"] == "/oauth2/authorize?client_id=x"


async def test_a_reset_ends_every_session_and_what_hangs_from_it(world: World) -> None:
    """Who was signed in with the old password is out, also in this browser, and floors above are told."""
    signed_in, person = await world.signed_in("ada@example.com")
    browser = await _asked(world)
    await browser.sign_in("ada@example.com")
    await browser.open(world.outbox.link("ada@example.com"))
    await browser.submit("/reset-password", password=NEW)
    assert not await signed_in.is_signed_in()
    assert not await browser.is_signed_in()
    assert world.ended.user_ids == [person.id]


async def test_a_failure_above_undoes_the_reset(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What floors above do belongs to the same transaction: when it fails, password and link are as before."""
    await world.person("ada@example.com")
    browser = await _asked(world)

    async def fail(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(type(world.ended), "__call__", fail)
    assert (await browser.submit("/reset-password", password=NEW)).status_code == 500
    monkeypatch.undo()
    assert (await world.browser().sign_in("ada@example.com")).status_code == 303
    await browser.open(world.outbox.link("ada@example.com"))
    assert (await browser.submit("/reset-password", password=NEW)).status_code == 303


async def test_an_unknown_address_is_not_revealed(world: World) -> None:
    """Known, unknown and disabled addresses get the same page; an unknown mailbox learns that it has no account."""
    await world.person("ada@example.com")
    disabled = await world.person("eve@example.com")
    async with world.database.write() as transaction:
        await people.disable_user(transaction, disabled.id, NOW, ())
    answers = []
    for email in ("ada@example.com", "bob@example.com", "eve@example.com"):
        answer = await world.browser().visit("/forgot-password", email=email)
        answers.append((answer.status_code, answer.text.replace(email, "")))
    assert answers[0] == answers[1] == answers[2]
    assert [(message.to, message.subject) for message in world.outbox.messages] == [
        ("ada@example.com", "Choose a new password"),
        ("bob@example.com", "There is no account with this address"),
    ]
    assert world.outbox.link("bob@example.com").startswith("/sign-up/finish?token=")


async def test_the_link_works_once_under_parallel_uses(world: World) -> None:
    """Twenty posts of one link: one new password."""
    await world.person("ada@example.com")
    browser = await _asked(world)
    form = browser.form("/reset-password")
    posts = [browser.post("/reset-password", {**form, "password": f"{NEW} {n}"}) for n in range(20)]
    answers = [answer.status_code for answer in await asyncio.gather(*posts)]
    assert sorted(answers) == [303] + [410] * 19
    winner = answers.index(303)
    assert (await world.browser().sign_in("ada@example.com", f"{NEW} {winner}")).status_code == 303


async def test_the_link_works_for_an_hour(world: World) -> None:
    """Not a second longer, and the page leads to a new one."""
    await world.person("ada@example.com")
    browser = await _asked(world)
    link = world.outbox.link("ada@example.com")
    world.clock.now = NOW + 3599
    assert (await browser.open(link)).status_code == 200
    world.clock.now = NOW + 3600
    page = await browser.submit("/reset-password", password=NEW)
    assert page.status_code == 410
    assert 'href="/forgot-password"' in page.text


async def test_a_new_password_voids_the_other_links(world: World) -> None:
    """Two links were mailed; after one is used the other opens nothing."""
    await world.person("ada@example.com")
    first = await _asked(world)
    second = await _asked(world)
    assert (await first.submit("/reset-password", password=NEW)).status_code == 303
    assert (await second.submit("/reset-password", password=f"{NEW} 2")).status_code == 410


async def test_a_disabled_person_cannot_use_the_link(world: World) -> None:
    """Disabling after the mail was sent closes this way in, too."""
    person = await world.person("ada@example.com")
    browser = await _asked(world)
    async with world.database.write() as transaction:
        await people.disable_user(transaction, person.id, NOW, ())
    assert (await browser.submit("/reset-password", password=NEW)).status_code == 410


@pytest.mark.parametrize("password", ["", "short", "password123", "ada@example.com", "x" * 1025])
async def test_a_bad_password_is_named(world: World, password: str) -> None:
    """The page names the field and the link still works."""
    await world.person("ada@example.com")
    browser = await _asked(world)
    answer = await browser.submit("/reset-password", password=password)
    assert answer.status_code == 400
    assert 'id="password-error"' in answer.text
    assert "x" * 100 not in answer.text
    assert (await browser.submit("/reset-password", password=NEW)).status_code == 303


async def test_a_bad_address_is_named(world: World) -> None:
    """The page names the field and keeps what was typed."""
    answer = await world.browser().visit("/forgot-password", email="ada@")
    assert answer.status_code == 400
    assert 'value="ada@"' in answer.text
    assert 'id="email-error"' in answer.text


async def test_a_reset_opens_an_account_that_guessing_has_paused(world: World) -> None:
    """A stranger's guesses do not keep the mailbox's owner out; the reset also shows that the mailbox is theirs."""
    person = await world.person("ada@example.com", verified=False)
    for n in range(11):
        await world.browser("198.51.100.2").sign_in("ada@example.com", f"wrong {n}")
    browser = await _asked(world)
    await browser.submit("/reset-password", password=NEW)
    assert (await browser.sign_in("ada@example.com", NEW)).status_code == 303
    verified = await people.find_user(world.database, person.id)
    assert verified
    assert verified.email_verified_at == NOW


async def test_asking_is_limited(world: World) -> None:
    """Five mails an hour to one mailbox, known or not."""
    await world.person("ada@example.com")
    for email in ("ada@example.com", "bob@example.com"):
        codes = [(await world.browser().visit("/forgot-password", email=email)).status_code for _ in range(6)]
        assert codes == [200] * 5 + [429]


async def test_a_link_survives_a_session_of_somebody_else(world: World) -> None:
    """The page works whoever is signed in; PASSWORD of the other person stays."""
    await world.person("ada@example.com")
    other, _ = await world.signed_in("bob@example.com")
    await other.visit("/forgot-password", email="ada@example.com")
    await other.open(world.outbox.link("ada@example.com"))
    assert (await other.submit("/reset-password", password=NEW)).status_code == 303
    assert (await world.browser().sign_in("bob@example.com", PASSWORD)).status_code == 303

"""Signing up: the address first, then name and password from the mailed link."""

import asyncio

import pytest
from tests.accounts.conftest import NOW, PASSWORD, World

from polar_server.accounts import people


async def test_an_address_becomes_an_account_and_a_session(world: World) -> None:
    """Address, mail, name and password: then the person is signed in, with a verified address."""
    browser = world.browser()
    sent = await browser.visit("/sign-up", email=" Ada@Example.com")
    assert sent.status_code == 200
    assert "ada@example.com" in sent.text
    await browser.open(world.outbox.link("ada@example.com"))
    answer = await browser.submit("/sign-up/finish", name="Ada Lovelace", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=welcome")
    page = await browser.open("/account?done=welcome")
    assert "Ada Lovelace" in page.text
    assert "Confirm your email" not in page.text
    assert (await world.browser().sign_in("ada@example.com")).status_code == 303


async def test_sign_up_leads_back_to_where_it_began(world: World) -> None:
    """return_to survives the mail, also when the link is opened in another browser."""
    browser, other = world.browser(), world.browser("198.51.100.1")
    path = "/sign-up?return_to=%2Foauth2%2Fauthorize%3Fclient_id%3Dx"
    await browser.visit(path, email="ada@example.com")
    await other.open(world.outbox.link("ada@example.com"))
    answer = await other.submit("/sign-up/finish", name="Ada", password=PASSWORD)
    assert answer.headers["location"] == "/oauth2/authorize?client_id=x"


async def test_a_known_address_is_not_revealed(world: World) -> None:
    """A free and a taken address get the same page and one mail each; only the mail tells that there is an account."""
    await world.person("ada@example.com", name="Ada")
    answers = []
    for email in ("ada@example.com", "bob@example.com"):
        answer = await world.browser().visit("/sign-up", email=email)
        answers.append((answer.status_code, answer.text.replace(email, "")))
    assert answers[0] == answers[1]
    assert [message.to for message in world.outbox.messages] == ["ada@example.com", "bob@example.com"]
    assert [message.subject for message in world.outbox.messages] == [
        "You have an account already",
        "Finish your account",
    ]
    assert world.outbox.link("ada@example.com").startswith("/reset-password?token=polar_ml_")


@pytest.mark.parametrize("email", ["", "ada", "ada@example.com, bob@example.com"])
async def test_a_bad_address_is_named(world: World, email: str) -> None:
    """The page names the field, keeps what was typed, and sends nothing."""
    answer = await world.browser().visit("/sign-up", email=email)
    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text
    assert f'value="{email}"' in answer.text
    assert world.outbox.messages == []


@pytest.mark.parametrize(
    "typed,field",
    [
        ({"name": "Ada", "password": "short"}, "password"),
        ({"name": "Ada", "password": "password123"}, "password"),
        ({"name": "Ada", "password": "ADA@example.com"}, "password"),
        ({"name": "Ada"}, "password"),
        ({"password": PASSWORD}, "name"),
        ({"name": "\u202e", "password": PASSWORD}, "name"),
    ],
)
async def test_the_second_step_names_the_bad_field(world: World, typed: dict[str, str], field: str) -> None:
    """The link still works after a mistake; the name is kept and the password is not."""
    browser = world.browser()
    await browser.visit("/sign-up", email="ada@example.com")
    await browser.open(world.outbox.link("ada@example.com"))
    answer = await browser.submit("/sign-up/finish", **typed)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert ('value="Ada"' in answer.text) == (typed.get("name") == "Ada")
    assert f'value="{typed.get("password", PASSWORD)}"' not in answer.text
    assert (await browser.submit("/sign-up/finish", name="Ada", password=PASSWORD)).status_code == 303


async def test_the_link_makes_one_account_under_parallel_uses(world: World) -> None:
    """Twenty posts of one link: one account and one session."""
    browser = world.browser()
    await browser.visit("/sign-up", email="ada@example.com")
    await browser.open(world.outbox.link("ada@example.com"))
    form = {**browser.form("/sign-up/finish"), "name": "Ada", "password": PASSWORD}
    answers = await asyncio.gather(*(browser.post("/sign-up/finish", form) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 19
    assert len(await people.list_users(world.database, 10)) == 1


async def test_two_links_for_one_address_make_one_account(world: World) -> None:
    """Who asked twice finishes once; the second link has expired."""
    first, second = world.browser(), world.browser()
    await first.visit("/sign-up", email="ada@example.com")
    await first.open(world.outbox.link("ada@example.com"))
    await second.visit("/sign-up", email="ada@example.com")
    await second.open(world.outbox.link("ada@example.com"))
    assert (await first.submit("/sign-up/finish", name="Ada", password=PASSWORD)).status_code == 303
    assert (await second.submit("/sign-up/finish", name="Eve", password=PASSWORD)).status_code == 410
    assert [person.name for person in await people.list_users(world.database, 10)] == ["Ada"]


async def test_opening_the_link_uses_nothing_up(world: World) -> None:
    """A mail scanner may open it as often as it likes, for a day."""
    browser = world.browser()
    await browser.visit("/sign-up", email="ada@example.com")
    link = world.outbox.link("ada@example.com")
    assert [(await world.browser().open(link)).status_code for _ in range(3)] == [200] * 3
    world.clock.now = NOW + 86_399
    assert (await browser.open(link)).status_code == 200
    world.clock.now = NOW + 86_400
    assert (await browser.open(link)).status_code == 410


@pytest.mark.parametrize("token", ["", "x", "polar_ml_" + "0" * 43, "polar_us_" + "0" * 43, "%00", "%C3%A9"])
async def test_a_made_up_token_opens_nothing(world: World, token: str) -> None:
    """Whatever is no token of ours gets the page of an expired link."""
    assert (await world.browser().open("/sign-up/finish?token=" + token)).status_code == 410


async def test_a_link_opens_only_what_it_is_for(world: World) -> None:
    """A sign-up link resets no password and verifies nothing, and the other way round."""
    await world.person("bob@example.com")
    browser = world.browser()
    await browser.visit("/sign-up", email="ada@example.com")
    await browser.visit("/forgot-password", email="bob@example.com")
    sign_up = world.outbox.link("ada@example.com").partition("?")[2]
    reset = world.outbox.link("bob@example.com").partition("?")[2]
    for path, query in [("/reset-password", sign_up), ("/verify-email", sign_up), ("/sign-up/finish", reset)]:
        assert (await browser.open(f"{path}?{query}")).status_code == 410


async def test_signing_up_ends_the_session_that_was_there(world: World) -> None:
    """On a shared browser the former person's session does not stay behind."""
    browser, _ = await world.signed_in("bob@example.com")
    former = world.browser()
    former.client.cookies.set("polar_session", browser.session_cookie or "")
    await browser.visit("/sign-up", email="ada@example.com")
    await browser.open(world.outbox.link("ada@example.com"))
    await browser.submit("/sign-up/finish", name="Ada", password=PASSWORD)
    assert "Ada" in (await browser.open("/account")).text
    assert not await former.is_signed_in()


async def test_mail_is_limited_per_mailbox_and_per_address(world: World) -> None:
    """Nobody can flood a mailbox, nor many mailboxes from one address; both answers say when to try again."""
    codes = [(await world.browser().visit("/sign-up", email="ada@example.com")).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    codes = [(await world.browser().visit("/sign-up", email=f"p{n}@example.com")).status_code for n in range(15)]
    assert codes == [200] * 14 + [429]
    assert (await world.browser("198.51.100.3").visit("/sign-up", email="q@example.com")).status_code == 200
    assert len(world.outbox.messages) == 20


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Forwarded-Proto"])
async def test_links_come_from_the_configured_issuer(world: World, header: str) -> None:
    """What a request says about the server's own name never reaches a mail."""
    browser = world.browser()
    await browser.open("/sign-up")
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    await browser.submit_with({header: value}, "/sign-up", email="ada@example.com")
    assert "evil" not in world.outbox.messages[0].text
    assert world.outbox.link("ada@example.com").startswith("/sign-up/finish?token=")

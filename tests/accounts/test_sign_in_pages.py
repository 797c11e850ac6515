"""Signing in and out through the pages."""

import asyncio
import re

import pytest
from structlog.testing import capture_logs
from tests.accounts.conftest import NOW, PASSWORD, World

from polar_server.accounts import people
from polar_server.html import csrf


async def test_the_right_password_begins_a_session(world: World) -> None:
    """Email and password lead to the account, whatever the email's case and the blanks around it."""
    await world.person("ada@example.com")
    browser = world.browser()
    answer = await browser.sign_in("  Ada@Example.com ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert await browser.is_signed_in()


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    """The session cookie is HttpOnly, SameSite=Lax, and lives as long as the session."""
    await world.person("ada@example.com")
    cookie = (await world.browser().sign_in("ada@example.com")).headers["set-cookie"]
    assert cookie.startswith("polar_session=polar_us_")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=2592000"} <= set(cookie.split("; "))


@pytest.mark.parametrize("typed", [{"email": "ada@example.com"}, {"password": PASSWORD}, {}])
async def test_a_missing_field_is_named(world: World, typed: dict[str, str]) -> None:
    """The page names the field that is missing, keeps the email, and does not show the password again."""
    answer = await world.browser().visit("/sign-in", **typed)
    assert answer.status_code == 400
    assert ("Enter your email address." in answer.text) == ("email" not in typed)
    assert ("Enter your password." in answer.text) == ("password" not in typed)
    assert f'value="{typed.get("email", "")}"' in answer.text
    assert PASSWORD not in answer.text


async def test_known_and_unknown_accounts_get_the_same_answer(world: World) -> None:
    """A wrong password and an unknown email give the same status, the same page and one password comparison each."""
    await world.person("ada@example.com")
    answers = []
    for email in ("ada@example.com", "bob@example.com", "no address"):
        browser = world.browser()
        answer = await browser.sign_in(email, "wrong password")
        # What is made anew for each browser: the tokens of the forms and the challenge for passkeys.
        text = re.sub(r'(name="csrf" value|data-options)="[^"]+"', "", answer.text)
        answers.append((answer.status_code, text.replace(email, "")))
    assert answers[0][0] == 401
    assert answers[0] == answers[1] == answers[2]
    assert world.passwords.verifications == 3


async def test_the_form_keeps_the_email_but_not_the_password(world: World) -> None:
    """After a mismatch the email is filled in again; the password never comes back."""
    answer = await world.browser().sign_in("ada@example.com", "hunter2 hunter2")
    assert 'value="ada@example.com"' in answer.text
    assert "hunter2" not in answer.text


async def test_the_eleventh_guess_at_an_account_is_not_looked_at(world: World) -> None:
    """Ten wrong passwords, then 429 with Retry-After, also for the right one; after the window it works again."""
    await world.person("ada@example.com")
    browser = world.browser()
    assert [(await browser.sign_in("ada@example.com", f"wrong {n}")).status_code for n in range(10)] == [401] * 10
    refused = await browser.sign_in("ada@example.com")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    assert "15 minutes" in refused.text
    assert world.passwords.verifications == 10
    world.clock.now += 901
    assert (await browser.sign_in("ada@example.com")).status_code == 303


async def test_unknown_accounts_are_throttled_like_known_ones(world: World) -> None:
    """The limit does not tell whether there is an account."""
    browser = world.browser()
    answers = [(await browser.sign_in("nobody@example.com", "wrong")).status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2


async def test_a_hundred_parallel_guesses_compute_ten_hashes(world: World) -> None:
    """Parallel tries cannot slip past the counter."""
    await world.person("ada@example.com")
    browser = world.browser()
    await browser.open("/sign-in")
    form = browser.form("/sign-in")
    tries = [
        browser.post("/sign-in", {**form, "email": "ada@example.com", "password": f"wrong {n}"}) for n in range(100)
    ]
    answers = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert sorted(answers) == [401] * 10 + [429] * 90
    assert world.passwords.verifications == 10


async def test_an_address_that_tries_many_accounts_is_throttled(world: World) -> None:
    """A hundred wrong passwords from one address are the most, however many accounts; others go on."""
    browser = world.browser("198.51.100.7")
    await browser.open("/sign-in")
    form = browser.form("/sign-in")
    answers = [
        (await browser.post("/sign-in", {**form, "email": f"p{n}@example.com", "password": "wrong pass"})).status_code
        for n in range(101)
    ]
    assert answers == [401] * 100 + [429]
    await world.person("ada@example.com")
    assert (await world.browser("198.51.100.8").sign_in("ada@example.com")).status_code == 303


async def test_a_forwarded_address_does_not_reset_the_limit(world: World) -> None:
    """X-Forwarded-For of a peer that is no trusted proxy counts for nothing."""
    browser = world.browser()
    for n in range(100):
        await browser.sign_in(f"p{n}@example.com", "wrong", **{"X-Forwarded-For": f"198.51.100.{n}"})
    assert (await browser.sign_in("q@example.com", "wrong", **{"X-Forwarded-For": "8.8.8.8"})).status_code == 429


async def test_success_forgets_the_wrong_tries(world: World) -> None:
    """Nine typing errors and a success leave ten tries for the next time."""
    await world.person("ada@example.com")
    browser = world.browser()
    for _ in range(2):
        for n in range(9):
            assert (await browser.sign_in("ada@example.com", f"wrong {n}")).status_code == 401
        assert (await browser.sign_in("ada@example.com")).status_code == 303


async def test_guessing_does_not_disturb_who_is_signed_in(world: World) -> None:
    """A stranger who uses up the account's tries locks nobody out of a session, nor out of changing the password."""
    browser, _ = await world.signed_in("ada@example.com")
    for n in range(15):
        await world.browser("198.51.100.9").sign_in("ada@example.com", f"wrong {n}")
    assert await browser.is_signed_in()
    answer = await browser.visit(
        "/account/security", "/account/password", current_password=PASSWORD, password="another quiet lamp"
    )
    assert answer.headers["location"] == "/account/security?done=password_changed"


async def test_signing_in_gives_a_new_session_and_ends_the_old_one(world: World) -> None:
    """Whoever planted or copied a cookie before has nothing afterwards."""
    await world.person("ada@example.com")
    browser, copied = world.browser(), world.browser()
    await browser.sign_in("ada@example.com")
    planted = browser.session_cookie
    assert planted
    copied.client.cookies.set("polar_session", planted)
    assert await copied.is_signed_in()
    await browser.sign_in("ada@example.com")
    assert browser.session_cookie != planted
    assert not await copied.is_signed_in()


async def test_a_planted_session_cookie_is_never_adopted(world: World) -> None:
    """A well-formed session id that we did not issue is replaced at sign-in."""
    await world.person("ada@example.com")
    browser = world.browser()
    browser.client.cookies.set("polar_session", "polar_us_" + "0" * 43, domain="localhost")
    answer = await browser.sign_in("ada@example.com")
    assert "polar_us_" in answer.headers["set-cookie"]
    assert "polar_us_" + "0" * 43 not in answer.headers["set-cookie"]


async def test_who_is_signed_in_can_give_the_password_again(world: World) -> None:
    """The form shows with a return_to, email filled in, and gives a session that was just authenticated."""
    browser, _ = await world.signed_in("ada@example.com")
    page = await browser.open("/sign-in?return_to=%2Foauth2%2Fauthorize%3Fa%3Db")
    assert 'value="ada@example.com"' in page.text
    action = "/sign-in?return_to=%2Foauth2%2Fauthorize%3Fa%3Db"
    answer = await browser.submit(action, email="ada@example.com", password=PASSWORD)
    assert answer.headers["location"] == "/oauth2/authorize?a=b"


async def test_the_plain_sign_in_page_leads_home_who_is_signed_in(world: World) -> None:
    """There is nothing to do there without a return_to."""
    browser, _ = await world.signed_in("ada@example.com")
    assert (await browser.open("/sign-in")).headers["location"] == "/account"


@pytest.mark.parametrize(
    "value",
    [
        "//evil.example",
        "/%5Cevil.example",
        "https://evil.example",
        "/%09/evil.example",
        "%2f%2fevil.example",
        "/%252fevil",
    ],
)
async def test_return_to_another_site_is_ignored(world: World, value: str) -> None:
    """An address that could lead off the server is dropped by the page, and refused when posted all the same."""
    await world.person("ada@example.com")
    browser = world.browser()
    assert "evil" not in (await browser.open(f"/sign-in?return_to={value}")).text
    typed = {**browser.form("/sign-in"), "email": "ada@example.com", "password": PASSWORD}
    assert (await browser.post(f"/sign-in?return_to={value}", typed)).status_code == 403
    assert (await browser.post("/sign-in", typed)).headers["location"] == "/account"


async def test_a_posted_return_to_is_checked_again(world: World) -> None:
    """Also with a token that fits the dirty address, the browser stays on this server."""
    await world.person("ada@example.com")
    browser = world.browser()
    await browser.open("/sign-in")
    action = "/sign-in?return_to=//evil.example"
    token = csrf.token(world.server_keys, browser.client.cookies["polar_browser"], action)
    answer = await browser.post(action, {"csrf": token, "email": "ada@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")


async def test_a_disabled_person_is_told_only_with_the_right_password(world: World) -> None:
    """A stranger cannot find out that an account is disabled."""
    person = await world.person("ada@example.com")
    async with world.database.write() as transaction:
        await people.disable_user(transaction, person.id, NOW, ())
    wrong = await world.browser().sign_in("ada@example.com", "wrong password")
    right = await world.browser().sign_in("ada@example.com")
    assert (wrong.status_code, "disabled" in wrong.text) == (401, False)
    assert (right.status_code, "disabled" in right.text) == (403, True)


async def test_a_disabled_persons_session_dies_at_once(world: World) -> None:
    """The next request after disabling finds nobody signed in, and enabling does not bring the session back."""
    browser, person = await world.signed_in("ada@example.com")
    async with world.database.write() as transaction:
        assert await people.disable_user(transaction, person.id, NOW, (world.ended,))
    assert not await browser.is_signed_in()
    assert world.ended.user_ids == [person.id]
    async with world.database.write() as transaction:
        assert await people.enable_user(transaction, person.id, NOW)
    assert not await browser.is_signed_in()


async def test_signing_out_ends_the_session_on_the_server(world: World) -> None:
    """A copy of the cookie is worth nothing after sign-out."""
    browser, _ = await world.signed_in("ada@example.com")
    copied = world.browser()
    copied.client.cookies.set("polar_session", browser.session_cookie or "")
    answer = await browser.visit("/account", "/sign-out")
    assert answer.headers["location"] == "/sign-in?done=signed_out"
    assert "You are signed out." in (await browser.open("/sign-in?done=signed_out")).text
    assert not await copied.is_signed_in()


async def test_signing_out_needs_a_post(world: World) -> None:
    """A link or image on another site signs nobody out."""
    browser, _ = await world.signed_in("ada@example.com")
    assert (await browser.open("/sign-out")).status_code == 405
    assert await browser.is_signed_in()


async def test_old_hashes_are_renewed_at_sign_in(world: World) -> None:
    """A hash with other parameters than today's is replaced while the password is at hand."""
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    async with world.database.write() as transaction:
        person = await people.create_user(transaction, people.NewPerson("ada@example.com", "Ada", old), NOW)
    assert (await world.browser().sign_in("ada@example.com")).status_code == 303
    renewed = await people.find_user(world.database, person.id)
    assert renewed
    assert "m=8,t=1" in (renewed.password_hash or "")
    assert (await world.browser().sign_in("ada@example.com")).status_code == 303


async def test_nothing_that_was_typed_is_logged(world: World) -> None:
    """Logs name events and ids; they hold neither email nor password nor cookie."""
    with capture_logs() as logs:
        browser, person = await world.signed_in("ada@example.com")
        await world.browser().sign_in("a password in the wrong field", "wrong password")
    text = repr(logs)
    assert [entry["event"] for entry in logs] == ["signed_in", "sign_in_refused"]
    assert person.id in text
    for secret in (PASSWORD, "wrong", "ada@example.com", str(browser.session_cookie)):
        assert secret not in text

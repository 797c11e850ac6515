"""The account: profile, password, sessions."""

import pytest
from tests.accounts.conftest import PASSWORD, World

from polar_server.accounts import people

NEW = "another quiet lamp"


async def test_a_stranger_is_led_to_sign_in_and_back(world: World) -> None:
    """The page that was asked for is where sign-in leads."""
    answer = await world.browser().open("/account?done=saved")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?return_to=%2Faccount%3Fdone%3Dsaved")
    assert (await world.browser().open("/account")).headers["location"] == "/sign-in"


async def test_the_profile_is_saved(world: World) -> None:
    """Name and picture; an empty picture removes it."""
    browser, person = await world.signed_in("ada@example.com")
    for picture in ("https://img.example/ada.png", ""):
        answer = await browser.visit("/account", name="Ada Lovelace", picture=picture)
        assert answer.headers["location"] == "/account?done=saved"
        found = await people.find_user(world.database, person.id)
        assert found
        assert (found.name, found.picture) == ("Ada Lovelace", picture or None)


@pytest.mark.parametrize(
    "typed,field",
    [
        ({"name": "", "picture": ""}, "name"),
        ({"name": "Ada Two", "picture": "http://img.example/x"}, "picture"),
        ({"name": "Ada Two", "picture": "javascript:alert(1)"}, "picture"),
    ],
)
async def test_a_bad_profile_field_is_named(world: World, typed: dict[str, str], field: str) -> None:
    """The page names the field and keeps what was typed."""
    browser, person = await world.signed_in("ada@example.com")
    answer = await browser.visit("/account", **typed)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert all(f'value="{value}"' in answer.text for value in typed.values())
    assert await people.find_user(world.database, person.id) == person


async def test_changing_the_password_ends_everything_else(world: World) -> None:
    """Other sessions end, this browser gets a new session id, floors above are told, and a mail goes out."""
    browser, person = await world.signed_in("ada@example.com")
    other, copied = world.browser(), world.browser()
    await other.sign_in("ada@example.com")
    copied.client.cookies.set("polar_session", browser.session_cookie or "")
    answer = await browser.visit("/account/security", "/account/password", current_password=PASSWORD, password=NEW)
    assert answer.headers["location"] == "/account/security?done=password_changed"
    assert await browser.is_signed_in()
    assert not await other.is_signed_in()
    assert not await copied.is_signed_in()
    assert world.ended.user_ids == [person.id]
    assert world.outbox.messages[-1].subject == "Your password was changed"
    assert (await other.sign_in("ada@example.com", NEW)).status_code == 303


@pytest.mark.parametrize(
    "typed,field",
    [
        ({"password": NEW}, "current_password"),
        ({"current_password": "wrong password", "password": NEW}, "current_password"),
        ({"current_password": PASSWORD}, "password"),
        ({"current_password": PASSWORD, "password": "short"}, "password"),
        ({"current_password": PASSWORD, "password": "ada@example.com"}, "password"),
    ],
)
async def test_a_bad_password_field_is_named(world: World, typed: dict[str, str], field: str) -> None:
    """The page names the field, shows no password, and the old one stays."""
    browser, _ = await world.signed_in("ada@example.com")
    answer = await browser.visit("/account/security", "/account/password", **typed)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert PASSWORD not in answer.text
    assert NEW not in answer.text
    assert (await world.browser().sign_in("ada@example.com")).status_code == 303


async def test_guessing_the_current_password_is_limited(world: World) -> None:
    """Who took over an open browser has ten tries, too."""
    browser, _ = await world.signed_in("ada@example.com")
    codes = []
    for n in range(11):
        answer = await browser.visit(
            "/account/security", "/account/password", current_password=f"wrong {n}", password=NEW
        )
        codes.append(answer.status_code)
    assert codes == [400] * 10 + [429]


async def test_sessions_are_listed_and_ended_one_by_one(world: World) -> None:
    """Each with its browser and address; ending one leaves the others."""
    await world.person("ada@example.com")
    browser, other, third = (world.browser(f"203.0.113.{n}") for n in range(1, 4))
    for opened in (browser, other, third):
        await opened.sign_in("ada@example.com", **{"User-Agent": "Firefox/130 Linux"})
        world.clock.now += 60
    page = await browser.open("/account/security")
    assert all(f"203.0.113.{n}" in page.text for n in range(1, 4))
    # Listed last seen first; the one on top is this browser, which has just been seen.
    hidden = browser.forms("/account/sessions/end")
    assert len(hidden) == 2
    answer = await browser.post("/account/sessions/end", hidden[0])
    assert answer.headers["location"] == "/account/security?done=session_ended"
    assert [await opened.is_signed_in() for opened in (browser, other, third)] == [True, True, False]


async def test_all_other_sessions_end_at_once(world: World) -> None:
    """The browser that asks stays signed in."""
    browser, _ = await world.signed_in("ada@example.com")
    others = [world.browser() for _ in range(2)]
    for other in others:
        await other.sign_in("ada@example.com")
    answer = await browser.visit("/account/security", "/account/sessions/end-others")
    assert answer.headers["location"] == "/account/security?done=sessions_ended"
    assert await browser.is_signed_in()
    assert [await other.is_signed_in() for other in others] == [False, False]


async def test_nobody_ends_the_session_of_another_person(world: World) -> None:
    """A session id of somebody else, or of nobody, changes nothing and answers the same."""
    ada, _ = await world.signed_in("ada@example.com")
    bob, _ = await world.signed_in("bob@example.com")
    await world.browser().sign_in("bob@example.com")
    await bob.open("/account/security")
    foreign = (ada.session_cookie or "")[len("polar_us_") :][:11]
    form = bob.form("/account/sessions/end")
    for session_id in (foreign, "x", "\u2028", "0" * 11):
        answer = await bob.post("/account/sessions/end", {**form, "session_id": session_id})
        assert answer.headers["location"] == "/account/security?done=session_ended"
    assert await ada.is_signed_in()


async def test_a_slow_hash_is_refused_when_too_many_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is 503 with Retry-After, and the password is as before."""
    from polar_server.accounts.passwords import PasswordsBusy

    browser, _ = await world.signed_in("ada@example.com")

    async def busy(*_: object) -> str:
        raise PasswordsBusy

    monkeypatch.setattr(world.passwords, "hash", busy)
    answer = await browser.visit("/account/security", "/account/password", current_password=PASSWORD, password=NEW)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await world.browser().sign_in("ada@example.com")).status_code == 303

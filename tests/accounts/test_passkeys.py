"""Passkeys: added, used to sign in and to confirm, and everything that is refused."""

from collections.abc import Callable

import pytest
from tests.accounts.authenticators import Authenticator, options_of
from tests.accounts.conftest import PASSWORD, Browser, World

from polar_server.accounts import people
from polar_server.accounts.passkeys import keys

NEW = "another quiet lamp"


async def _added(browser: Browser, device: Authenticator, name: str = "My telephone") -> None:
    page = await browser.open("/account/passkeys/new")
    credential = device.create(options_of(page.text, "create"))
    answer = await browser.submit("/account/passkeys", name=name, credential=credential)
    assert answer.headers.get("location") == "/account/security?done=passkey_added", answer.text


async def _used(browser: Browser, device: Authenticator, page: str = "/sign-in", path: str = "/sign-in/passkey") -> int:
    shown = await browser.open(page)
    answer = await browser.submit(path, credential=device.get(options_of(shown.text, "get")))
    return answer.status_code


async def test_a_passkey_opens_the_account_without_address_password_or_code(world: World) -> None:
    """It is named, told by mail, asks to be verified, and notes its use; the session says how it began."""
    browser, person = await world.signed_in("ada@example.com")
    device = Authenticator()
    page = await browser.open("/account/passkeys/new")
    options = options_of(page.text, "create")
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert (options["rp"]["id"], options["user"]["name"]) == ("localhost", "ada@example.com")
    await _added(browser, device)
    assert "My telephone" in world.outbox.messages[-1].text
    other = world.browser()
    world.clock.now += 60
    device.count = 1
    assert options_of((await other.open("/sign-in")).text, "get")["userVerification"] == "required"
    assert await _used(other, device) == 303
    page = await other.open("/account/security")
    assert "with a passkey" in page.text
    (kept,) = await keys.list_passkeys(world.database, person.id)
    assert (kept.name, kept.sign_count, kept.last_used_at) == ("My telephone", 1, int(world.clock.now))
    # A device knows its own passkey: it is asked not to make a second one.
    page = await browser.open("/account/passkeys/new")
    assert [one["id"] for one in options_of(page.text, "create")["excludeCredentials"]] == [kept.credential_id]


async def test_the_password_can_go_and_come_back_but_never_the_last_way_in(world: World) -> None:
    """Without a passkey the password stays; without a password the last passkey stays."""
    browser, person = await world.signed_in("ada@example.com")
    refused = await browser.post("/account/password/remove", {"csrf": world.csrf(browser, "/account/password/remove")})
    assert (refused.status_code, "Nothing else would open" in refused.text) == (409, True)
    device, second = Authenticator(), Authenticator()
    await _added(browser, device)
    elsewhere = world.browser()
    await elsewhere.sign_in("ada@example.com")
    answer = await browser.visit("/account/security", "/account/password/remove")
    assert answer.headers["location"] == "/account/security?done=password_removed"
    assert not await elsewhere.is_signed_in()
    assert (await elsewhere.sign_in("ada@example.com")).status_code == 401
    refused = await browser.visit("/account/security", "/account/passkeys/remove")
    assert (refused.status_code, len(await keys.list_passkeys(world.database, person.id))) == (409, 1)
    world.clock.now += 1
    await _added(browser, second, "Another")
    answer = await browser.visit("/account/security", "/account/passkeys/remove")
    assert answer.headers["location"] == "/account/security?done=passkey_removed"
    assert await _used(world.browser(), device) == 401
    answer = await browser.visit("/account/security", "/account/password/set", password=NEW)
    assert answer.headers["location"] == "/account/security?done=password_changed"
    assert (await world.browser().sign_in("ada@example.com", NEW)).status_code == 303


async def test_whoever_lost_every_passkey_chooses_a_password_by_mail(world: World) -> None:
    """A mailed link opens an account that has no password."""
    browser, _ = await world.signed_in("ada@example.com")
    await _added(browser, Authenticator())
    await browser.visit("/account/security", "/account/password/remove")
    stranger = world.browser()
    await stranger.visit("/forgot-password", email="ada@example.com")
    await stranger.visit(world.outbox.link("ada@example.com"), "/reset-password", password=NEW)
    assert (await stranger.sign_in("ada@example.com", NEW)).status_code == 303


async def test_a_passkey_is_renamed_and_removed_by_its_owner_only(world: World) -> None:
    """Somebody else's form changes nothing and says the same."""
    ada, person = await world.signed_in("ada@example.com")
    bob, _ = await world.signed_in("bob@example.com")
    await _added(ada, Authenticator())
    await _added(bob, Authenticator())
    (kept,) = await keys.list_passkeys(world.database, person.id)
    for path, done in (("rename", "renamed"), ("remove", "removed")):
        await bob.open("/account/security")
        answer = await bob.submit(f"/account/passkeys/{path}", passkey_id=kept.id, name="Mine")
        assert answer.headers["location"] == f"/account/security?done=passkey_{done}"
    assert await keys.list_passkeys(world.database, person.id) == [kept]
    answer = await ada.visit("/account/security", "/account/passkeys/rename", name="")
    assert (answer.status_code, f'id="name-{kept.id}-error"' in answer.text) == (400, True)
    await ada.visit("/account/security", "/account/passkeys/rename", name="Blue key")
    assert [one.name for one in await keys.list_passkeys(world.database, person.id)] == ["Blue key"]


async def test_a_challenge_is_for_one_browser_one_purpose_ten_minutes_and_one_answer(world: World) -> None:
    """A right signature over any other challenge is refused."""
    ada, _ = await world.signed_in("ada@example.com")
    device, browser = Authenticator(), world.browser()
    await _added(ada, device)
    options = options_of((await browser.open("/sign-in")).text, "get")
    form = browser.form("/sign-in/passkey")
    thief = world.browser()
    await thief.open("/sign-in")
    assert (await thief.submit("/sign-in/passkey", credential=device.get(options))).status_code == 401
    confirming = options_of((await ada.open("/confirm")).text, "get")
    assert (await browser.post("/sign-in/passkey", {**form, "credential": device.get(confirming)})).status_code == 401
    forged = {"challenge": options["challenge"][:-4] + "AAAA"}
    assert (await browser.post("/sign-in/passkey", {**form, "credential": device.get(forged)})).status_code == 401
    once = {**form, "credential": device.get(options)}
    assert [(await browser.post("/sign-in/passkey", once)).status_code for _ in range(2)] == [303, 401]
    late = world.browser()
    options = options_of((await late.open("/sign-in")).text, "get")
    world.clock.now += 600
    assert (await late.submit("/sign-in/passkey", credential=device.get(options))).status_code == 401


Bent = Callable[[Authenticator], Authenticator]


def _bent(**values: object) -> Bent:
    def bend(device: Authenticator) -> Authenticator:
        kept = {"credential_id": device.credential_id, "key": device.key, "handle": device.handle, "count": 9}
        return Authenticator(**{**kept, **values})  # type: ignore[arg-type]

    return bend


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(_bent(origin="https://evil.example"), id="another origin"),
        pytest.param(_bent(rp_id="evil.example"), id="another relying party"),
        pytest.param(_bent(verified=False), id="nobody verified"),
        pytest.param(_bent(handle=bytes(16)), id="another person"),
        pytest.param(_bent(handle=b""), id="no person"),
        pytest.param(_bent(count=7), id="a counter that stands still"),
        pytest.param(_bent(count=3), id="a counter that goes back"),
        pytest.param(_bent(key=Authenticator().key), id="another key"),
        pytest.param(_bent(credential_id=b"unknown"), id="an unknown passkey"),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused(world: World, bend: Bent) -> None:
    """Each with the same words; the passkey itself works before and after."""
    browser, _ = await world.signed_in("ada@example.com")
    device = Authenticator(count=7)
    await _added(browser, device)
    assert await _used(world.browser(), bend(device)) == 401
    device.count = 8
    assert await _used(world.browser(), device) == 303


async def test_what_is_no_answer_of_a_browser_is_refused(world: World) -> None:
    """Garbage of every depth is 401, never an error of the server."""
    browser = world.browser()
    options = options_of((await browser.open("/sign-in")).text, "get")
    form = browser.form("/sign-in/passkey")
    good = Authenticator(handle=bytes(16)).get(options)
    texts = ["", "x", "null", "[]", "{}", '{"response": 1}', "[" * 20_000, good.replace("public-key", "x"), good[:-9]]
    texts += [good.replace('"id"', f'"{name}"') for name in ("", "ID")] + [good.replace("clientDataJSON", "c")]
    for text in texts:
        assert (await browser.post("/sign-in/passkey", {**form, "credential": text})).status_code == 401
    ada, _ = await world.signed_in("ada@example.com")
    await ada.open("/account/passkeys/new")
    form = ada.form("/account/passkeys")
    for text in texts:
        answer = await ada.post("/account/passkeys", {**form, "name": "x", "credential": text})
        assert answer.status_code == 400


async def test_a_passkey_of_a_disabled_person_opens_nothing(world: World) -> None:
    """Disabling shuts every way in."""
    browser, person = await world.signed_in("ada@example.com")
    device = Authenticator()
    await _added(browser, device)
    async with world.database.write() as transaction:
        await people.disable_user(transaction, person.id, int(world.clock.now), ())
    assert await _used(world.browser(), device) == 401


async def test_a_key_is_kept_once_and_an_account_has_at_most_twenty(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that anybody has already is refused, and so is one too many."""
    monkeypatch.setattr(keys, "MOST", 2)
    ada, person = await world.signed_in("ada@example.com")
    bob, _ = await world.signed_in("bob@example.com")
    device = Authenticator()
    await _added(ada, device)
    page = await bob.open("/account/passkeys/new")
    credential = device.create(options_of(page.text, "create"))
    assert (await bob.submit("/account/passkeys", name="x", credential=credential)).status_code == 400
    await _added(ada, Authenticator())
    page = await ada.open("/account/passkeys/new")
    credential = Authenticator().create(options_of(page.text, "create"))
    assert (await ada.submit("/account/passkeys", name="x", credential=credential)).status_code == 400
    assert len(await keys.list_passkeys(world.database, person.id)) == 2


async def test_a_passkey_confirms_its_own_person_only(world: World) -> None:
    """With it a dangerous act is open again; the passkey of somebody else confirms nothing."""
    ada, _ = await world.signed_in("ada@example.com")
    bob, _ = await world.signed_in("bob@example.com")
    mine, foreign = Authenticator(), Authenticator()
    await _added(ada, mine)
    await _added(bob, foreign)
    world.clock.now += 600
    assert (await ada.open("/account/email")).headers["location"] == "/confirm?return_to=%2Faccount%2Femail"
    assert await _used(ada, foreign, "/confirm", "/confirm/passkey") == 401
    assert await _used(ada, mine, "/confirm", "/confirm/passkey") == 303
    assert (await ada.open("/account/email")).status_code == 200
    assert PASSWORD not in ada.page.text

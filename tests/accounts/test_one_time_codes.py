"""One-time codes and recovery codes: turned on, asked for, used up, limited, turned off."""

import re

import pytest
from tests.accounts.conftest import NOW, PASSWORD, Browser, World

from polar_server.accounts.one_time_codes import codes, recovery, totp
from polar_server.accounts.people import Person

RFC_SECRET = b"12345678901234567890"
SECURITY = "/account/security"
_RECOVERY = re.compile(r"[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}")


@pytest.mark.parametrize(
    "seconds,code",
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """The test vectors of RFC 6238, Appendix B."""
    assert totp.code_at(RFC_SECRET, seconds // 30, digits=8) == code
    assert totp.step_of(RFC_SECRET, code[2:], seconds) == seconds // 30


def test_a_code_counts_one_step_to_each_side() -> None:
    """Thirty seconds before and after its own thirty; nothing else is a code."""
    code = totp.code_at(RFC_SECRET, 100)
    steps = [totp.step_of(RFC_SECRET, code, 30 * step) for step in (98, 99, 100, 101, 102)]
    assert steps == [None, 100, 100, 100, None]
    assert not any(totp.is_code(text) for text in ("", "12345", "1234567", "12345a", "١٢٣٤٥٦", "12345\n"))
    assert totp.shown(RFC_SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    assert totp.uri(b"\0" * 20, "Polar", "a+b@example.com").startswith(
        "otpauth://totp/Polar:a%2Bb%40example.com?secret="
    )


def test_recovery_codes_are_read_however_they_are_typed() -> None:
    """Case, hyphens and blanks do not matter; anything else is no code."""
    code = recovery.mint()
    assert re.fullmatch(r"[2-9a-hjkmnp-z]{4}(-[2-9a-hjkmnp-z]{4}){2}", code)
    assert recovery.normalized(f" {code.upper().replace('-', ' ')} ") == code.replace("-", "")
    assert [recovery.normalized(text) for text in ("", code[:-1], code + "2", code[:-1] + "l")] == [None] * 4


async def _turned_on(world: World, address: str = "ada@example.com") -> tuple[Browser, Person, bytes, list[str]]:
    """Somebody who signs in with codes: their browser, their app's secret, their recovery codes."""
    browser, person = await world.signed_in(address)
    page = await browser.open("/account/codes")
    secret = _secret(page.text)
    answer = await browser.submit("/account/codes", code=_code(world, secret))
    assert answer.status_code == 303, answer.text
    answer = await browser.open(answer.headers["location"])
    found = _RECOVERY.findall(answer.text)
    world.clock.now += 30
    return browser, person, secret, found


def _secret(page: str) -> bytes:
    import base64

    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert shown
    return base64.b32decode(shown[1].replace(" ", ""))


def _code(world: World, secret: bytes, drift: int = 0) -> str:
    return totp.code_at(secret, int(world.clock.now) // 30 + drift)


async def _half(world: World, browser: Browser | None = None) -> Browser:
    """A browser that has given the password and is asked for the code."""
    browser = browser or world.browser()
    answer = await browser.sign_in("ada@example.com")
    assert (answer.status_code, "Enter your code" in answer.text) == (200, True)
    assert not await _is_in(browser)
    browser.page = answer
    return browser


async def _is_in(browser: Browser) -> bool:
    return (await browser.client.get("/account")).status_code == 200


async def test_codes_are_on_only_when_one_was_entered(world: World) -> None:
    """A wrong first code keeps the picture and turns nothing on; the right one shows ten recovery codes."""
    browser, person = await world.signed_in("ada@example.com")
    other = world.browser()
    await other.sign_in("ada@example.com")
    page = await browser.open("/account/codes")
    secret = _secret(page.text)
    assert '<svg role="img"' in page.text
    for wrong in ("", "000000", _code(world, secret, 5)):
        answer = await browser.submit("/account/codes", code=wrong)
        assert (answer.status_code, _secret(answer.text)) == (400, secret)
    assert not await codes.is_on(world.database, person.id)
    answer = await browser.submit("/account/codes", code=f" {_code(world, secret)[:3]} {_code(world, secret)[3:]}")
    shown = await browser.open(answer.headers["location"])
    assert len(set(_RECOVERY.findall(shown.text))) == 10
    assert "Your recovery codes were shown once." in (await browser.open(answer.headers["location"])).text
    assert await codes.is_on(world.database, person.id)
    assert "turned on" in world.outbox.messages[-1].text
    assert await _is_in(browser)
    assert not await _is_in(other)
    assert (await browser.open("/account/codes")).headers["location"] == SECURITY
    assert "10 of 10" in (await browser.open(SECURITY)).text


async def test_a_double_click_shows_recovery_codes_that_work(world: World) -> None:
    """Each form that is sent twice makes the same ten codes, and tells of them once."""
    browser, person = await world.signed_in("ada@example.com")
    page = await browser.open("/account/codes")
    code = _code(world, _secret(page.text))
    for action, typed in (("/account/codes", {"code": code}), ("/account/recovery-codes", {})):
        mails: int = len(world.outbox.messages)
        shown: set[tuple[str, ...]] = set()
        for _ in range(2):
            browser.page = page
            answer = await browser.submit(action, **typed)
            shown.add(tuple(_RECOVERY.findall((await browser.open(answer.headers["location"])).text)))
        [made] = shown
        assert (len(made), len(world.outbox.messages)) == (10, mails + 1)
        assert await recovery.count_codes(world.database, person.id) == 10
        page = await browser.open(SECURITY)
    assert (await (await _half(world)).submit("/sign-in/code", code=made[0])).status_code == 303


async def test_the_secret_of_a_form_is_for_its_session_and_a_quarter_of_an_hour(world: World) -> None:
    """Another session's form, one that is too old, and garbage begin again."""
    browser, person = await world.signed_in("ada@example.com")
    page = await browser.open("/account/codes")
    setup, code = browser.form("/account/codes")["setup"], _code(world, _secret(page.text))
    other = world.browser()
    await other.sign_in("ada@example.com")
    await other.open("/account/codes")
    for sent in (setup, "", "x:00", setup[:-1]):
        assert (await other.submit_with({}, "/account/codes", setup=sent, code=code)).headers["location"]
        await other.open("/account/codes")
    world.clock.now += 900
    assert (await browser.submit("/account/codes", code=code)).headers["location"] == "/account/codes"
    assert not await codes.is_on(world.database, person.id)


async def test_the_password_alone_opens_nothing_and_each_code_once(world: World) -> None:
    """A code works once, one step to each side; the session says how it began."""
    _, _, secret, _ = await _turned_on(world)
    browser, second = await _half(world), await _half(world)
    answer = await browser.submit("/sign-in/code", code="")
    assert (answer.status_code, 'id="code-error"' in answer.text) == (400, True)
    assert (await browser.submit("/sign-in/code", code=_code(world, secret, 2))).status_code == 401
    code = _code(world, secret, 1)
    answer = await browser.submit("/sign-in/code", code=code)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "with the password and a code" in (await browser.open(SECURITY)).text
    assert (await second.submit("/sign-in/code", code=code)).status_code == 401
    # Nor an earlier one, which somebody may have looked at over a shoulder.
    assert (await second.submit("/sign-in/code", code=_code(world, secret))).status_code == 401
    world.clock.now += 60
    assert (await second.submit("/sign-in/code", code=_code(world, secret))).status_code == 303


async def test_where_it_leads_to_outlives_the_code(world: World) -> None:
    """The page that was asked for is where the second step leads."""
    _, _, secret, _ = await _turned_on(world)
    browser, path = world.browser(), "/sign-in?return_to=%2Fdashboard%2Forganizations"
    await browser.open(path)
    await browser.submit(path, email="ada@example.com", password=PASSWORD)
    action = path.replace("sign-in", "sign-in/code")
    answer = await browser.submit(action, code=_code(world, secret))
    assert answer.headers["location"] == "/dashboard/organizations"


async def test_half_a_sign_in_is_of_one_browser_and_short_and_of_one_password(world: World) -> None:
    """Sealed state from elsewhere, too old, or from before a new password leads back to the beginning or nowhere."""
    browser, person, secret, _ = await _turned_on(world)
    half, other = await _half(world), await _half(world)
    stolen = half.form("/sign-in/code")["state"]
    again = "/sign-in?done=took_too_long"
    for state in (stolen, "", "x", stolen[:-2]):
        form = {**other.form("/sign-in/code"), "state": state, "code": _code(world, secret)}
        assert (await other.post("/sign-in/code", form)).headers["location"] == again
    await browser.visit(SECURITY, "/account/password", current_password=PASSWORD, password="another quiet lamp")
    assert (await half.submit("/sign-in/code", code=_code(world, secret))).status_code == 401
    world.clock.now += 600
    answer = await other.submit("/sign-in/code", code=_code(world, secret))
    assert answer.headers["location"] == again
    assert person.id not in stolen


async def test_guessing_codes_is_limited_for_the_account_wherever_it_comes_from(world: World) -> None:
    """Five tries in a quarter of an hour, counted in the database; then also the right one waits."""
    _, _, secret, _ = await _turned_on(world)
    tries = []
    for n in range(6):
        browser = await _half(world, world.browser(f"198.51.100.{n}"))
        tries.append((await browser.submit("/sign-in/code", code=f"{n:06}")).status_code)
    assert tries == [401] * 5 + [429]
    world.clock.now += 901
    assert (await (await _half(world)).submit("/sign-in/code", code=_code(world, secret))).status_code == 303


async def test_a_recovery_code_stands_in_once(world: World) -> None:
    """However it is typed; new ones replace the old, and what is kept of them is no code."""
    browser, person, _, made = await _turned_on(world)
    half = await _half(world)
    assert (await half.submit("/sign-in/code", code=made[0].upper().replace("-", " "))).status_code == 303
    assert (await (await _half(world)).submit("/sign-in/code", code=made[0])).status_code == 401
    assert await recovery.count_codes(world.database, person.id) == 9
    answer = await browser.visit(SECURITY, "/account/recovery-codes")
    answer = await browser.open(answer.headers["location"])
    fresh = _RECOVERY.findall(answer.text)
    assert (len(fresh), set(fresh) & set(made)) == (10, set())
    assert (await (await _half(world)).submit("/sign-in/code", code=made[1])).status_code == 401
    assert (await (await _half(world)).submit("/sign-in/code", code=fresh[1])).status_code == 303


async def test_a_code_of_somebody_else_opens_nothing(world: World) -> None:
    """Neither their one-time code nor their recovery code."""
    await _turned_on(world)
    _, _, secret, made = await _turned_on(world, "bob@example.com")
    half = await _half(world)
    for code in (_code(world, secret), made[0]):
        assert (await half.submit("/sign-in/code", code=code)).status_code == 401


async def test_codes_turned_off_are_asked_no_more(world: World) -> None:
    """The recovery codes go with them, other sessions end, and a mail says so."""
    browser, person, secret, _ = await _turned_on(world)
    other = await _half(world)
    await other.submit("/sign-in/code", code=_code(world, secret))
    answer = await browser.visit(SECURITY, "/account/codes/off")
    assert answer.headers["location"] == f"{SECURITY}?done=codes_off"
    assert not await _is_in(other)
    assert "turned off" in world.outbox.messages[-1].text
    assert await recovery.count_codes(world.database, person.id) == 0
    assert (await world.browser().sign_in("ada@example.com")).status_code == 303


async def test_a_new_password_by_mail_does_not_replace_the_code(world: World) -> None:
    """Whoever reads the mailbox has one factor only."""
    await _turned_on(world)
    stranger = world.browser()
    await stranger.visit("/forgot-password", email="ada@example.com")
    await stranger.visit(world.outbox.link("ada@example.com"), "/reset-password", password="another quiet lamp")
    answer = await stranger.sign_in("ada@example.com", "another quiet lamp")
    assert (answer.status_code, "Enter your code" in answer.text) == (200, True)


async def test_the_secret_is_sealed_and_follows_the_server_key(world: World) -> None:
    """The database alone makes no codes; after a new server key the next code seals the secret anew."""
    from polar_server.accounts.one_time_codes.queries import FIND_SECRET
    from polar_server.oauth.server_keys import ServerKeys

    _, person, secret, _ = await _turned_on(world)
    renewed = ServerKeys([bytes(range(1, 33)), bytes(range(32))])
    async with world.database.write() as transaction:
        before = (await transaction.one(FIND_SECRET, user_id=person.id))["sealed_secret"]
        code = _code(world, secret)
        assert await codes.check(transaction, renewed, person.id, code, int(world.clock.now))
        after = (await transaction.one(FIND_SECRET, user_id=person.id))["sealed_secret"]
    assert secret.hex() not in before
    assert (renewed.is_current(before), renewed.is_current(after)) == (False, True)
    assert world.clock.now > NOW

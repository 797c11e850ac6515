"""Tokens that turn up somewhere: the form that explains and ends them, and the signed reports of secret scanning."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.receiver import answer, receiving
from tests.world import App, Browser, World

from polar_server.accounts.roles import Role
from polar_server.audit import Actor
from polar_server.authorization_server import check_token, clients, organization_tokens, scanning_keys
from polar_server.authorization_server.clients import Ownership
from polar_server.authorization_server.found_token_words import WORDS
from polar_server.authorization_server.found_tokens import Description, State, describe_token, revoke_found
from polar_server.authorization_server.organization_tokens import read_new
from polar_server.authorization_server.scanning_keys import KeysUnavailable, ScanningKeys, is_signed, read_keys
from polar_server.authorization_server.secret_scanning import MOST_BODY, PATH
from polar_server.database import Statement
from polar_server.mail import Mailer, Message
from polar_server.oauth import tokens
from polar_server.oauth.tokens import ENTROPY_BYTES, TokenKind
from polar_server.outbound import Outbound
from polar_server.settings import Settings

KEY = ec.generate_private_key(ec.SECP256R1())
PAGE = "/account/check-token"
_ACTS = Statement("""
    SELECT user_id, organization_id, subject_user_id, target_id, user_agent, detail FROM audit_entries
    WHERE act = :act ORDER BY id
""")

pytestmark = pytest.mark.anyio


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    made = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return made.decode()


def key_list(**keys: ec.EllipticCurvePrivateKey) -> bytes:
    listed = [{"key_identifier": name, "key": pem(key), "is_current": True} for name, key in keys.items()]
    return json.dumps({"public_keys": listed}).encode()


def signed(body: bytes, key: ec.EllipticCurvePrivateKey = KEY) -> str:
    return base64.b64encode(key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Reports are taken that this test's key signed."""
    path = tmp_path / "keys.json"
    path.write_bytes(key_list(ours=KEY))
    return replace(settings, secret_scanning_keys=str(path))


@dataclass
class Everything:
    """One token of every kind that can be ended, with ways to see whether it works."""

    texts: dict[TokenKind, str]
    works: dict[TokenKind, Callable[[], Any]]
    organization_id: str


async def api_status(world: World, text: str) -> bool:
    answered = await world.http.get("/v1/products/", headers={"Authorization": f"Bearer {text}"})
    return answered.status_code == 200


async def everything(world: World, person: str) -> Everything:
    """Ada's tokens, each of a grant or client of its own."""
    organization_id = await world.organization("harbour", person)
    browser = await world.browser(person)
    texts: dict[TokenKind, str] = {}
    works: dict[TokenKind, Callable[[], Any]] = {}
    for kind, member, organization in (
        (TokenKind.USER_ACCESS_TOKEN, "access_token", None),
        (TokenKind.ORGANIZATION_ACCESS_TOKEN, "access_token", organization_id),
        (TokenKind.USER_REFRESH_TOKEN, "refresh_token", None),
        (TokenKind.ORGANIZATION_REFRESH_TOKEN, "refresh_token", organization_id),
    ):
        made = await world.tokens(await world.app(), browser, organization)
        texts[kind] = made[member]
        works[kind] = partial(api_status, world, made["access_token"])
    app = await world.app(ownership=Ownership(person))
    texts[TokenKind.AUTHORIZATION_CODE] = await world.allowed(app, browser)
    works[TokenKind.AUTHORIZATION_CODE] = lambda: redeems(app, texts[TokenKind.AUTHORIZATION_CODE])
    owned = await world.app(ownership=Ownership(person))
    texts[TokenKind.CLIENT_SECRET] = owned.made.client_secret or ""
    works[TokenKind.CLIENT_SECRET] = lambda: authenticates(owned)
    texts[TokenKind.REGISTRATION_TOKEN] = owned.made.registration_access_token
    works[TokenKind.REGISTRATION_TOKEN] = lambda: configures(owned)
    other = await world.browser(person)
    texts[TokenKind.SESSION] = other.http.cookies["polar_session"]
    works[TokenKind.SESSION] = lambda: is_signed_in(other)
    oat = await issue(world, organization_id, person)
    texts[TokenKind.ORGANIZATION_TOKEN] = oat
    works[TokenKind.ORGANIZATION_TOKEN] = lambda: api_status(world, oat)
    return Everything(texts, works, organization_id)


async def issue(world: World, organization_id: str, user_id: str) -> str:
    new, now_ms = read_new("Nightly export", ("products:read",), None), int(world.clock() * 1000)
    async with world.server.database.write() as tx:
        issued = organization_tokens.issue_token(
            tx, world.server.server_keys, new, organization_id, Actor(user_id), now_ms
        )
        return (await issued).text


async def redeems(app: App, code: str) -> bool:
    return (await app.redeem(code)).status_code == 200


async def authenticates(app: App) -> bool:
    return (await app.http.post("/v1/oauth2/introspect", data={**app.credentials, "token": "x"})).status_code == 200


async def configures(app: App) -> bool:
    headers = {"Authorization": f"Bearer {app.made.registration_access_token}"}
    return (await app.http.get(f"/v1/oauth2/register/{app.client_id}", headers=headers)).status_code == 200


async def is_signed_in(browser: Browser) -> bool:
    return (await browser.open(PAGE)).status_code == 200


async def report(world: World, *texts: str, url: str = "https://git.example/commit/1") -> list[str]:
    body = json.dumps([{"token": text, "type": "a_type", "url": url, "source": "commit"} for text in texts]).encode()
    answered = await post(world, body)
    assert answered.status_code == 200, answered.text
    assert [(item["token_raw"], item["token_type"]) for item in answered.json()] == [(text, "a_type") for text in texts]
    return [item["label"] for item in answered.json()]


async def post(world: World, body: bytes, key_id: str = "ours", signature: str | None = None) -> httpx.Response:
    headers = {
        "Github-Public-Key-Identifier": key_id,
        "Github-Public-Key-Signature": signed(body) if signature is None else signature,
        "Content-Type": "application/json",
    }
    return await world.http.post(PATH, content=body, headers=headers)


async def acts(world: World, act: str) -> list[tuple[Any, ...]]:
    """(who, of which organization, what) of the entries of this act."""
    async with world.server.database.read() as tx:
        return [tuple(row) for row in await tx.all(_ACTS, act=act)]


def another(kind: TokenKind) -> str:
    return tokens.mint(kind, 1_800_000_000_000, bytes(range(ENTROPY_BYTES))).text


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """What is sent."""
    sent: list[Message] = []
    monkeypatch.setattr(Mailer, "post", lambda _, message: sent.append(message))
    return sent


async def describe(world: World, text: str, user_id: str) -> Description:
    return await describe_token(world.server, text, user_id)


async def test_every_kind_is_explained_and_ended_by_its_holder(world: World, person: str) -> None:
    """What works is alive, the person's, and ended once; then it is dead, and what it stood for does not work."""
    had = await everything(world, person)
    assert set(had.texts) | {TokenKind.CLIENT_ID, TokenKind.MAIL_LINK, TokenKind.CHECKOUT} == set(TokenKind)
    for kind, text in had.texts.items():
        if kind is not TokenKind.AUTHORIZATION_CODE:  # asking would use it up
            assert await had.works[kind](), kind
        seen = await describe(world, f" {text}\n", person)
        assert (seen.state, seen.kind, seen.may_revoke, seen.is_own) == (State.ALIVE, kind, True, True), kind
        assert text not in repr(seen)
        found = seen.found
        assert found is not None
        assert await revoke_found(world.server, kind, found.id, Actor(person)) == found
        assert not await had.works[kind](), kind
        assert await revoke_found(world.server, kind, found.id, Actor(person)) is None
        after = await describe(world, text, person)
        assert (after.state, after.may_revoke) in {(State.DEAD, False), (State.UNKNOWN, False)}, kind
    kept = await acts(world, "token.ended")
    assert [(user, subject) for user, _, subject, *_ in kept] == [(person, person)] * len(had.texts)
    assert not [text for text in had.texts.values() if text in repr(kept)]


async def test_what_is_none_of_ours_costs_no_look(world: World, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another service's token, a mistyped one and a client id are told by their form, before any look."""
    known = another(TokenKind.ORGANIZATION_TOKEN)
    for text in (known, f'POLAR_TOKEN="{known}"', f"see {known}, please"):
        assert (await describe(world, text, person)).state is State.UNKNOWN
    monkeypatch.setattr(world.server.database, "read", None)
    for text, state in (
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", State.NOT_OURS),
        ("", State.NOT_OURS),
        (known[:-1], State.MISTYPED),
        (known[:-1] + ("a" if known[-1] != "a" else "b"), State.MISTYPED),
        ("polar_bear", State.NOT_OURS),
        (known + "x" * 10_000, State.MISTYPED),
        (another(TokenKind.CLIENT_ID), State.HARMLESS),
        (another(TokenKind.MAIL_LINK), State.HARMLESS),
    ):
        seen = await describe(world, text, person)
        assert (seen.state, seen.may_revoke, seen.is_known) == (state, False, False), text


async def test_a_stranger_learns_only_that_it_works(world: World, person: str) -> None:
    """Neither a stranger nor a member who manages nothing learns whose it is, or ends it; an admin does."""
    had = await everything(world, person)
    stranger, member, admin = [await world.person(f"{name}@example.com") for name in ("eve", "mia", "ann")]
    await world.join(had.organization_id, member, Role.MEMBER)
    await world.join(had.organization_id, admin, Role.ADMIN)
    for kind, text in had.texts.items():
        for other in (stranger, member):
            seen = await describe(world, text, other)
            assert (seen.state, seen.may_revoke, seen.found, seen.name, seen.organization_name) == (
                State.ALIVE,
                False,
                None,
                None,
                None,
            )
            token = tokens.parse(text, kind)
            assert token is not None
            assert await revoke_found(world.server, kind, token.id, Actor(other)) is None
    for kind in (TokenKind.ORGANIZATION_TOKEN, TokenKind.ORGANIZATION_REFRESH_TOKEN):
        seen = await describe(world, had.texts[kind], admin)
        assert (seen.may_revoke, seen.is_own, seen.organization_name) == (True, False, "Harbour")
    assert not (await describe(world, had.texts[TokenKind.USER_ACCESS_TOKEN], admin)).may_revoke


async def test_a_digest_proves_it(world: World, person: str) -> None:
    """A well-formed text with a known id and other random characters is not the token."""
    had = await everything(world, person)
    for kind, text in had.texts.items():
        token = tokens.parse(text, kind)
        assert token is not None
        forged = tokens.assemble(kind, token.id, bytes(range(ENTROPY_BYTES))).text
        assert (await describe(world, forged, person)).state is State.UNKNOWN


async def test_the_form_explains_and_ends(world: World, person: str, browser: Browser) -> None:
    """The page shows the beginning of the token alone, and ends it; a reference of another session does not."""
    text = await issue(world, await world.organization("harbour", person), person)
    await browser.open(PAGE)
    page = await browser.submit(PAGE, token=text)
    assert (page.status_code, text in page.text, f"{text[:21]}…" in page.text) == (200, False, True)
    assert WORDS[TokenKind.ORGANIZATION_TOKEN].ending[1:] in page.text
    reference = page.text.split('name="reference" value="')[1].split('"')[0]
    other = await world.browser(person)
    await other.open(PAGE)
    await other.submit(PAGE, token=text)
    assert (await other.submit(f"{PAGE}/end", reference=reference)).status_code == 404
    assert await api_status(world, text)
    ended = await browser.submit(f"{PAGE}/end")
    assert (ended.status_code, ended.headers["location"]) == (303, f"{PAGE}?done=ended")
    assert not await api_status(world, text)
    assert "The token is ended" in (await browser.open(f"{PAGE}?done=ended")).text


async def test_the_form_asks_who_it_is(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is for people who are signed in, by its own form, and only so often."""
    nobody = await world.browser()
    assert (await nobody.open(PAGE)).headers["location"].startswith("/sign-in")
    assert (await browser.http.post(PAGE, data={"token": "polar_oat_x"})).status_code == 403
    await browser.open(PAGE)
    assert "Paste a token." in (await browser.submit(PAGE, token=" ")).text
    monkeypatch.setattr(check_token, "TRIES", 2)
    assert "Incomplete or mistyped" in (await browser.submit(PAGE, token="polar_oat_x")).text
    refused = await browser.submit(PAGE, token="polar_oat_x")
    assert (refused.status_code, int(refused.headers["Retry-After"])) == (429, check_token.WINDOW)


async def test_a_report_ends_every_kind(world: World, person: str, mails: list[Message]) -> None:
    """What is ours is a true positive, ended once with a mail and an entry; the rest is false, and nothing happens."""
    had = await everything(world, person)
    admin = await world.person("ann@example.com")
    await world.join(had.organization_id, admin, Role.ADMIN)
    foreign = [another(TokenKind.SESSION), "ghp_x", had.texts[TokenKind.SESSION][:-1], another(TokenKind.CLIENT_ID)]
    labels = await report(world, *had.texts.values(), *foreign)
    assert labels == ["true_positive"] * len(had.texts) + ["false_positive"] * len(foreign)
    assert not [kind for kind, works in had.works.items() if await works()]
    told = [message.to for message in mails]
    assert sorted(told) == ["ada@example.com"] * len(had.texts) + ["ann@example.com"]
    for message in mails:
        assert "https://git.example/commit/1" in message.text
        assert not [text for text in had.texts.values() if text in message.text]
    kept = await acts(world, "token.reported")
    assert {(user, subject, agent) for user, _, subject, _, agent, _ in kept} == {(None, person, "secret scanning")}
    assert len(kept) == len(had.texts)
    assert not [text for text in had.texts.values() if text in repr(kept)]
    again = await report(world, had.texts[TokenKind.SESSION], had.texts[TokenKind.CLIENT_SECRET])
    assert (again, len(mails)) == (["true_positive"] * 2, len(had.texts) + 1)


async def test_secrets_of_a_rotation_are_told_apart(world: World, person: str, mails: list[Message]) -> None:
    """A previous secret that leaks ends alone; the newest one is replaced, and the next one works again."""
    app = await world.app(ownership=Ownership(person))
    first = app.made.client_secret or ""
    second = await rotate(world, app)
    assert await report(world, first) == ["true_positive"]
    assert [await authenticates(with_secret(app, secret)) for secret in (first, second)] == [False, True]
    assert await report(world, second) == ["true_positive"]
    assert not await authenticates(with_secret(app, second))
    third = await rotate(world, app)
    assert [await authenticates(with_secret(app, secret)) for secret in (first, second, third)] == [False, False, True]
    assert [message.to for message in mails] == ["ada@example.com"] * 2


async def rotate(world: World, app: App) -> str:
    async with world.server.database.write() as tx:
        now_ms = int(world.clock() * 1000)
        return await clients.rotate_secret(tx, world.server.server_keys, app.client_id, now_ms) or ""


def with_secret(app: App, secret: str) -> App:
    return replace(app, made=replace(app.made, client_secret=secret))


async def test_only_a_signed_report_is_read(world: World, person: str, mails: list[Message]) -> None:
    """A key that is not listed is 400, a signature that does not fit 403, and a body that is none 400."""
    text = await issue(world, await world.organization("harbour", person), person)
    body = json.dumps([{"token": text, "type": "t", "url": "https://git.example/"}]).encode()
    stranger = ec.generate_private_key(ec.SECP256R1())
    for answered, status in (
        (await post(world, body, key_id="theirs"), 400),
        (await post(world, body, signature=signed(body, stranger)), 403),
        (await post(world, body, signature=signed(body + b" ")), 403),
        (await post(world, body, signature=""), 403),
        (await post(world, body, signature="no base64"), 403),
        (await post(world, b"{}"), 400),
        (await post(world, b"[{}]"), 400),
        (await post(world, b"[\xff]"), 400),
        (await post(world, json.dumps([{"token": "x"}] * 501).encode()), 413),
        (await post(world, b"[" + b" " * MOST_BODY + b"]"), 413),
    ):
        assert (answered.status_code, answered.json()["detail"] != "") == (status, True), answered.text
    assert await api_status(world, text)
    assert (await post(world, b"[]")).json() == []
    assert mails == []
    assert await report(world, text, url="javascript:alert(1)\n") == ["true_positive"]
    assert "javascript" not in mails[0].text


async def test_keys_are_fetched_and_remembered() -> None:
    """The list is asked for once a day, and at most once a minute for a key that is not in it; an outage is told."""
    clock = [1000.0]
    other = ec.generate_private_key(ec.SECP256R1())
    async with receiving() as receiver:
        lists = [key_list(first=KEY), key_list(second=other)]
        receiver.answers = [*(answer(200, listed.decode()) for listed in lists), answer(500)]
        keys = ScanningKeys(receiver.url, Outbound(loopback=True), lambda: clock[0])
        assert await keys.find("first") is not None
        assert await keys.find("second") is None
        assert len(receiver.got) == 1
        clock[0] += scanning_keys.ASK_EVERY
        assert await keys.find("second") is not None
        assert await keys.find("first") is None
        assert len(receiver.got) == 2
        clock[0] += scanning_keys.KEPT
        with pytest.raises(KeysUnavailable):
            await keys.find("second")
        with pytest.raises(KeysUnavailable):
            await keys.find("second")
        assert [(request.path, request.body) for request in receiver.got] == [("/hook", b"")] * 3


def test_only_keys_of_the_curve_are_taken() -> None:
    """A list of anything but P-256 keys is none, and a signature of another curve does not fit."""
    other = ec.generate_private_key(ec.SECP384R1())
    assert list(read_keys(key_list(good=KEY, other=other))) == ["good"]
    for document in (
        key_list(other=other),
        b"{}",
        b"no json",
        b'{"public_keys": [{"key_identifier": "a", "key": "b"}]}',
    ):
        with pytest.raises(ValueError, match=r"."):
            read_keys(document)
    assert not is_signed(b"body", signed(b"body", other), KEY.public_key())

"""A server with nothing but accounts, a browser that fills in its forms, and people to be."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from litestar import Litestar, Request
from litestar.di import Provide
from litestar.exceptions import HTTPException

from polar_server import accounts
from polar_server.accounts import endpoints, people
from polar_server.accounts.desk import leads_to_no_app
from polar_server.accounts.guards import SignInRequired
from polar_server.accounts.passwords import Passwords, PasswordsBusy, Verification
from polar_server.accounts.people import NewPerson, Person
from polar_server.accounts.sessions import Session, find_session
from polar_server.database import Database, Transaction
from polar_server.html import Pages, cookies, csrf, redirect
from polar_server.mail import Message
from polar_server.oauth.errors import InvalidRequest
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings

NOW = 1_800_000_000
PASSWORD = "a quiet green lamp"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
TEMPLATES = {"accounts": Path(accounts.__file__).parent / "templates"}


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


class CountingPasswords(Passwords):
    """Cheap hashes, and how many comparisons were made."""

    verifications = 0

    async def verify(self, password: str, password_hash: str | None) -> Verification:
        self.verifications += 1
        return await super().verify(password, password_hash)


@dataclass
class Outbox:
    """A mailer that keeps what it is given."""

    messages: list[Message] = field(default_factory=list)

    def post(self, message: Message) -> str:
        self.messages.append(message)
        return "<id@test>"

    def link(self, to: str) -> str:
        """The path and query of the last link mailed to this address."""
        text = next(message.text for message in reversed(self.messages) if message.to == to)
        return str(re.findall(r"http://localhost:8000(/\S+\?token=\S+)", text)[-1])


class Forms(HTMLParser):
    """The forms of a page: action -> hidden fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("method") == "post":
            self.forms.append((values["action"], {}))
        if tag == "input" and values.get("type") == "hidden" and self.forms:
            self.forms[-1][1][values["name"]] = values["value"]


class Browser:
    """A browser with its own cookies and network address. `submit` fills in a form of the page it shows."""

    def __init__(self, app: Litestar, issuer: str, address: str = "203.0.113.5") -> None:
        transport = httpx.ASGITransport(app=app, client=(address, 50_000))  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url=issuer, verify=False)
        self.page: httpx.Response

    async def open(self, path: str, **headers: str) -> httpx.Response:
        self.page = await self.client.get(path, headers=headers)
        return self.page

    def form(self, action: str) -> dict[str, str]:
        """The hidden fields of the first form of the page that posts there."""
        return next(fields for target, fields in Forms(self.page.text).forms if target == action)

    def forms(self, action: str) -> list[dict[str, str]]:
        """The hidden fields of every form of the page that posts there."""
        return [fields for target, fields in Forms(self.page.text).forms if target == action]

    async def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        return await self.client.post(path, data=form, headers=headers)

    async def submit(self, action: str, **typed: str) -> httpx.Response:
        return await self.submit_with({}, action, **typed)

    async def submit_with(self, headers: dict[str, str], action: str, **typed: str) -> httpx.Response:
        self.page = await self.client.post(action, data={**self.form(action), **typed}, headers=headers)
        return self.page

    async def visit(self, path: str, action: str = "", **typed: str) -> httpx.Response:
        """Open a page and submit its form, which posts to the same path unless told otherwise."""
        await self.open(path)
        return await self.submit(action or path, **typed)

    async def sign_in(self, email: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        await self.open("/sign-in?login_hint=")
        return await self.submit_with(headers, "/sign-in", email=email, password=password)

    async def is_signed_in(self) -> bool:
        return (await self.open("/account")).status_code == 200

    @property
    def session_cookie(self) -> str | None:
        return self.client.cookies.get("polar_session")


@dataclass
class Ended:
    """Who was told that a person's credentials changed."""

    user_ids: list[str] = field(default_factory=list)

    async def __call__(self, _transaction: Transaction, user_id: str, _now: int) -> None:
        self.user_ids.append(user_id)


@dataclass
class World:
    """The parts of the server under test."""

    app: Litestar
    database: Database
    settings: Settings
    server_keys: ServerKeys
    clock: Clock
    passwords: CountingPasswords
    outbox: Outbox
    ended: Ended
    browser: Callable[..., Browser]

    async def person(self, email: str, *, name: str = "Ada", verified: bool = True) -> Person:
        """A person whose password is PASSWORD."""
        new = NewPerson(email, name, CHEAP.hash(PASSWORD), verified=verified)
        async with self.database.write() as transaction:
            return await people.create_user(transaction, new, int(self.clock.now))

    def csrf(self, browser: Browser, action: str) -> str:
        """A token that fits a form which the page did not show to the person who is signed in here."""
        session_id = (browser.session_cookie or "").removeprefix("polar_us_")[:11]
        return csrf.token(self.server_keys, session_id, action)

    async def signed_in(self, email: str, **values: Any) -> tuple[Browser, Person]:
        """A new person, and a browser in which they are signed in."""
        person = await self.person(email, **values)
        browser = self.browser()
        assert (await browser.sign_in(email)).status_code == 303
        return browser, person


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
async def world(database: Database, settings: Settings) -> AsyncIterator[World]:
    server_keys, clock, outbox, ended = ServerKeys([bytes(range(32))]), Clock(), Outbox(), Ended()
    passwords = CountingPasswords(2, waiting=200, hasher=CHEAP)
    pages = Pages(TEMPLATES, settings, server_keys)

    async def session(request: Request[Any, Any, Any]) -> Session | None:
        return await find_session(database, server_keys, settings, cookies.session(request, settings), int(clock.now))

    _parts.clear()
    _parts.update(
        settings=settings,
        database=database,
        server_keys=server_keys,
        clock=clock,
        passwords=passwords,
        mailer=outbox,
        pages=pages,
        describe_return_to=leads_to_no_app,
        on_credentials_changed=(ended,),
        on_account_deleted=(ended,),
        kept_elsewhere=(_kept_apps,),
        session=session,
    )
    app = _app()
    async with AsyncExitStack() as stack:

        def browser(address: str = "203.0.113.5") -> Browser:
            opened = Browser(app, settings.issuer, address)
            stack.push_async_callback(opened.client.aclose)
            return opened

        yield World(app, database, settings, server_keys, clock, passwords, outbox, ended, browser)
    passwords.close()


_parts: dict[str, Any] = {}
"""What handlers are given, by name: that of the present test."""


@cache
def _app() -> Litestar:
    """Built once for all tests, which takes longer than one of them."""
    names = _parts.keys() - {"session"}

    async def session(request: Request[Any, Any, Any]) -> Session | None:
        found: Session | None = await _parts["session"](request)
        return found

    return Litestar(
        endpoints.routes,
        dependencies={name: Provide(_giving(name), sync_to_thread=False) for name in names}
        | {"session": Provide(session)},
        exception_handlers={
            SignInRequired: lambda _, error: redirect(error.location),
            csrf.Forbidden: lambda request, _: _parts["pages"].error(request, 403),
            InvalidRequest: lambda request, _: _parts["pages"].error(request, 400),
            PasswordsBusy: lambda request, error: _parts["pages"].error(
                request, 503, {"Retry-After": str(error.retry_after)}
            ),
            HTTPException: lambda request, error: _parts["pages"].error(request, error.status_code),
        },
        openapi_config=None,
    )


async def _kept_apps(_transaction: Transaction, user_id: str) -> dict[str, list[dict[str, Any]]]:
    return {"connected_apps": [{"user_id": user_id, "created_at": NOW}]}


def _giving(name: str) -> Callable[[], Any]:
    return lambda: _parts[name]

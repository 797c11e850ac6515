"""People with an account, each at a browser of their own."""

import secrets
from dataclasses import dataclass

from tests.attacks.browser import SESSION, Browser
from tests.attacks.outbox import Outbox
from tests.attacks.server import Server


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, and the browser that they are signed in with."""

    email: str
    password: str
    browser: Browser

    @property
    def session(self) -> str:
        """The value of the session cookie."""
        return self.browser.cookies[SESSION]


def invent_email(name: str = "somebody") -> str:
    """An address that nobody had before."""
    return f"{name}-{secrets.token_hex(4)}@example.com"


def sign_in(server: Server, email: str, password: str) -> Person:
    """Sign in on the page, at a new browser."""
    browser = Browser(server)
    browser.open("/sign-in")
    answer = browser.submit_to("/sign-in", email=email, password=password)
    assert answer.status == 303, answer.text
    return Person(email, password, browser)


def sign_up(server: Server, outbox: Outbox, name: str) -> Person:
    """Make an account on the pages, by the mailed link, which signs in as well."""
    browser, email, password = Browser(server), invent_email(name.lower()), f"{name} has {secrets.token_hex(8)}"
    browser.open("/sign-up")
    browser.submit_to("/sign-up", email=email)
    browser.open("/sign-up/finish", {"token": outbox.token(email, "/sign-up/finish")})
    answer = browser.submit_to("/sign-up/finish", name=name, password=password)
    assert answer.status == 303, answer.text
    return Person(email, password, browser)

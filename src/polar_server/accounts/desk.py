"""What the pages of accounts work with, gathered once, so that each page names it in one word."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request
from litestar.params import Dependency

from polar_server.accounts.passwords import Passwords
from polar_server.accounts.people import CredentialsChanged
from polar_server.accounts.visits import Visit, visit_of
from polar_server.database import Database
from polar_server.html import Pages
from polar_server.mail import Mailer, Message
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings

DescribeReturnTo = Callable[[str], Awaitable[Any]]
"""The app that a return_to path leads to, as the sign-in page shows it, or None. Given by a floor above."""

# Protocols and functions cannot be checked with isinstance; mypy has checked them where they are provided.
_AsIs = Dependency(skip_validation=True)


async def leads_to_no_app(return_to: str) -> None:
    """The `describe_return_to` of a server without apps."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The application's parts that pages of accounts need."""

    database: Database
    server_keys: ServerKeys
    settings: Settings
    passwords: Passwords
    pages: Pages
    mailer: Mailer
    on_credentials_changed: Sequence[CredentialsChanged]

    def post(self, to: str, letter: str, **values: Any) -> None:
        """Queue a mail from `templates/mail/<letter>.txt`."""
        self.mailer.post(Message.from_text(to, self.pages.text(f"accounts/mail/{letter}.txt", **values)))


def gather_desk(  # noqa: PLR0917 - Litestar passes them by name
    database: Annotated[Database, _AsIs],
    server_keys: Annotated[ServerKeys, _AsIs],
    settings: Annotated[Settings, _AsIs],
    passwords: Annotated[Passwords, _AsIs],
    pages: Annotated[Pages, _AsIs],
    mailer: Annotated[Mailer, _AsIs],
    on_credentials_changed: Annotated[Sequence[CredentialsChanged], _AsIs],
) -> Desk:
    """The desk, from the application's dependencies."""
    return Desk(database, server_keys, settings, passwords, pages, mailer, on_credentials_changed)


def note_visit(
    request: Request[Any, Any, Any],
    settings: Annotated[Settings, _AsIs],
    clock: Annotated[Callable[[], float], _AsIs],
) -> Visit:
    """Who asks, from the application's clock and settings."""
    return visit_of(request, settings.trusted_proxies, clock())

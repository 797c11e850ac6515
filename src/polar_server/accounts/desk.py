"""What the pages of accounts work with, gathered once, so that each page names it in one word."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from polar_server.accounts.passwords import Passwords
from polar_server.accounts.people import CredentialsChanged
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit, visit_of
from polar_server.database import Database, Transaction
from polar_server.html import PageRequest, Pages
from polar_server.mail import Mailer, Message
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings

DescribeReturnTo = Callable[[str], Awaitable[Any]]
"""The app that a return_to path leads to, as the sign-in page shows it, or None. Given by a floor above."""

KeptElsewhere = Callable[[Transaction, str], Awaitable[dict[str, list[dict[str, Any]]]]]
"""What a floor above keeps about the person with this id: lists by name, in them times as seconds in `..._at`."""


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
    on_account_deleted: Sequence[CredentialsChanged]
    kept_elsewhere: Sequence[KeptElsewhere]

    def post(self, to: str, letter: str, **values: Any) -> None:
        """Queue a mail from `templates/mail/<letter>.txt`."""
        self.mailer.post(Message.from_text(to, self.pages.text(f"accounts/mail/{letter}.txt", **values)))


# Protocols and functions cannot be checked with isinstance; mypy checks them where they are provided.
def gather_desk(  # noqa: PLR0913, PLR0917 - Litestar passes them by name
    database: NamedDependency[SkipValidation[Database]],
    server_keys: NamedDependency[SkipValidation[ServerKeys]],
    settings: NamedDependency[SkipValidation[Settings]],
    passwords: NamedDependency[SkipValidation[Passwords]],
    pages: NamedDependency[SkipValidation[Pages]],
    mailer: NamedDependency[SkipValidation[Mailer]],
    on_credentials_changed: NamedDependency[SkipValidation[Sequence[CredentialsChanged]]],
    on_account_deleted: NamedDependency[SkipValidation[Sequence[CredentialsChanged]]],
    kept_elsewhere: NamedDependency[SkipValidation[Sequence[KeptElsewhere]]],
) -> Desk:
    """The desk, from the application's dependencies."""
    ends = (on_credentials_changed, on_account_deleted)
    return Desk(database, server_keys, settings, passwords, pages, mailer, *ends, kept_elsewhere)


def note_visit(
    request: PageRequest,
    settings: NamedDependency[SkipValidation[Settings]],
    clock: NamedDependency[SkipValidation[Callable[[], float]]],
) -> Visit:
    """Who asks, from the application's clock and settings."""
    return visit_of(request, settings.trusted_proxies, clock())


GivenDesk = NamedDependency[SkipValidation[Desk]]
GivenVisit = NamedDependency[SkipValidation[Visit]]
GivenSession = NamedDependency[SkipValidation[Session | None]]
GivenDescribe = NamedDependency[SkipValidation[DescribeReturnTo]]
"""The parameters of a page: what Litestar hands in by their names."""

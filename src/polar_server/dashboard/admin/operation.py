"""Where a page of the operation stands: an operator who is signed in. For everybody else there is no such page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import SkipValidation

from polar_server.accounts.desk import GivenSession, GivenVisit
from polar_server.accounts.guards import require_recent
from polar_server.audit import Actor
from polar_server.authorization_server.server import GivenServer
from polar_server.dashboard.signed_in import SignedIn
from polar_server.database import Database
from polar_server.html import Page, PageRequest
from polar_server.html.pages import GivenPages
from polar_server.mail import Mailer, Message

AREA = "/admin"

GivenMailer = NamedDependency[SkipValidation[Mailer]]


@dataclass(frozen=True, slots=True)
class Operation(SignedIn):
    """A request of an operator, and everything that a page needs."""

    mailer: Mailer

    @property
    def database(self) -> Database:
        return self.server.database

    @property
    def actor(self) -> Actor:
        return self.visit.by(self.session.user.id)

    def path(self, *parts: str) -> str:
        """An address of the operation."""
        return "/".join([AREA, *(quote(part, safe="") for part in parts)])

    async def read_act(self, *back_to: str) -> dict[str, str]:
        """The form of an act. Raises csrf.Forbidden, and ConfirmationRequired unless they signed in a moment ago."""
        form = await self.read_form()
        require_recent(self.request, self.session, self.now, self.path(*back_to))
        return form

    def tell(self, email: str | None, letter: str, **values: Any) -> None:
        """Mail somebody what was done, from `templates/admin/mail/<letter>.txt`; nothing without an address."""
        if email is not None:
            text = self.pages.text(f"dashboard/admin/mail/{letter}.txt", at=self.now, **values)
            self.mailer.post(Message.from_text(email, text))

    def render(self, template: str, status: int = 200, **values: Any) -> Page:
        """The template `dashboard/admin/<template>.html`; `path` in it gives addresses of the operation."""
        return self.pages.render(
            self.request,
            f"dashboard/admin/{template}.html",
            status,
            session=self.session,
            path=self.path,
            now=self.now,
            done=self.request.query_params.get("done"),
            **values,
        )


def find_operation(
    request: PageRequest,
    session: GivenSession,
    server: GivenServer,
    pages: GivenPages,
    mailer: GivenMailer,
    visit: GivenVisit,
) -> Operation:
    """The operation. Raises NotFoundException, also when nobody is signed in: strangers learn of nothing here."""
    if session is None or not session.user.operator:
        raise NotFoundException
    return Operation(request, server, pages, session, visit, mailer)


GivenOperation = NamedDependency[SkipValidation[Operation]]
"""The parameter of a page: what Litestar hands in by its name."""

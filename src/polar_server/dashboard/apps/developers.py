"""Where a page about apps stands: somebody who is signed in, among the apps that they registered."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import SkipValidation

from polar_server.accounts.desk import GivenSession, GivenVisit
from polar_server.accounts.guards import require_recent, require_session
from polar_server.audit import Actor
from polar_server.authorization_server import client_queries
from polar_server.authorization_server.client_authentication import storable
from polar_server.authorization_server.server import GivenServer
from polar_server.dashboard.signed_in import SignedIn
from polar_server.html import Page, PageRequest
from polar_server.html.pages import GivenPages
from polar_server.oauth.clients import RegisteredClient

AREA = "/dashboard/apps"
ONE = f"{AREA}/{{client_id:str}}"
"""The address of one app; what can be done with it follows."""


@dataclass(frozen=True, slots=True)
class Developer(SignedIn):
    """A request for a page about somebody's apps, and everything that a page needs."""

    @property
    def user_id(self) -> str:
        return self.session.user.id

    @property
    def actor(self) -> Actor:
        return self.visit.by(self.user_id)

    async def find_app(self, client_id: str) -> RegisteredClient:
        """One of their apps. Raises NotFoundException: a stranger's app looks like a missing one."""
        async with self.server.database.read() as tx:
            client = await client_queries.find_client(tx, storable(client_id))
        if client is None or client.owner_id != self.user_id:
            raise NotFoundException
        return client

    def require_recent(self, *parts: str) -> None:
        """Raises ConfirmationRequired, which leads back to that page, unless they signed in a moment ago."""
        require_recent(self.request, self.session, self.now, self.path(*parts) if parts else "")

    def path(self, *parts: str) -> str:
        """An address among the apps."""
        return "/".join([AREA, *(quote(part, safe="") for part in parts)])

    def render(self, template: str, status: int = 200, **values: Any) -> Page:
        """The template `dashboard/apps/<template>.html`; `path` in it gives addresses among the apps."""
        return self.pages.render(
            self.request,
            f"dashboard/apps/{template}.html",
            status,
            session=self.session,
            path=self.path,
            done=self.request.query_params.get("done"),
            **values,
        )


def find_developer(
    request: PageRequest, session: GivenSession, server: GivenServer, pages: GivenPages, visit: GivenVisit
) -> Developer:
    """The developer. Raises SignInRequired."""
    return Developer(request, server, pages, require_session(request, session), visit)


GivenDeveloper = NamedDependency[SkipValidation[Developer]]
"""The parameter of a page: what Litestar hands in by its name."""

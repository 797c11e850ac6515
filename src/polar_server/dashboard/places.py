"""Where a page of the dashboard stands: somebody who is signed in, in one of their organizations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, SkipValidation

from polar_server.accounts.desk import GivenSession, GivenVisit
from polar_server.accounts.guards import require_session
from polar_server.accounts.organizations import Membership, list_memberships
from polar_server.accounts.roles import may_manage
from polar_server.authorization_server.server import GivenServer
from polar_server.dashboard.signed_in import SignedIn
from polar_server.html import Page, PageRequest
from polar_server.html.pages import GivenPages
from polar_server.oauth.subjects import Subject, SubjectType
from polar_server.resource_server.caller import Caller

PREFIX = "/dashboard/{slug:str}"
"""The address of an organization; its areas follow."""


@dataclass(frozen=True, slots=True)
class Place(SignedIn):
    """A request for a page within an organization, and everything that a page needs."""

    membership: Membership
    memberships: Sequence[Membership]

    @property
    def organization_id(self) -> str:
        return self.membership.organization_id

    @property
    def caller(self) -> Caller:
        """The person as the operations of resources know who acts: within this organization alone."""
        user_id = self.session.user.id
        return Caller(
            subject=Subject(SubjectType.USER, user_id),
            organizations={self.organization_id: self.membership.role},
            actor=self.visit.by(user_id),
        )

    def require(self, scope: str) -> None:
        """Raises NotPermitted for a page that the person's role does not open."""
        self.caller.require(self.organization_id, scope)

    def require_manager(self) -> None:
        """Raises PermissionDeniedException for whoever is neither owner nor admin."""
        if not may_manage(self.membership.role):
            raise PermissionDeniedException

    def path(self, *parts: str) -> str:
        """An address within this organization."""
        return "/".join(["/dashboard", self.membership.slug, *(quote(part, safe="") for part in parts)])

    def check_form(self, token: str) -> None:
        """The same for a form that is read in another way. Raises csrf.Forbidden."""
        self.pages.check_form(self.request, self.session, token)

    def render(self, template: str, status: int = 200, **values: Any) -> Page:
        """The template `dashboard/<template>.html`; `path` in it gives addresses within the organization."""
        return self.pages.render(
            self.request,
            f"dashboard/{template}.html",
            status,
            session=self.session,
            organization=self.membership,
            memberships=self.memberships,
            path=self.path,
            done=self.request.query_params.get("done"),
            **values,
        )


async def find_place(
    request: PageRequest,
    slug: FromPath[str],
    session: GivenSession,
    server: GivenServer,
    pages: GivenPages,
    visit: GivenVisit,
) -> Place:
    """The place. Raises SignInRequired, or NotFoundException: a stranger's organization looks like a missing one."""
    signed_in = require_session(request, session)
    memberships = await list_memberships(server.database, signed_in.user.id)
    membership = next((each for each in memberships if each.slug == slug), None)
    if membership is None:
        raise NotFoundException
    return Place(request, server, pages, signed_in, visit, membership, memberships)


GivenPlace = NamedDependency[SkipValidation[Place]]
"""The parameter of a page: what Litestar hands in by its name."""

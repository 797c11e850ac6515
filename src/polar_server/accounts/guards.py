"""What a page asks before it does anything: is somebody signed in, and a member."""

from litestar.exceptions import NotFoundException

from polar_server.accounts.fields import is_slug
from polar_server.accounts.organizations import Membership, find_membership
from polar_server.accounts.return_to import DEFAULT, safe_return_to, sign_in_path
from polar_server.accounts.sessions import Session
from polar_server.database import Database
from polar_server.html import PageRequest

RECENT = 600
"""Seconds after a password, code or passkey was given in which dangerous acts are open."""


class SignInRequired(Exception):
    """Nobody is signed in. `return_to` is where to go afterwards; the answer is a redirect to `location`."""

    page = "/sign-in"

    def __init__(self, return_to: str) -> None:
        super().__init__(return_to)
        self.return_to = return_to

    @property
    def location(self) -> str:
        return sign_in_path(self.return_to, self.page)


class ConfirmationRequired(SignInRequired):
    """The person signed in too long ago for what they are about to do, and has to show once more who they are."""

    page = "/confirm"


def require_session(request: PageRequest, session: Session | None) -> Session:
    """The session. Raises SignInRequired, which leads back to this page, or to the account after a form."""
    if session is not None:
        return session
    if request.method not in ("GET", "HEAD"):
        raise SignInRequired(DEFAULT)
    raise SignInRequired(_address(request))


def require_recent(request: PageRequest, session: Session | None, now: int, back_to: str = "") -> Session:
    """The session of somebody who signed in within RECENT seconds. Raises SignInRequired and ConfirmationRequired.

    `back_to` is the page with the form, for when it was a form that was sent: it has to be sent again.
    """
    session = require_session(request, session)
    if now - session.authenticated_at < RECENT:
        return session
    raise ConfirmationRequired(f"{back_to}?done=confirmed" if back_to else _address(request))


async def require_membership(database: Database, session: Session, slug: str) -> Membership:
    """The person's membership. A stranger's organization looks like a missing one: NotFoundException."""
    membership = await find_membership(database, session.user.id, slug) if is_slug(slug) else None
    if membership is None:
        raise NotFoundException
    return membership


def _address(request: PageRequest) -> str:
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
    return safe_return_to(f"{path}?{query}" if query else path)

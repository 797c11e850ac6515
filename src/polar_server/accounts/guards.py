"""What a page asks before it does anything: is somebody signed in, and a member."""

from litestar.exceptions import NotFoundException

from polar_server.accounts.fields import is_slug
from polar_server.accounts.organizations import Membership, find_membership
from polar_server.accounts.return_to import DEFAULT, safe_return_to
from polar_server.accounts.sessions import Session
from polar_server.database import Database
from polar_server.html import PageRequest


class SignInRequired(Exception):
    """Nobody is signed in. `return_to` is where to go afterwards: app.py redirects to the sign-in page."""

    def __init__(self, return_to: str) -> None:
        super().__init__(return_to)
        self.return_to = return_to


def require_session(request: PageRequest, session: Session | None) -> Session:
    """The session. Raises SignInRequired, which leads back to this page, or to the account after a form."""
    if session is not None:
        return session
    if request.method not in ("GET", "HEAD"):
        raise SignInRequired(DEFAULT)
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
    raise SignInRequired(safe_return_to(f"{path}?{query}" if query else path))


async def require_membership(database: Database, session: Session, slug: str) -> Membership:
    """The person's membership. A stranger's organization looks like a missing one: NotFoundException."""
    membership = await find_membership(database, session.user.id, slug) if is_slug(slug) else None
    if membership is None:
        raise NotFoundException
    return membership

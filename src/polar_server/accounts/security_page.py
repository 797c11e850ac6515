"""The page /account/security, as its endpoints and forms answer with it."""

from typing import Any

from polar_server.accounts import sessions
from polar_server.accounts.desk import Desk
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.accounts.ways_in import list_ways_in
from polar_server.html import Page, PageRequest

PATH = "/account/security"
LAST_WAY_IN = {"form": "Nothing else would open your account. Choose a password or add a passkey first."}


async def security_page(
    request: PageRequest, session: Session, desk: Desk, visit: Visit, status: int = 200, **values: Any
) -> Page:
    """How the account is opened, and where it is open."""
    values = {"done": None, "errors": {}, **values}
    return desk.pages.render(
        request,
        "accounts/security.html",
        status=status,
        session=session,
        ways=await list_ways_in(desk.database, session.user.id),
        sessions=await sessions.list_sessions(desk.database, desk.settings, session.user.id, visit.now),
        current_session_id=session.id,
        form_key=desk.pages.form_key(session, visit.now_ms),
        **values,
    )

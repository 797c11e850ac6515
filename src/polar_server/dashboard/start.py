"""`/dashboard`: the way into it."""

from litestar import get

from polar_server.accounts.desk import GivenSession
from polar_server.accounts.guards import require_session
from polar_server.accounts.organizations import list_memberships
from polar_server.authorization_server.server import GivenServer
from polar_server.html import Page, PageRequest, redirect


@get("/dashboard")
async def enter(request: PageRequest, session: GivenSession, server: GivenServer) -> Page:
    """To the person's only organization, or to where they choose one."""
    memberships = await list_memberships(server.database, require_session(request, session).user.id)
    only = f"/{memberships[0].slug}" if len(memberships) == 1 else "/organizations"
    return redirect(f"/dashboard{only}")


routes = [enter]

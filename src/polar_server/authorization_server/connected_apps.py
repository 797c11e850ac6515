"""Connected apps: what a person allowed, and ending it."""

from dataclasses import dataclass

import structlog
from litestar import get, post

from polar_server.accounts.desk import GivenSession
from polar_server.accounts.guards import require_session
from polar_server.accounts.organizations import Membership, list_memberships
from polar_server.accounts.visits import visit_of
from polar_server.audit import About, record
from polar_server.authorization_server import client_queries, consent_queries
from polar_server.authorization_server.client_authentication import storable
from polar_server.authorization_server.server import GivenServer
from polar_server.html import GivenPages, Page, PageRequest, redirect
from polar_server.oauth import scopes
from polar_server.oauth.clients import RegisteredClient
from polar_server.oauth.scopes import Access, Scope
from polar_server.oauth.subjects import Subject, SubjectType

log = structlog.get_logger()

PATH = "/account/apps"
_LISTED = 200


@dataclass(frozen=True, slots=True)
class ShownApp:
    """A connected app as the page shows it. Times are seconds."""

    id: str
    client: RegisteredClient
    organization: Membership | None
    scopes: dict[Access, list[Scope]]
    created_at: int
    last_used_at: int


@get(PATH, include_in_schema=False)
async def show_connected_apps(
    request: PageRequest, server: GivenServer, session: GivenSession, pages: GivenPages
) -> Page:
    """Each app with what it may do, and for whom."""
    signed_in = require_session(request, session)
    organizations = {m.organization_id: m for m in await list_memberships(server.database, signed_in.user.id)}
    async with server.database.read() as tx:
        found = await consent_queries.list_connected_apps(tx, signed_in.user.id, _LISTED)
    apps = [
        ShownApp(
            app.id,
            app.client,
            organizations.get(app.organization_id or ""),
            scopes.describe(app.scope.split()),
            app.connected_at,
            app.last_used_at,
        )
        for app in found
    ]
    done = request.query_params.get("done")
    return pages.render(request, "authorization_server/connected_apps.html", session=session, apps=apps, done=done)


@post(PATH, include_in_schema=False)
async def end_app(request: PageRequest, server: GivenServer, session: GivenSession, pages: GivenPages) -> Page:
    """End one app: the decision is forgotten and every token that stands on it is dead at once."""
    signed_in = require_session(request, session)
    form = await pages.read_form(request, session)
    client_id, _, organization_id = storable(form.get("app_id", "")).partition(".")
    subject = Subject(
        SubjectType.ORGANIZATION if organization_id else SubjectType.USER, signed_in.user.id, organization_id or None
    )
    visit = visit_of(request, server.settings.trusted_proxies, server.clock())
    async with server.database.write() as tx:
        ended = await consent_queries.end_connected_app(tx, client_id, subject, visit.now)
        if ended:
            client = await client_queries.find_client(tx, client_id)
            about = About(organization_id or None, signed_in.user.id, client_id, client.name if client else None)
            await record(tx, visit.by(signed_in.user.id), "app.ended", about, visit.now)
    if not ended:
        return pages.error(request, 404)
    log.info("app_ended", client_id=client_id, user=signed_in.user.id, organization=organization_id or None)
    return redirect(f"{PATH}?done=ended")


routes = [show_connected_apps, end_app]

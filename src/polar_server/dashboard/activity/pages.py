"""`/dashboard/{slug}/activity` for owners and admins, `/account/activity` for each person; both also as CSV."""

from dataclasses import replace

from litestar import get
from litestar.response import Stream

from polar_server.accounts.desk import GivenSession
from polar_server.accounts.guards import require_session
from polar_server.accounts.organizations import list_members
from polar_server.authorization_server.server import GivenServer
from polar_server.dashboard.activity.asking import OF_ORGANIZATIONS, asked_of_log
from polar_server.dashboard.activity.names import names_of
from polar_server.dashboard.lists import PER_PAGE
from polar_server.dashboard.places import PREFIX, GivenPlace
from polar_server.html import Page, PageRequest
from polar_server.html.pages import GivenPages
from polar_server.resource_server.audit_log import export_entries, list_entries
from polar_server.resource_server.audit_queries import of_organization, of_person

_AREA = f"{PREFIX}/activity"
_OWN = "/account/activity"


@get(_AREA)
async def show_activity(place: GivenPlace) -> Page:
    """Who did what with the organization's things, newest first."""
    place.require_manager()
    log = asked_of_log(place.request, OF_ORGANIZATIONS)
    database = place.server.database
    entries, total = await list_entries(
        database, of_organization(place.organization_id), log.wanted, PER_PAGE, log.asked.offset
    )
    log = replace(log, names=await names_of(database, place.organization_id, entries))
    people = {
        member.user_id: member.name or member.email for member in await list_members(database, place.organization_id)
    }
    return place.render("activity/organization", log=log, listed=log.asked.of(entries, total), people=people)


@get(f"{_AREA}/export")
async def download_activity(place: GivenPlace) -> Stream:
    """The same as a file for a spreadsheet."""
    place.require_manager()
    wanted = asked_of_log(place.request, OF_ORGANIZATIONS).wanted
    return export_entries(place.server.database, of_organization(place.organization_id), wanted)


@get(_OWN)
async def show_own_activity(
    request: PageRequest, session: GivenSession, server: GivenServer, pages: GivenPages
) -> Page:
    """What the person did, and what was done to their account."""
    session, log = require_session(request, session), asked_of_log(request)
    listed = await list_entries(server.database, of_person(session.user.id), log.wanted, PER_PAGE, log.asked.offset)
    return pages.render(
        request, "dashboard/activity/person.html", session=session, log=log, listed=log.asked.of(*listed), people={}
    )


@get(f"{_OWN}/export")
async def download_own_activity(request: PageRequest, session: GivenSession, server: GivenServer) -> Stream:
    """The same as a file for a spreadsheet."""
    user_id = require_session(request, session).user.id
    return export_entries(server.database, of_person(user_id), asked_of_log(request).wanted)


routes = [show_activity, download_activity, show_own_activity, download_own_activity]

"""The page /dashboard/{slug}/settings: name and avatar of an organization."""

from typing import Any

from litestar import get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath

from polar_server.accounts import fields, organizations
from polar_server.accounts.answers import log
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_membership, require_session
from polar_server.accounts.organization_page import organization_page
from polar_server.accounts.organizations import Membership
from polar_server.accounts.roles import may_manage
from polar_server.accounts.sessions import Session
from polar_server.audit import About, record
from polar_server.html import Page, PageRequest, redirect

_ADDRESS = "/dashboard/{slug:str}/settings"


@get(_ADDRESS, include_in_schema=False)
async def show_settings(request: PageRequest, slug: FromPath[str], session: GivenSession, desk: GivenDesk) -> Page:
    """Name and avatar: a form for managers, to be read by members."""
    session = require_session(request, session)
    membership = await require_membership(desk.database, session, slug)
    return await _settings_page(request, session, desk, membership, done=request.query_params.get("done"))


@post(_ADDRESS, status_code=303, include_in_schema=False)
async def submit_settings(
    request: PageRequest, slug: FromPath[str], session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Save name and avatar."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    membership = await require_membership(desk.database, session, slug)
    if not may_manage(membership.role):
        raise PermissionDeniedException
    values, errors = fields.check(form, name=fields.name, avatar_url=fields.picture)
    if errors:
        return await _settings_page(request, session, desk, membership, 400, form=form, errors=errors)
    async with desk.database.write() as transaction:
        await organizations.save_organization(
            transaction, membership.organization_id, values["name"], values["avatar_url"] or None, visit.now
        )
        about = About(membership.organization_id, id=membership.organization_id, name=values["name"])
        await record(transaction, visit.by(session.user.id), "organization.updated", about, visit.now)
    log.info("organization_changed", organization_id=membership.organization_id, user_id=session.user.id)
    return redirect(f"/dashboard/{slug}/settings?done=saved")


async def _settings_page(
    request: PageRequest, session: Session, desk: Desk, membership: Membership, status: int = 200, **values: Any
) -> Page:
    values = {"form": {}, "errors": {}, **values}
    return await organization_page(
        request, session, desk, membership, "accounts/organization_settings.html", status=status, **values
    )


routes = [show_settings, submit_settings]

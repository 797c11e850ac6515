"""The pages /organizations and /organizations/{slug}: list, create, show and edit."""

from litestar import get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath

from polar_server.accounts import fields, organizations
from polar_server.accounts.answers import log
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_membership, require_session
from polar_server.accounts.organization_page import organization_page
from polar_server.accounts.organizations import NewOrganization, Organization, SlugTaken
from polar_server.accounts.roles import may_manage
from polar_server.accounts.sessions import Session
from polar_server.html import Page, PageRequest, redirect

TAKEN = {"slug": "Another organization has this short name. Choose another one."}


@get("/organizations", include_in_schema=False)
async def show_organizations(request: PageRequest, session: GivenSession, desk: GivenDesk) -> Page:
    """The person's organizations, and a form for a new one."""
    return await _list(request, require_session(request, session), desk, {}, {})


@post("/organizations", status_code=303, include_in_schema=False)
async def submit_organization(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Create an organization, owned by the person."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    values, errors = fields.check(form, name=fields.name, slug=fields.slug)
    if errors:
        return await _list(request, session, desk, form, errors)
    new = NewOrganization(values["slug"], values["name"], is_test=form.get("is_test") == "true")
    organization = await _create(desk, new, session.user.id, visit.now)
    if organization is None:
        return await _list(request, session, desk, form, TAKEN)
    log.info("organization_created", organization_id=organization.id, user_id=session.user.id, is_test=new.is_test)
    return redirect(f"/organizations/{organization.slug}?done=created")


@get("/organizations/{slug:str}", include_in_schema=False)
async def show_organization(
    request: PageRequest, slug: FromPath[str], session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """One organization, to its members."""
    session = require_session(request, session)
    membership = await require_membership(desk.database, session, slug)
    done = request.query_params.get("done")
    return await organization_page(request, session, desk, membership, visit.now, done=done)


@post("/organizations/{slug:str}", status_code=303, include_in_schema=False)
async def submit_edit(
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
        return await organization_page(
            request, session, desk, membership, visit.now, status=400, form=form, errors=errors
        )
    async with desk.database.write() as transaction:
        await organizations.save_organization(
            transaction, membership.organization_id, values["name"], values["avatar_url"] or None, visit.now
        )
    log.info("organization_changed", organization_id=membership.organization_id, user_id=session.user.id)
    return redirect(f"/organizations/{slug}?done=saved")


async def _create(desk: Desk, new: NewOrganization, user_id: str, now: int) -> Organization | None:
    try:
        async with desk.database.write() as transaction:
            return await organizations.create_organization(transaction, new, user_id, now)
    except SlugTaken:
        return None


async def _list(
    request: PageRequest, session: Session, desk: Desk, form: dict[str, str], errors: dict[str, str]
) -> Page:
    return desk.pages.render(
        request,
        "accounts/organizations.html",
        status=400 if errors else 200,
        session=session,
        organizations=await organizations.list_memberships(desk.database, session.user.id),
        form=form,
        errors=errors,
        done=request.query_params.get("done"),
    )


routes = [show_organizations, submit_organization, show_organization, submit_edit]

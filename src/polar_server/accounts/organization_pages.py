"""The pages /dashboard/organizations: list, create, and who is in one."""

from litestar import get, post
from litestar.params import FromPath

from polar_server.accounts import fields, organizations
from polar_server.accounts.answers import log
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_membership, require_session
from polar_server.accounts.organization_page import members_page
from polar_server.accounts.organizations import NewOrganization, Organization, SlugTaken
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.html import Page, PageRequest, redirect

TAKEN = {"slug": "Another organization has this short name. Choose another one."}


@get("/dashboard/organizations", include_in_schema=False)
async def show_organizations(request: PageRequest, session: GivenSession, desk: GivenDesk) -> Page:
    """The person's organizations, and a form for a new one."""
    return await _list(request, require_session(request, session), desk, {}, {})


@post("/dashboard/organizations", status_code=303, include_in_schema=False)
async def submit_organization(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Create an organization, owned by the person."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    values, errors = fields.check(form, name=fields.name, slug=fields.slug)
    if errors:
        return await _list(request, session, desk, form, errors)
    new = NewOrganization(values["slug"], values["name"], is_test=form.get("is_test") == "true")
    organization = await _create(desk, new, session.user.id, visit)
    if organization is None:
        return await _list(request, session, desk, form, TAKEN)
    log.info("organization_created", organization_id=organization.id, user_id=session.user.id, is_test=new.is_test)
    return redirect(f"/dashboard/{organization.slug}?done=created")


@get("/dashboard/{slug:str}/members", include_in_schema=False)
async def show_members(
    request: PageRequest, slug: FromPath[str], session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Who is in the organization, to its members."""
    session = require_session(request, session)
    membership = await require_membership(desk.database, session, slug)
    done = request.query_params.get("done")
    return await members_page(request, session, desk, membership, visit.now, done=done)


async def _create(desk: Desk, new: NewOrganization, user_id: str, visit: Visit) -> Organization | None:
    try:
        async with desk.database.write() as transaction:
            return await organizations.create_organization(transaction, new, user_id, visit.now, visit.by(user_id))
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


routes = [show_organizations, submit_organization, show_members]

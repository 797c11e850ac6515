"""The forms that change the members of an organization: roles, removing, leaving."""

from litestar import post
from litestar.params import FromPath

from polar_server.accounts import organizations
from polar_server.accounts.answers import log
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.fields import is_user_id
from polar_server.accounts.guards import require_membership, require_session
from polar_server.accounts.organization_page import members_page, refused
from polar_server.accounts.organizations import LastOwner, NotAllowed, NotAMember
from polar_server.accounts.roles import Role
from polar_server.audit import Actor
from polar_server.html import Page, PageRequest, redirect

REFUSED = (NotAllowed, NotAMember, LastOwner)
NO_ROLE = {"form": "Choose one of the roles: owner, admin or member."}


@post("/dashboard/{slug:str}/members/role", status_code=303, include_in_schema=False)
async def submit_role(
    request: PageRequest, slug: FromPath[str], session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Give a member another role."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    membership = await require_membership(desk.database, session, slug)
    role, user_id = form.get("role"), form.get("user_id", "")
    if role not in list(Role):
        return await members_page(request, session, desk, membership, visit.now, status=400, errors=NO_ROLE)
    try:
        await _change(desk, membership.organization_id, user_id, Role(role), visit.by(session.user.id), visit.now)
    except REFUSED as refusal:
        return await refused(request, session, desk, membership, visit.now, refusal)
    log.info("role_changed", organization_id=membership.organization_id, user_id=user_id, role=role, by=session.user.id)
    return redirect(f"/dashboard/{slug}/members?done=role_changed")


@post("/dashboard/{slug:str}/members/remove", status_code=303, include_in_schema=False)
async def submit_remove(
    request: PageRequest, slug: FromPath[str], session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Remove a member, or leave."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    membership = await require_membership(desk.database, session, slug)
    user_id = form.get("user_id", "")
    try:
        await _remove(desk, membership.organization_id, user_id, visit.by(session.user.id), visit.now)
    except REFUSED as refusal:
        return await refused(request, session, desk, membership, visit.now, refusal)
    log.info("member_removed", organization_id=membership.organization_id, user_id=user_id, by=session.user.id)
    leaves = user_id == session.user.id
    return redirect("/dashboard/organizations?done=left" if leaves else f"/dashboard/{slug}/members?done=removed")


async def _change(desk: Desk, organization_id: str, user_id: str, role: Role, actor: Actor, now: int) -> None:
    if not is_user_id(user_id):
        raise NotAMember
    async with desk.database.write() as transaction:
        await organizations.change_role(transaction, organization_id, user_id, role, actor, now)


async def _remove(desk: Desk, organization_id: str, user_id: str, actor: Actor, now: int) -> None:
    if not is_user_id(user_id):
        raise NotAMember
    async with desk.database.write() as transaction:
        await organizations.remove_member(transaction, organization_id, user_id, actor, now)


routes = [submit_role, submit_remove]

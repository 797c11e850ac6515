"""The page /invitations, which a mailed link opens, and the forms that invite and take back."""

from litestar import get, post
from litestar.params import FromPath

from polar_server.accounts import fields, guesses, invitations
from polar_server.accounts.answers import link_expired, log, too_many_tries
from polar_server.accounts.desk import Desk, GivenDesk, GivenSession, GivenVisit
from polar_server.accounts.guards import require_membership, require_session
from polar_server.accounts.invitations import (
    LIFETIME,
    AlreadyAMember,
    Invitation,
    NewInvitation,
    TooManyInvitations,
    UnverifiedEmail,
    WrongAccount,
)
from polar_server.accounts.organization_page import members_page, refused
from polar_server.accounts.organizations import Membership, NotAllowed
from polar_server.accounts.roles import Role
from polar_server.accounts.sessions import Session
from polar_server.accounts.visits import Visit
from polar_server.audit import Actor
from polar_server.html import Page, PageRequest, redirect


@get("/invitations", include_in_schema=False)
async def show_invitation(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Who invites whom to what, to anybody who holds the link."""
    token = request.query_params.get("token", "")
    invitation = await invitations.find_invitation(desk.database, desk.server_keys, token, visit.now)
    if invitation is None:
        return link_expired(request, desk, "invitation")
    return _invitation(request, session, desk, invitation, token)


@post("/invitations", status_code=303, include_in_schema=False)
async def submit_acceptance(request: PageRequest, session: GivenSession, desk: GivenDesk, visit: GivenVisit) -> Page:
    """Become a member, with the invited address, verified."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    token = form.get("token", "")
    invitation = await invitations.find_invitation(desk.database, desk.server_keys, token, visit.now)
    if invitation is None:
        return link_expired(request, desk, "invitation")
    try:
        async with desk.database.write() as transaction:
            accepted = await invitations.accept_invitation(transaction, invitation, session.user, visit)
    except (WrongAccount, UnverifiedEmail):
        return _invitation(request, session, desk, invitation, token, status=403)
    if not accepted:
        return link_expired(request, desk, "invitation")
    log.info("invitation_accepted", organization_id=invitation.organization_id, user_id=session.user.id)
    return redirect(f"/dashboard/{invitation.slug}/members?done=joined")


@post("/dashboard/{slug:str}/invitations", status_code=303, include_in_schema=False)
async def submit_invitation(
    request: PageRequest, slug: FromPath[str], session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Invite somebody by mail."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    membership = await require_membership(desk.database, session, slug)
    values, errors = fields.check(form, email=fields.email, role=fields.role)
    if errors:
        return await members_page(request, session, desk, membership, visit.now, status=400, invite=form, errors=errors)
    new = NewInvitation(membership.organization_id, values["email"], Role(values["role"]), session.user.id)
    limits = guesses.invitation_limits(desk.server_keys, desk.settings, new.email, visit.address)
    throttled = await guesses.count(desk.database, limits, visit.now)
    if throttled:
        return too_many_tries(request, desk, throttled, "invite", f"/dashboard/{slug}/members")
    try:
        await _invite(desk, membership, session, new, visit)
    except (NotAllowed, AlreadyAMember, TooManyInvitations) as refusal:
        return await refused(request, session, desk, membership, visit.now, refusal)
    return redirect(f"/dashboard/{slug}/members?done=invited")


@post("/dashboard/{slug:str}/invitations/revoke", status_code=303, include_in_schema=False)
async def submit_revocation(
    request: PageRequest, slug: FromPath[str], session: GivenSession, desk: GivenDesk, visit: GivenVisit
) -> Page:
    """Take an invitation back; its link no longer works."""
    session = require_session(request, session)
    form = await desk.pages.read_form(request, session)
    membership = await require_membership(desk.database, session, slug)
    try:
        await _revoke(
            desk, membership.organization_id, form.get("invitation_id", ""), visit.by(session.user.id), visit.now
        )
    except NotAllowed as refusal:
        return await refused(request, session, desk, membership, visit.now, refusal)
    return redirect(f"/dashboard/{slug}/members?done=revoked")


async def _invite(desk: Desk, membership: Membership, session: Session, new: NewInvitation, visit: Visit) -> None:
    async with desk.database.write() as transaction:
        token = await invitations.invite(transaction, desk.server_keys, new, visit)
    desk.post(
        new.email,
        "invitation",
        organization=membership.name,
        inviter=session.user.name or session.user.email,
        role=new.role,
        link=invitations.invitation_url(desk.settings.issuer, token),
        lifetime=LIFETIME,
    )
    log.info("invited", organization_id=new.organization_id, invitation_id=token.id, role=new.role, by=new.invited_by)


async def _revoke(desk: Desk, organization_id: str, invitation_id: str, actor: Actor, now: int) -> None:
    if not fields.is_token_id(invitation_id):
        return
    async with desk.database.write() as transaction:
        await invitations.revoke_invitation(transaction, organization_id, invitation_id, actor, now)
    log.info("invitation_revoked", organization_id=organization_id, invitation_id=invitation_id, by=actor.user_id)


def _invitation(
    request: PageRequest, session: Session | None, desk: Desk, invitation: Invitation, token: str, status: int = 200
) -> Page:
    return desk.pages.render(
        request,
        "accounts/invitation.html",
        status=status,
        session=session,
        token=token,
        organization=invitation,
        role=invitation.role,
        email=invitation.email,
        inviter=invitation.inviter,
        wrong_account=session is not None and session.user.email != invitation.email,
        unverified=session is not None and not session.user.email_verified,
    )


routes = [show_invitation, submit_acceptance, submit_invitation, submit_revocation]

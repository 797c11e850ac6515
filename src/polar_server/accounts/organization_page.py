"""The pages of one organization, which the forms on them come back to."""

from typing import Any

from polar_server.accounts.desk import Desk
from polar_server.accounts.invitations import AlreadyAMember, TooManyInvitations, list_invitations
from polar_server.accounts.organizations import (
    LastOwner,
    Membership,
    NotAllowed,
    NotAMember,
    list_members,
    list_memberships,
)
from polar_server.accounts.roles import may_manage
from polar_server.accounts.sessions import Session
from polar_server.html import Page, PageRequest

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    NotAllowed: (403, "Your role does not allow this. Ask an owner of the organization."),
    NotAMember: (404, "This person is not a member any more."),
    LastOwner: (409, "The organization needs an owner. Make somebody else an owner first."),
    AlreadyAMember: (409, "This person is a member already."),
    TooManyInvitations: (409, "Too many invitations are open. Withdraw some, or wait for answers."),
}
"""What a refusal's page says, and its status."""


async def organization_page(
    request: PageRequest,
    session: Session,
    desk: Desk,
    membership: Membership,
    template: str,
    status: int = 200,
    **values: Any,
) -> Page:
    """A page within the organization, with the way to the person's others."""
    return desk.pages.render(
        request,
        template,
        status=status,
        session=session,
        organization=membership,
        memberships=await list_memberships(desk.database, session.user.id),
        **values,
    )


async def members_page(
    request: PageRequest,
    session: Session,
    desk: Desk,
    membership: Membership,
    now: int,
    status: int = 200,
    **values: Any,
) -> Page:
    """The members to one of them; managers see open invitations, too."""
    organization_id = membership.organization_id
    values = {
        "invite": {},
        "done": None,
        "errors": {},
        "members": await list_members(desk.database, organization_id),
        "invitations": await list_invitations(desk.database, organization_id, now)
        if may_manage(membership.role)
        else [],
        **values,
    }
    return await organization_page(request, session, desk, membership, "accounts/members.html", status=status, **values)


async def refused(
    request: PageRequest, session: Session, desk: Desk, membership: Membership, now: int, refusal: Exception
) -> Page:
    """The page again, saying why nothing was done."""
    status, sentence = REFUSALS[type(refusal)]
    return await members_page(request, session, desk, membership, now, status=status, errors={"form": sentence})

"""The page of one organization, which the forms on it come back to."""

from typing import Any

from polar_server.accounts.desk import Desk
from polar_server.accounts.invitations import AlreadyAMember, TooManyInvitations, list_invitations
from polar_server.accounts.organizations import (
    LastOwner,
    Membership,
    NotAllowed,
    NotAMember,
    Organization,
    list_members,
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
    now: int,
    status: int = 200,
    **values: Any,
) -> Page:
    """The organization to one of its members; managers see open invitations, too."""
    organization_id, role = membership.organization_id, membership.role
    manages = may_manage(role)
    values = {"form": {}, "invite": {}, "done": None, "errors": {}, **values}
    return desk.pages.render(
        request,
        "accounts/organization.html",
        status=status,
        session=session,
        organization=_shown(membership),
        role=role,
        members=await list_members(desk.database, organization_id),
        invitations=await list_invitations(desk.database, organization_id, now) if manages else [],
        **values,
    )


async def refused(
    request: PageRequest, session: Session, desk: Desk, membership: Membership, now: int, refusal: Exception
) -> Page:
    """The page again, saying why nothing was done."""
    status, sentence = REFUSALS[type(refusal)]
    return await organization_page(request, session, desk, membership, now, status=status, errors={"form": sentence})


def _shown(membership: Membership) -> Organization:
    return Organization(
        membership.organization_id, membership.slug, membership.name, membership.avatar_url, membership.is_test, 0
    )

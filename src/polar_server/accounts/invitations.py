"""Invitations to an organization: mailed, for seven days, to one address with one role."""

import os
from dataclasses import dataclass

from polar_server.accounts import organization_queries as queries
from polar_server.accounts.organizations import NotAllowed, add_member, lock_roles
from polar_server.accounts.roles import Role, may_give
from polar_server.accounts.sessions import User
from polar_server.accounts.visits import Visit
from polar_server.audit import About, Actor, record
from polar_server.database import Database, Row, Transaction
from polar_server.oauth import tokens
from polar_server.oauth.server_keys import ServerKeys
from polar_server.oauth.tokens import Token, TokenKind

LIFETIME = 7 * 86_400
MOST_PENDING = 100
"""Invitations that one organization may have open: each is a mail to somebody who did not ask."""


class AlreadyAMember(Exception):
    """The invited address belongs to a member."""


class TooManyInvitations(Exception):
    """The organization has MOST_PENDING open invitations."""


class WrongAccount(Exception):
    """The invitation is for another address than that of the person signed in."""


class UnverifiedEmail(Exception):
    """The person has the invited address, but has not shown yet that the mailbox is theirs."""


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Whom to invite, as what. `email` is normalized; `invited_by` is a user id."""

    organization_id: str
    email: str
    role: Role
    invited_by: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that can be accepted now, with what its page shows of the organization and the inviter."""

    id: str
    organization_id: str
    email: str
    role: Role
    slug: str
    name: str
    avatar_url: str | None
    is_test: bool
    inviter: str


@dataclass(frozen=True, slots=True)
class PendingInvitation:
    """An invitation as the organization's managers see it. Times are epoch seconds."""

    id: str
    email: str
    role: Role
    invited_by: str
    created_at: int
    expires_at: int


async def invite(transaction: Transaction, server_keys: ServerKeys, new: NewInvitation, visit: Visit) -> Token:
    """A new invitation's token; an earlier invitation to the same address ends.

    Raises NotAllowed, AlreadyAMember, TooManyInvitations.
    """
    (actor,) = await lock_roles(transaction, new.organization_id, new.invited_by)
    if actor is None or not may_give(actor, new.role):
        raise NotAllowed
    if await transaction.first(queries.FIND_MEMBER_BY_EMAIL, organization_id=new.organization_id, email=new.email):
        raise AlreadyAMember
    await transaction.run(
        queries.REVOKE_INVITATIONS_TO, organization_id=new.organization_id, email=new.email, now=visit.now
    )
    open_ones = await transaction.one(queries.COUNT_INVITATIONS, organization_id=new.organization_id, now=visit.now)
    if open_ones["pending"] >= MOST_PENDING:
        raise TooManyInvitations
    token = await _add(transaction, server_keys, new, visit)
    about = About(new.organization_id, id=token.id, name=new.email)
    await record(transaction, visit.by(new.invited_by), "invitation.sent", about, visit.now, role=new.role.value)
    return token


async def _add(transaction: Transaction, server_keys: ServerKeys, new: NewInvitation, visit: Visit) -> Token:
    token = tokens.mint(TokenKind.MAIL_LINK, visit.now_ms, os.urandom(tokens.ENTROPY_BYTES))
    await transaction.run(
        queries.ADD_INVITATION,
        id=token.id,
        digest=server_keys.digest(token.text),
        key_id=server_keys.key_id,
        organization_id=new.organization_id,
        email=new.email,
        role=new.role,
        invited_by=new.invited_by,
        now=visit.now,
        expires_at=visit.now + LIFETIME,
    )
    return token


def invitation_url(issuer: str, token: Token) -> str:
    """The address to mail."""
    return f"{issuer}/invitations?token={token.text}"


async def find_invitation(database: Database, server_keys: ServerKeys, text: str | None, now: int) -> Invitation | None:
    """The invitation with this token, while it is open and its inviter has an account."""
    token = tokens.parse(text, TokenKind.MAIL_LINK) if text else None
    if token is None:
        return None
    async with database.read() as transaction:
        row = await transaction.first(queries.FIND_INVITATION, id=token.id, now=now)
    if row is None or not server_keys.matches(token.text, row["digest"], row["key_id"]):
        return None
    return _invitation(row)


async def list_invitations(database: Database, organization_id: str, now: int) -> list[PendingInvitation]:
    """The open invitations, newest first."""
    async with database.read() as transaction:
        rows = await transaction.all(
            queries.LIST_INVITATIONS, organization_id=organization_id, now=now, limit=MOST_PENDING
        )
    return [_pending(row) for row in rows]


def check_invited(invitation: Invitation, user: User) -> None:
    """Whether the invitation is for this person. Raises WrongAccount, UnverifiedEmail."""
    if user.email != invitation.email:
        raise WrongAccount
    if not user.email_verified:
        raise UnverifiedEmail


async def accept_invitation(transaction: Transaction, invitation: Invitation, user: User, visit: Visit) -> bool:
    """Make the person a member, once. False when the invitation ended meanwhile.

    A member keeps the role they have. Raises WrongAccount, UnverifiedEmail.
    """
    check_invited(invitation, user)
    await lock_roles(transaction, invitation.organization_id)
    accepted = await transaction.run(
        queries.ACCEPT_INVITATION, id=invitation.id, organization_id=invitation.organization_id, now=visit.now
    )
    if accepted == 0:
        return False
    added = await add_member(transaction, invitation.organization_id, user.id, invitation.role, visit.now)
    about = About(invitation.organization_id, user.id, invitation.id)
    facts = {"role": invitation.role.value} if added else {}
    await record(transaction, visit.by(user.id), "invitation.accepted", about, visit.now, **facts)
    return True


async def revoke_invitation(
    transaction: Transaction, organization_id: str, invitation_id: str, actor: Actor, now: int
) -> bool:
    """Take an invitation back. False when it is not this organization's or has ended. Raises NotAllowed."""
    (own,) = await lock_roles(transaction, organization_id, actor.user_id)
    row = await transaction.first(queries.FIND_INVITATION_ROLE, id=invitation_id, organization_id=organization_id)
    if row is None:
        return False
    if own is None or not may_give(own, Role(row["role"])):
        raise NotAllowed
    revoked = await transaction.run(
        queries.REVOKE_INVITATION, id=invitation_id, organization_id=organization_id, now=now
    )
    if revoked == 0:
        return False
    about = About(organization_id, id=invitation_id, name=row["email"])
    await record(transaction, actor, "invitation.revoked", about, now)
    return True


def _invitation(row: Row) -> Invitation:
    return Invitation(
        id=row["id"],
        organization_id=row["organization_id"],
        email=row["email"],
        role=Role(row["role"]),
        slug=row["slug"],
        name=row["name"],
        avatar_url=row["avatar_url"],
        is_test=bool(row["is_test"]),
        inviter=row["inviter_name"] or row["inviter_email"],
    )


def _pending(row: Row) -> PendingInvitation:
    invitation_id, email, role, inviter_name, inviter_email, created_at, expires_at = row
    return PendingInvitation(invitation_id, email, Role(role), inviter_name or inviter_email, created_at, expires_at)

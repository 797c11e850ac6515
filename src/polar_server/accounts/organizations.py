"""Organizations and their members. Every change of a role asks the rights anew, under a lock."""

from dataclasses import dataclass
from uuid import uuid4

from polar_server.accounts import organization_queries as queries
from polar_server.accounts.roles import Role, may_change, may_remove
from polar_server.audit import OPERATOR, About, Actor, record
from polar_server.database import Database, Row, Transaction

_LISTED = 1000


class SlugTaken(Exception):
    """Another organization has this slug."""


class NotAllowed(Exception):
    """The actor's role does not reach that far."""


class NotAMember(Exception):
    """The person is no member of the organization."""


class LastOwner(Exception):
    """The organization would have no owner left who can sign in."""


@dataclass(frozen=True, slots=True)
class Organization:
    """A row of organizations. Times are epoch seconds; one that was deleted is only listed."""

    id: str
    slug: str
    name: str
    avatar_url: str | None
    is_test: bool
    created_at: int
    deleted_at: int | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """An organization as one of its members has it."""

    organization_id: str
    slug: str
    name: str
    avatar_url: str | None
    is_test: bool
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    """A person as their organization has them. Times are epoch seconds."""

    user_id: str
    email: str
    name: str
    picture: str | None
    disabled_at: int | None
    role: Role
    created_at: int


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """What is needed for an organization; `slug` and `name` come from `fields`. `is_test` never changes."""

    slug: str
    name: str
    is_test: bool = False
    avatar_url: str | None = None


async def create_organization(
    transaction: Transaction, new: NewOrganization, owner_id: str, now: int, actor: Actor | None = None
) -> Organization:
    """A new organization with its first owner, who made it unless another actor did. Raises SlugTaken."""
    organization = Organization(str(uuid4()), new.slug, new.name, new.avatar_url, new.is_test, now)
    row = await transaction.first(
        queries.ADD_ORGANIZATION,
        id=organization.id,
        slug=new.slug,
        name=new.name,
        avatar_url=new.avatar_url,
        is_test=new.is_test,
        now=now,
    )
    if row is None:
        raise SlugTaken(new.slug)
    await add_member(transaction, organization.id, owner_id, Role.OWNER, now)
    about = About(organization.id, owner_id, organization.id, new.name)
    await record(transaction, actor or Actor(owner_id), "organization.created", about, now, is_test=new.is_test)
    return organization


async def save_organization(
    transaction: Transaction, organization_id: str, name: str, avatar_url: str | None, now: int
) -> None:
    """Change what people see of an organization. Its slug is in links everywhere and stays."""
    await transaction.run(
        queries.SAVE_ORGANIZATION, organization_id=organization_id, name=name, avatar_url=avatar_url, now=now
    )


async def find_organization(database: Database, slug: str) -> Organization | None:
    """The organization with this slug, whoever asks; None also for one that was deleted."""
    async with database.read() as transaction:
        row = await transaction.first(queries.FIND_ORGANIZATION_BY_SLUG, slug=slug)
    return _organization(row) if row else None


async def list_organizations(database: Database, limit: int, after: Organization | None = None) -> list[Organization]:
    """A page of all organizations, the deleted ones too, in the order they came, following `after`."""
    async with database.read() as transaction:
        rows = await transaction.all(
            queries.LIST_ORGANIZATIONS,
            after_created_at=after.created_at if after else None,
            after_id=after.id if after else None,
            limit=limit,
        )
    return [_organization(row) for row in rows]


async def list_memberships(database: Database, user_id: str) -> list[Membership]:
    """The organizations of a person, test organizations last."""
    async with database.read() as transaction:
        rows = await transaction.all(queries.LIST_MEMBERSHIPS, user_id=user_id)
    return [_membership(row) for row in rows]


async def find_membership(database: Database, user_id: str, slug: str) -> Membership | None:
    """The organization with this slug as this person has it; None for anybody who is no member."""
    async with database.read() as transaction:
        row = await transaction.first(queries.FIND_MEMBERSHIP, user_id=user_id, slug=slug)
    return _membership(row) if row else None


async def list_members(database: Database, organization_id: str) -> list[Member]:
    """The members, owners first; the first 1,000."""
    async with database.read() as transaction:
        rows = await transaction.all(queries.LIST_MEMBERS, organization_id=organization_id, limit=_LISTED)
    return [_member(row) for row in rows]


async def add_member(transaction: Transaction, organization_id: str, user_id: str, role: Role, now: int) -> bool:
    """Make somebody a member. False, and nothing changes, when they are one already or the organization is deleted."""
    added = await transaction.run(
        queries.ADD_MEMBER, id=str(uuid4()), organization_id=organization_id, user_id=user_id, role=role, now=now
    )
    return added == 1


async def change_role(
    transaction: Transaction, organization_id: str, user_id: str, role: Role, actor: Actor, now: int
) -> None:
    """Give a member another role. The operator may do everything.

    Raises NotAMember, NotAllowed, LastOwner.
    """
    own, current = await lock_roles(transaction, organization_id, actor.user_id, user_id)
    if current is None:
        raise NotAMember
    if actor != OPERATOR and (own is None or not may_change(own, current, role)):
        raise NotAllowed
    if current is Role.OWNER and role is not Role.OWNER:
        await _keep_an_owner(transaction, organization_id, user_id)
    await transaction.run(queries.SAVE_ROLE, organization_id=organization_id, user_id=user_id, role=role)
    await _end_invitations_beyond(transaction, organization_id, user_id, role, now)
    about = About(organization_id, user_id, user_id)
    await record(transaction, actor, "member.role_changed", about, now, role=role.value, previous=current.value)


async def remove_member(transaction: Transaction, organization_id: str, user_id: str, actor: Actor, now: int) -> None:
    """End a membership, from the member's next request on. Everybody may leave; the operator may do everything.

    Raises NotAMember, NotAllowed, LastOwner.
    """
    own, current = await lock_roles(transaction, organization_id, actor.user_id, user_id)
    if current is None:
        raise NotAMember
    if actor != OPERATOR and actor.user_id != user_id and (own is None or not may_remove(own, current)):
        raise NotAllowed
    if current is Role.OWNER:
        await _keep_an_owner(transaction, organization_id, user_id)
    await transaction.run(queries.REMOVE_MEMBER, organization_id=organization_id, user_id=user_id)
    await _end_invitations_beyond(transaction, organization_id, user_id, None, now)
    await record(transaction, actor, "member.removed", About(organization_id, user_id, user_id), now)


async def lock_roles(transaction: Transaction, organization_id: str, *user_ids: str | None) -> tuple[Role | None, ...]:
    """The roles of these people now, None for who is no member, kept from changing until the transaction ends."""
    await transaction.first(queries.LOCK_ORGANIZATION, organization_id=organization_id)
    roles: list[Role | None] = []
    for user_id in user_ids:
        row = await transaction.first(queries.FIND_ROLE, organization_id=organization_id, user_id=user_id)
        roles.append(Role(row["role"]) if row else None)
    return tuple(roles)


async def _keep_an_owner(transaction: Transaction, organization_id: str, leaving_id: str) -> None:
    row = await transaction.one(queries.COUNT_OTHER_OWNERS, organization_id=organization_id, user_id=leaving_id)
    if row["owners"] == 0:
        raise LastOwner


async def _end_invitations_beyond(
    transaction: Transaction, organization_id: str, user_id: str, role: Role | None, now: int
) -> None:
    """Who loses rights must not come back to them, or let others in, by an invitation sent before."""
    if role is not Role.OWNER:
        await transaction.run(queries.REVOKE_INVITATIONS_BY, organization_id=organization_id, user_id=user_id, now=now)


def _organization(row: Row) -> Organization:
    organization_id, slug, name, avatar_url, is_test, created_at, deleted_at = row
    return Organization(organization_id, slug, name, avatar_url, bool(is_test), created_at, deleted_at)


def _membership(row: Row) -> Membership:
    organization_id, slug, name, avatar_url, is_test, role = row
    return Membership(organization_id, slug, name, avatar_url, bool(is_test), Role(role))


def _member(row: Row) -> Member:
    user_id, email, name, picture, disabled_at, role, created_at = row
    return Member(user_id, email, name, picture, disabled_at, Role(role), created_at)

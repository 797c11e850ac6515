"""Deleting an organization: whatever opens it ends in one transaction, and what was sold stays on record. For ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polar_server.accounts import organization_queries
from polar_server.accounts.organizations import NotAllowed, NotAMember
from polar_server.accounts.roles import Role
from polar_server.audit import OPERATOR, About, Actor, record
from polar_server.database import Database, Transaction
from polar_server.organization_deletion import queries

_ENDS = {
    "checkouts": queries.close_checkouts,
    "subscriptions": queries.end_subscriptions,
    "products": queries.archive_products,
    "files": queries.hide_files,
    "webhook_endpoints": queries.disable_endpoints,
    "grants": queries.revoke_grants,
    "access_tokens": queries.revoke_tokens,
    "invitations": queries.revoke_invitations,
    "memberships": queries.end_memberships,
}
"""What ends, in an order in which nobody who changes two of these at the same moment waits for us and we for them."""


class SubscriptionsRenew(Exception):
    """Customers would go on paying to an organization that is gone. `count` is of how many subscriptions."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} subscriptions")
        self.count = count


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who owned it and can sign in."""

    user_id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class DeletedOrganization:
    """What is gone: how much of each thing ended, who owned it, and the address of who deleted it, if it was one."""

    id: str
    slug: str
    name: str
    is_test: bool
    ended: Mapping[str, int]
    owners: Sequence[Owner]
    by: str | None


async def delete_organization(
    transaction: Transaction, organization_id: str, actor: Actor, now: int
) -> DeletedOrganization:
    """Delete an organization, as one of its owners or as the operator. Its slug stays taken.

    Raises NotAMember when it was deleted before, NotAllowed, SubscriptionsRenew.
    """
    marked = await queries.mark_deleted(transaction, organization_id, now)
    if marked is None:
        raise NotAMember
    await _require_owner(transaction, organization_id, actor)
    owners = [Owner(*row) for row in await queries.list_owners(transaction, organization_id)]
    by = None if actor.user_id is None else await queries.find_email(transaction, actor.user_id)
    ended = await _end_all(transaction, organization_id, now)
    about = About(organization_id, id=organization_id, name=marked["name"])
    facts = {name: count for name, count in ended.items() if count}
    await record(transaction, actor, "organization.deleted", about, now, **facts)
    _, slug, name, is_test = marked
    return DeletedOrganization(organization_id, slug, name, bool(is_test), ended, owners, by)


async def count_renewing(database: Database, organization_id: str) -> int:
    """How many subscriptions stand in the way."""
    async with database.read() as transaction:
        return await queries.count_renewing(transaction, organization_id)


async def _require_owner(transaction: Transaction, organization_id: str, actor: Actor) -> None:
    if actor == OPERATOR:
        return
    place = {"organization_id": organization_id, "user_id": actor.user_id}
    row = await transaction.first(organization_queries.FIND_ROLE, **place)
    if row is None or row["role"] != Role.OWNER:
        raise NotAllowed


async def _end_all(transaction: Transaction, organization_id: str, now: int) -> dict[str, int]:
    ended = {}
    for name, end in _ENDS.items():
        # Only now, since whoever is paying a checkout at this moment has been waited for.
        if name == "subscriptions" and (renewing := await queries.count_renewing(transaction, organization_id)):
            raise SubscriptionsRenew(renewing)
        ended[name] = await end(transaction, organization_id, now)
    return ended

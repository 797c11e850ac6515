"""The end of an account: everything that names the person goes, in one transaction.

Their row stays under its id, since organizations' rows point to it; it is disabled for ever, and says nothing. Orders
are the customers': a customer is another record, which belongs to the organization.
"""

from collections.abc import Sequence

from polar_server.accounts import organization_queries, organizations
from polar_server.accounts.leaving import queries
from polar_server.accounts.organizations import LastOwner, Membership
from polar_server.accounts.people import CredentialsChanged, Person, lock_user
from polar_server.audit import Actor
from polar_server.database import Database, Row, Transaction

NAME = "Deleted account"


class OwnsOrganizations(Exception):
    """These organizations would be left without an owner."""

    def __init__(self, left: Sequence[str]) -> None:
        super().__init__(f"{len(left)} organizations")
        self.left = left


async def list_left_ownerless(database: Database, user_id: str) -> list[Membership]:
    """The organizations that would have no owner left without this person."""
    owned = [one for one in await organizations.list_memberships(database, user_id) if one.role == "owner"]
    async with database.read() as transaction:
        return [one for one in owned if not await _other_owners(transaction, one.organization_id, user_id)]


async def delete_account(
    transaction: Transaction, user_id: str, now: int, on_account_deleted: Sequence[CredentialsChanged]
) -> Person | None:
    """Delete the account; the person as they were, None when it was deleted before. Raises OwnsOrganizations.

    Sessions, ways in, memberships and links end, and whatever the floors above end in the same transaction.
    """
    # Organizations first: whoever is taken in at this moment holds their row, too, and then waits for the person's.
    await _leave_organizations(transaction, user_id, now)
    person = await lock_user(transaction, user_id)
    email = f"{user_id}@deleted.invalid"
    if person is None or not await transaction.run(queries.ANONYMIZE, user_id=user_id, email=email, name=NAME, now=now):
        return None
    for statement in queries.GOES:
        await transaction.run(statement, user_id=user_id)
    for call in on_account_deleted:
        await call(transaction, user_id, now)
    return person


async def _leave_organizations(transaction: Transaction, user_id: str, now: int) -> None:
    memberships: list[Row] = list(await transaction.all(organization_queries.LIST_MEMBERSHIPS, user_id=user_id))
    ownerless = []
    for row in sorted(memberships, key=lambda row: str(row["organization_id"])):
        try:
            await organizations.remove_member(transaction, row["organization_id"], user_id, Actor(user_id), now)
        except LastOwner:
            ownerless.append(row["slug"])
    if ownerless:
        raise OwnsOrganizations(ownerless)


async def _other_owners(transaction: Transaction, organization_id: str, user_id: str) -> int:
    row = await transaction.one(
        organization_queries.COUNT_OTHER_OWNERS, organization_id=organization_id, user_id=user_id
    )
    return int(row["owners"])

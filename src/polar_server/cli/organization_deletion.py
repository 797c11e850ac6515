"""`organization delete`: the end of an organization, by whoever runs the server."""

from pathlib import Path
from typing import Any

from polar_server import accounts
from polar_server.accounts.organizations import NotAMember, Organization
from polar_server.audit import OPERATOR
from polar_server.cli.opening import Opened, opened
from polar_server.cli.organization_tokens import organization_called
from polar_server.cli.output import Record, Refused, timestamp
from polar_server.html import Pages
from polar_server.mail import send_at_once
from polar_server.organization_deletion import (
    DeletedOrganization,
    SubscriptionsRenew,
    delete_organization,
    letters_about,
)


async def delete(slug: str, /) -> Record:
    """Delete an organization for ever: apps, members, checkouts, webhooks and files lose it at once.

    Its orders stay on record, its slug stays taken, and its owners are told by mail. Nothing brings it back. While
    subscriptions of a real organization still renew, it is refused.

    Parameters
    ----------
    slug
        The organization's slug.
    """
    async with opened() as at:
        deleted = await _deleted(at, await organization_called(at, slug))
        unsent = await _tell_owners(at, deleted)
    told = f" These owners could not be mailed, tell them yourself: {', '.join(unsent)}." if unsent else ""
    return Record(f"{deleted.name} is deleted.{told}", values_of(deleted, at.now))


async def _deleted(at: Opened, organization: Organization) -> DeletedOrganization:
    try:
        async with at.database.write() as tx:
            return await delete_organization(tx, organization.id, OPERATOR, at.now)
    except SubscriptionsRenew as error:
        renewing = "1 subscription" if error.count == 1 else f"{error.count} subscriptions"
        raise Refused(
            f"{organization.slug} is not deleted: {renewing} would renew. One of its owners cancels what renews first."
        ) from error
    except NotAMember as error:
        raise Refused(f"{organization.slug} was deleted a moment ago.") from error


async def _tell_owners(at: Opened, deleted: DeletedOrganization) -> list[str]:
    """The addresses to which the mail could not be sent."""
    pages = Pages({"accounts": Path(accounts.__path__[0]) / "templates"}, at.settings, at.server_keys)
    letters = letters_about(deleted, pages, at.now)
    return [letter.to for letter in letters if not await send_at_once(at.settings, letter, at.now)]


def values_of(deleted: DeletedOrganization, now: int) -> dict[str, Any]:
    """What is gone, as programs read it."""
    return {
        "id": deleted.id,
        "slug": deleted.slug,
        "name": deleted.name,
        "is_test": deleted.is_test,
        "deleted_at": timestamp(now),
        "ended": dict(deleted.ended),
    }

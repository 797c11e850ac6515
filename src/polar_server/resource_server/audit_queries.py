"""SQL that reads the audit log: of an organization, of a person, of an app, or of everybody."""

from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Transaction
from polar_server.resource_server.listing_queries import Listing

_COLUMNS = """
    e.id, e.at, e.act, e.user_id, u.name AS user_name, u.email AS user_email, e.client_id, c.name AS client_name,
    e.organization_id, e.subject_user_id, s.name AS subject_name, e.target_id, e.target_name,
    e.address, e.user_agent, e.detail
"""
_SOURCE = """
    audit_entries e LEFT JOIN users u ON u.id = e.user_id LEFT JOIN clients c ON c.client_id = e.client_id
    LEFT JOIN users s ON s.id = e.subject_user_id
"""
# `act` is a whole act, or its part before the dot. `before` is the last entry of the page before, for a reader of all.
_ASKED = """
    (CAST(:act AS TEXT) IS NULL OR e.act = :act OR substr(e.act, 1, length(:act) + 1) = :act || '.')
    AND (CAST(:user_id AS TEXT) IS NULL OR e.user_id = :user_id)
    AND (CAST(:client_id AS TEXT) IS NULL OR e.client_id = :client_id)
    AND (CAST(:since AS BIGINT) IS NULL OR e.at >= :since) AND (CAST(:until AS BIGINT) IS NULL OR e.at < :until)
    AND (CAST(:before AS TEXT) IS NULL OR e.id < :before)
"""


def _listing(whose: str) -> Listing:
    return Listing(_COLUMNS, _SOURCE, (f"{whose} AND {_ASKED}", f"{whose} AND {_ASKED}"))


_OF_ORGANIZATION = _listing("e.organization_id = :whose")
_OF_PERSON = _listing("(e.user_id = :whose OR e.subject_user_id = :whose)")
_OF_CLIENT = _listing("e.client_id = :whose")
_OF_ALL = _listing("CAST(:whose AS TEXT) IS NULL")
_NEWEST_FIRST = "e.id DESC"


class EntryFilter(Struct, frozen=True):
    """Which entries are asked for; None leaves it open. Times are epoch seconds, from `since` up to `until`."""

    act: str | None = None
    user_id: str | None = None
    client_id: str | None = None
    since: int | None = None
    until: int | None = None


class Log(NamedTuple):
    """A part of the audit log."""

    listing: Listing
    whose: str | None


def of_organization(organization_id: str) -> Log:
    """What was done to an organization's things."""
    return Log(_OF_ORGANIZATION, organization_id)


def of_person(user_id: str) -> Log:
    """What a person did, and what concerns their account."""
    return Log(_OF_PERSON, user_id)


def of_client(client_id: str) -> Log:
    """What was done through an app."""
    return Log(_OF_CLIENT, client_id)


def of_all() -> Log:
    """Everything: for the people who run the server."""
    return Log(_OF_ALL, None)


async def list_entries(
    tx: Transaction, log: Log, wanted: EntryFilter, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page, newest first, and how many entries there are in all."""
    asked = {**asdict(wanted), "whose": log.whose, "before": None}
    return await log.listing.find(tx, asked, _NEWEST_FIRST, limit, offset)


async def export_entries(tx: Transaction, log: Log, wanted: EntryFilter, before: str | None, limit: int) -> list[Row]:
    """The entries that follow the one with the id `before`, newest first."""
    asked = {**asdict(wanted), "whose": log.whose, "before": before}
    return await tx.all(log.listing.page(_NEWEST_FIRST), **asked, limit=limit, offset=0)

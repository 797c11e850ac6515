"""SQL of what the API keeps of organizations. Every statement names the organizations that it may touch."""

from typing import Any

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, within
from polar_server.resource_server.listing_queries import Listing

_COLUMNS = """
    o.id, o.slug, o.name, o.avatar_url, o.is_test, o.created_at, o.modified_at,
    d.email, d.website, d.country, d.default_presentment_currency, d.default_tax_behavior, d.settings
"""
_SOURCE = "organizations o LEFT JOIN organization_details d ON d.organization_id = o.id"

SORTING = {
    "created_at": "o.created_at",
    "slug": "o.slug",
    "name": "o.name",
    # Nothing is reviewed, so these are the same for all.
    "next_review_threshold": "0 * o.created_at",
    "days_in_status": "0 * o.created_at",
    "id": "o.id",
}

_WITHIN = within("o.id", "organization_ids")
_ASKED = both(_WITHIN, "(CAST(:slug AS TEXT) IS NULL OR o.slug = :slug)")
_LISTING = Listing(_COLUMNS, _SOURCE, _ASKED)
_ONE = [f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE o.id = :organization_id AND {reached}" for reached in _WITHIN]
_THERE = "o.deleted_at IS NULL"
_FIND = Statement(*_ONE)
# Who changes one that is deleted at this moment comes too late.
_LOCK = Statement(f"{_ONE[0]} AND {_THERE}", postgres=f"{_ONE[1]} AND {_THERE} FOR UPDATE OF o")
_IS_THERE = Statement(f"SELECT 1 FROM organizations o WHERE o.id = :organization_id AND {_THERE}")

_SAVE_DETAILS = Statement("""
    INSERT INTO organization_details (
        organization_id, email, website, country, default_presentment_currency, default_tax_behavior, settings
    ) VALUES (
        :organization_id, :email, :website, :country, :default_presentment_currency, :default_tax_behavior, :settings
    )
    ON CONFLICT (organization_id) DO UPDATE SET
        email = excluded.email, website = excluded.website, country = excluded.country,
        default_presentment_currency = excluded.default_presentment_currency,
        default_tax_behavior = excluded.default_tax_behavior, settings = excluded.settings
""")


async def list_organizations(
    tx: Transaction, organization_ids: str, slug: str | None, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of organizations and how many there are in all."""
    asked = {"organization_ids": organization_ids, "slug": slug}
    return await _LISTING.find(tx, asked, order, limit, offset)


async def find_organization(tx: Transaction, organization_id: str, organization_ids: str) -> Row | None:
    """An organization that is one of these; what it keeps beside its base row is null where nothing was saved."""
    return await tx.first(_FIND, organization_id=organization_id, organization_ids=organization_ids)


async def is_there(tx: Transaction, organization_id: str) -> bool:
    """Whether the organization is not deleted, for whoever comes without being a member."""
    return await tx.first(_IS_THERE, organization_id=organization_id) is not None


async def lock_organization(tx: Transaction, organization_id: str, organization_ids: str) -> Row | None:
    """The organization as committed now, kept from changing until the transaction ends."""
    return await tx.first(_LOCK, organization_id=organization_id, organization_ids=organization_ids)


async def save_details(tx: Transaction, **columns: Any) -> None:
    """Keep what an organization has beside its base row; the columns are those of the table."""
    await tx.run(_SAVE_DETAILS, **columns)

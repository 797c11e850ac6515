"""SQL of customers. Every statement names the organizations that it may touch."""

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, contains, with_metadata, within
from polar_server.resource_server.listing_queries import Listing
from polar_server.resources.customers.state_queries import ACTIVE

_COLUMNS = """
    c.id, c.organization_id, c.type, c.email, c.email_verified, c.external_id, c.name, c.billing_name,
    c.billing_address, c.tax_id, c.tax_id_format, c.locale, c.metadata, c.created_at, c.modified_at, c.deleted_at,
    c.default_payment_method_id
"""
SORTING = {"created_at": "c.created_at", "email": "c.email", "name": "c.name", "id": "c.id"}

_WITHIN = within("c.organization_id", "organization_ids")
_HAS_SUBSCRIPTION = f"""EXISTS (
    SELECT 1 FROM subscriptions s
    WHERE s.customer_id = c.id AND s.organization_id = c.organization_id AND s.status IN {ACTIVE}
)"""
_ASKED = both(
    _WITHIN,
    "c.deleted_at IS NULL",
    "(CAST(:email AS TEXT) IS NULL OR c.email = :email)",
    f"(CAST(:active AS BOOLEAN) IS NULL OR {_HAS_SUBSCRIPTION} = CAST(:active AS BOOLEAN))",
    contains("COALESCE(c.name, '') || ' ' || COALESCE(c.email, '') || ' ' || COALESCE(c.external_id, '')", "query"),
    with_metadata("c.metadata"),
)
_LISTING = Listing(_COLUMNS, "customers c", _ASKED)

_BY_ID = [f"SELECT {_COLUMNS} FROM customers c WHERE c.id = :id AND {reached}" for reached in _WITHIN]
_LIVE_BY_ID = [f"{text} AND c.deleted_at IS NULL" for text in _BY_ID]
_LIVE_BY_EXTERNAL_ID = [
    f"""
    SELECT {_COLUMNS} FROM customers c
    WHERE c.external_id = :external_id AND {reached} AND c.deleted_at IS NULL LIMIT 2
    """
    for reached in _WITHIN
]
_FIND = Statement(*_LIVE_BY_ID)
_FIND_ALSO_DELETED = Statement(*_BY_ID)
_FIND_EXTERNAL = Statement(*_LIVE_BY_EXTERNAL_ID)
_LOCK = Statement(_LIVE_BY_ID[0], postgres=f"{_LIVE_BY_ID[1]} FOR UPDATE")
_BY_EMAIL = f"""
    SELECT {_COLUMNS} FROM customers c
    WHERE c.organization_id = :organization_id AND c.email = :email AND c.deleted_at IS NULL
"""
_LOCK_BY_EMAIL = Statement(_BY_EMAIL, postgres=f"{_BY_EMAIL} FOR UPDATE")
_IDS = within("c.id", "ids")
_LIST_ALSO_DELETED = Statement(
    *(
        f"SELECT {_COLUMNS} FROM customers c WHERE {ids} AND {reached}"
        for ids, reached in zip(_IDS, _WITHIN, strict=True)
    )
)

_EXPORT = Statement(
    *(
        f"""
        SELECT {_COLUMNS} FROM customers c
        WHERE {reached} AND c.deleted_at IS NULL AND (c.created_at, c.id) > (:after_created_at, :after_id)
        ORDER BY c.created_at, c.id LIMIT :limit
        """
        for reached in _WITHIN
    )
)

_RETURNED = _COLUMNS.replace("c.", "")
_ADD = Statement("""
    INSERT INTO customers (
        id, organization_id, type, email, external_id, name, billing_address, tax_id, tax_id_format, locale, metadata,
        default_payment_method_id, created_at
    ) VALUES (
        :id, :organization_id, :type, :email, :external_id, :name, :billing_address, :tax_id, :tax_id_format, :locale,
        :metadata, :default_payment_method_id, :now
    )
""")
# What a new customer has in the columns that nothing is said of.
_NEW = {
    **dict.fromkeys(("billing_name", "modified_at", "deleted_at")),
    "email_verified": False,
}
_UPDATE = Statement(f"""
    UPDATE customers SET
        type = :type, email = :email, email_verified = :email_verified, external_id = :external_id, name = :name,
        billing_address = :billing_address, tax_id = :tax_id, tax_id_format = :tax_id_format, locale = :locale,
        metadata = :metadata, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id RETURNING {_RETURNED}
""")
_DELETE = Statement("""
    UPDATE customers SET deleted_at = :now, external_id = NULL, default_payment_method_id = NULL
    WHERE id = :id AND organization_id = :organization_id AND deleted_at IS NULL
""")
_ANONYMIZE = Statement("""
    UPDATE customers SET
        email = :email, email_verified = FALSE, external_id = NULL, name = NULL, billing_name = NULL,
        billing_address = NULL, tax_id = NULL, tax_id_format = NULL, locale = NULL, metadata = '{}'
    WHERE id = :id AND organization_id = :organization_id
""")


def of_external_customers(alias: str) -> tuple[str, str]:
    """The customer of a row has one of the external ids in `:external_customer_ids`, or everything when it is NULL."""
    sides = [
        f"""EXISTS (
            SELECT 1 FROM customers x WHERE x.id = {alias}.customer_id
            AND x.organization_id = {alias}.organization_id AND x.deleted_at IS NULL AND {chosen}
        )"""
        for chosen in within("x.external_id", "external_customer_ids")
    ]
    return (
        f"(:external_customer_ids IS NULL OR {sides[0]})",
        f"(CAST(:external_customer_ids AS TEXT) IS NULL OR {sides[1]})",
    )


class CustomerFilter(Struct, frozen=True):
    """What a list is asked for. Lists are JSON texts, None where nothing was asked."""

    organization_ids: str
    email: str | None
    query: str | None
    active: bool | None
    metadata: str


async def list_customers(
    tx: Transaction, wanted: CustomerFilter, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of customers and how many there are in all."""
    return await _LISTING.find(tx, asdict(wanted), order, limit, offset)


async def export_customers(tx: Transaction, organization_ids: str, after: tuple[int, str], limit: int) -> list[Row]:
    """The customers in the order they came, following (created_at, id)."""
    return await tx.all(
        _EXPORT, organization_ids=organization_ids, after_created_at=after[0], after_id=after[1], limit=limit
    )


async def find_customer(tx: Transaction, customer_id: str, organization_ids: str) -> Row | None:
    """A customer of one of these organizations that is not deleted."""
    return await tx.first(_FIND, id=customer_id, organization_ids=organization_ids)


async def find_customer_also_deleted(tx: Transaction, customer_id: str, organization_ids: str) -> Row | None:
    """A customer of one of these organizations, as the orders of a deleted one still name it."""
    return await tx.first(_FIND_ALSO_DELETED, id=customer_id, organization_ids=organization_ids)


async def list_also_deleted(tx: Transaction, ids: Iterable[str], organization_ids: str) -> list[Row]:
    """The customers with these ids, in no order, as what they bought still names them."""
    return await tx.all(_LIST_ALSO_DELETED, ids=json.dumps(sorted(set(ids))), organization_ids=organization_ids)


async def find_customers_by_external_id(tx: Transaction, external_id: str, organization_ids: str) -> list[Row]:
    """The customers with this external id: one in each organization; at most two are given."""
    return await tx.all(_FIND_EXTERNAL, external_id=external_id, organization_ids=organization_ids)


async def lock_customer(tx: Transaction, customer_id: str, organization_ids: str) -> Row | None:
    """The customer as committed now, kept from changing until the transaction ends."""
    return await tx.first(_LOCK, id=customer_id, organization_ids=organization_ids)


async def lock_by_email(tx: Transaction, organization_id: str, email: str) -> Row | None:
    """The customer of this organization with this address, kept from changing until the transaction ends."""
    return await tx.first(_LOCK_BY_EMAIL, organization_id=organization_id, email=email)


async def add_customer(tx: Transaction, *, default_payment_method_id: str | None = None, **columns: Any) -> Row:
    """Store a new customer; the row. `now` is created_at. Raises UniqueViolation, here or later."""
    columns["default_payment_method_id"] = default_payment_method_id
    await tx.later(_ADD, **columns)
    return {**_NEW, **columns, "created_at": columns["now"]}


async def update_customer(tx: Transaction, **columns: Any) -> Row:
    """Replace what may change of a customer; the row. Raises UniqueViolation."""
    return await tx.one(_UPDATE, **columns)


async def delete_customer(tx: Transaction, customer_id: str, organization_id: str, now: int) -> None:
    """Mark a customer as deleted. The row stays, its external id is free for another one."""
    await tx.run(_DELETE, id=customer_id, organization_id=organization_id, now=now)


async def anonymize_customer(tx: Transaction, customer_id: str, organization_id: str, email: str) -> None:
    """Remove what tells who a deleted customer was; `email` is the address that stands there from now on."""
    await tx.run(_ANONYMIZE, id=customer_id, organization_id=organization_id, email=email)

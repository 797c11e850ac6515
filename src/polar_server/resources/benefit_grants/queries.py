"""SQL of benefit grants. Every statement names the organization that it may touch."""

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Statement, Transaction
from polar_server.database.ordered_ids import ordered_id
from polar_server.resource_server.filter_queries import both, within, within_if_asked
from polar_server.resource_server.listing_queries import Listing
from polar_server.resources.customers.queries import of_external_customers

_COLUMNS = """
    g.id, g.organization_id, g.customer_id, g.benefit_id, g.subscription_id, g.order_id, g.properties, g.granted_at,
    g.revoked_at, g.created_at, g.modified_at
"""
_RETURNED = _COLUMNS.replace("g.", "")

_OF_SALE = f"""
    SELECT {_COLUMNS} FROM benefit_grants g
    WHERE g.organization_id = :organization_id AND (g.subscription_id = :subscription_id OR g.order_id = :order_id)
    ORDER BY g.created_at, g.id
"""
# The plus keeps SQLite from reading every grant of the organization, which come in the right order.
_OF_SALE_SQLITE = f"""
    SELECT {_COLUMNS} FROM benefit_grants g
    WHERE +g.organization_id = :organization_id AND (g.subscription_id = :subscription_id OR g.order_id = :order_id)
    ORDER BY g.created_at, g.id
"""
_LIST_OF_SALE = Statement(_OF_SALE_SQLITE, postgres=_OF_SALE)
_LOCK_OF_SALE = Statement(_OF_SALE_SQLITE, postgres=f"{_OF_SALE} FOR UPDATE")
_LIVE_OF_CUSTOMER = f"""
    SELECT {_COLUMNS} FROM benefit_grants g
    WHERE g.customer_id = :customer_id AND g.organization_id = :organization_id AND g.granted_at IS NOT NULL
    ORDER BY g.created_at, g.id
"""
_LOCK_LIVE_OF_CUSTOMER = Statement(_LIVE_OF_CUSTOMER, postgres=f"{_LIVE_OF_CUSTOMER} FOR UPDATE")
_LIVE = f"""
    SELECT {_COLUMNS} FROM benefit_grants g
    WHERE g.id = :id AND g.organization_id = :organization_id AND g.granted_at IS NOT NULL
"""
_FIND_LIVE = Statement(_LIVE)
_LOCK_LIVE = Statement(_LIVE, postgres=f"{_LIVE} FOR UPDATE")
# The plus keeps SQLite from reading every grant of the organization.
_HOLDERS = """
    SELECT g.benefit_id, count(DISTINCT g.customer_id) AS holders FROM benefit_grants g
    WHERE {asked} AND g.granted_at IS NOT NULL GROUP BY g.benefit_id
"""
_BENEFIT_IDS = within("g.benefit_id", "ids")
_COUNT_HOLDERS = Statement(
    _HOLDERS.format(asked=f"{_BENEFIT_IDS[0]} AND +g.organization_id = :organization_id"),
    postgres=_HOLDERS.format(asked=f"{_BENEFIT_IDS[1]} AND g.organization_id = :organization_id"),
)
_ASK_FOR_PRODUCT = Statement("""
    INSERT INTO grant_reviews (id, organization_id, product_id, created_at)
    VALUES (:id, :organization_id, :product_id, :now)
""")
_ASK_FOR_BENEFIT = Statement("""
    INSERT INTO grant_reviews (id, organization_id, benefit_id, created_at)
    VALUES (:id, :organization_id, :benefit_id, :now)
""")
_ADD = Statement("""
    INSERT INTO benefit_grants (
        id, organization_id, customer_id, benefit_id, subscription_id, order_id, properties, granted_at, created_at
    ) VALUES (
        :id, :organization_id, :customer_id, :benefit_id, :subscription_id, :order_id, :properties, :now, :now
    )
""")
_GRANT_AGAIN = Statement(f"""
    UPDATE benefit_grants SET granted_at = :now, revoked_at = NULL, properties = :properties, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND granted_at IS NULL RETURNING {_RETURNED}
""")
_CHANGE = Statement(f"""
    UPDATE benefit_grants SET properties = :properties, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND granted_at IS NOT NULL RETURNING {_RETURNED}
""")
_REVOKE = Statement(f"""
    UPDATE benefit_grants SET granted_at = NULL, revoked_at = :now, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND granted_at IS NOT NULL RETURNING {_RETURNED}
""")

# The id comes from an address that this server signed.
_FIND_SIGNED = Statement(f"""
    SELECT {_COLUMNS} FROM benefit_grants g JOIN organizations o ON o.id = g.organization_id AND o.deleted_at IS NULL
    WHERE g.id = :id AND g.granted_at IS NOT NULL
""")

SORTING = {
    "created_at": "g.created_at",
    # NULL stands at another end on each engine.
    "granted_at": "COALESCE(g.granted_at, 0)",
    "revoked_at": "COALESCE(g.revoked_at, 0)",
    "id": "g.id",
}
_ASKED = both(
    within("g.organization_id", "organization_ids"),
    within_if_asked("g.customer_id", "customer_ids"),
    of_external_customers("g"),
    "(CAST(:benefit_id AS TEXT) IS NULL OR g.benefit_id = :benefit_id)",
    "(CAST(:is_granted AS BOOLEAN) IS NULL OR (g.granted_at IS NOT NULL) = CAST(:is_granted AS BOOLEAN))",
)
_LISTING = Listing(_COLUMNS, "benefit_grants g", _ASKED)


class GrantFilter(Struct, frozen=True):
    """What a list is asked for. Lists are JSON texts, None where nothing was asked."""

    organization_ids: str
    customer_ids: str | None = None
    external_customer_ids: str | None = None
    benefit_id: str | None = None
    is_granted: bool | None = None


async def list_grants(
    tx: Transaction, wanted: GrantFilter, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of grants and how many there are in all."""
    return await _LISTING.find(tx, asdict(wanted), order, limit, offset)


async def count_holders(tx: Transaction, benefit_ids: Iterable[str], organization_id: str) -> dict[str, int]:
    """How many customers have each of these benefits; those that nobody has are left out."""
    rows = await tx.all(_COUNT_HOLDERS, ids=json.dumps(sorted(benefit_ids)), organization_id=organization_id)
    return {row["benefit_id"]: row["holders"] for row in rows}


async def find_live_grant(tx: Transaction, signed_id: str) -> Row | None:
    """A live grant of any organization, by an id that this server signed."""
    return await tx.first(_FIND_SIGNED, id=signed_id)


async def list_of_sale(
    tx: Transaction, organization_id: str, subscription_id: str | None, order_id: str | None
) -> list[Row]:
    """Every grant of a sale, also the revoked ones, in the order they were first made."""
    sale = {"organization_id": organization_id, "subscription_id": subscription_id, "order_id": order_id}
    return await tx.all(_LIST_OF_SALE, **sale)


async def lock_of_sale(
    tx: Transaction, organization_id: str, subscription_id: str | None, order_id: str | None
) -> list[Row]:
    """The same, held until the transaction ends."""
    sale = {"organization_id": organization_id, "subscription_id": subscription_id, "order_id": order_id}
    return await tx.all(_LOCK_OF_SALE, **sale)


async def lock_live_of_customer(tx: Transaction, customer_id: str, organization_id: str) -> list[Row]:
    """Whatever a customer has, held until the transaction ends."""
    return await tx.all(_LOCK_LIVE_OF_CUSTOMER, customer_id=customer_id, organization_id=organization_id)


async def find_live(tx: Transaction, grant_id: str, organization_id: str) -> Row | None:
    """A live grant."""
    return await tx.first(_FIND_LIVE, id=grant_id, organization_id=organization_id)


async def lock_live(tx: Transaction, grant_id: str, organization_id: str) -> Row | None:
    """A live grant, held until the transaction ends."""
    return await tx.first(_LOCK_LIVE, id=grant_id, organization_id=organization_id)


async def ask_for_product(tx: Transaction, product_id: str, organization_id: str, now: int) -> None:
    """A product gives other benefits: have its sales brought in line. The caller holds the product."""
    await tx.run(_ASK_FOR_PRODUCT, id=ordered_id(), organization_id=organization_id, product_id=product_id, now=now)


async def ask_for_benefit(tx: Transaction, benefit_id: str, organization_id: str, now: int) -> None:
    """A benefit was changed or deleted: have its grants brought in line. The caller holds the benefit."""
    await tx.run(_ASK_FOR_BENEFIT, id=ordered_id(), organization_id=organization_id, benefit_id=benefit_id, now=now)


async def add_grant(tx: Transaction, **columns: Any) -> Row:
    """Store a grant that begins now; the row."""
    await tx.later(_ADD, **columns)
    times = {"granted_at": columns["now"], "revoked_at": None, "created_at": columns["now"], "modified_at": None}
    return {**columns, **times}


async def grant_again(tx: Transaction, **columns: Any) -> Row | None:
    """Turn a revoked grant back into a live one; the row, None when it is live."""
    return await tx.first(_GRANT_AGAIN, **columns)


async def change_grant(tx: Transaction, **columns: Any) -> Row | None:
    """Replace the properties of a live grant; the row, None when it is revoked."""
    return await tx.first(_CHANGE, **columns)


async def revoke_grant(tx: Transaction, grant_id: str, organization_id: str, now: int) -> Row | None:
    """Revoke a live grant; the row, None when it was revoked before."""
    return await tx.first(_REVOKE, id=grant_id, organization_id=organization_id, now=now)

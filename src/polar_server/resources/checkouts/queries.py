"""SQL of checkouts. Every statement names the organizations that it may touch, or is listed with its reason."""

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import both, contains, within, within_if_asked
from polar_server.resource_server.listing_queries import Listing

CHANGEABLE = (
    "product_id", "product_price_id", "amount", "currency", "allow_trial", "trial_interval", "trial_interval_count",
    "allow_discount_codes", "require_billing_address", "customer_id", "is_business_customer", "customer_name",
    "customer_email", "customer_ip_address", "customer_billing_name", "customer_billing_address", "customer_tax_id",
    "customer_metadata", "locale", "success_url", "return_url", "embed_origin", "metadata", "status", "step",
    "subscription_id", "order_id", "succeeded_at",
)  # fmt: skip
"""The columns that `save_checkout` writes, all of them each time."""

_COLUMNS = """
    k.id, k.secret_id, k.key_id, k.organization_id, k.status, k.product_ids, k.product_id, k.product_price_id, k.amount,
    k.currency, k.allow_trial, k.trial_interval, k.trial_interval_count, k.allow_discount_codes,
    k.require_billing_address, k.customer_id, k.external_customer_id, k.is_business_customer, k.customer_name,
    k.customer_email, k.customer_ip_address, k.customer_billing_name, k.customer_billing_address, k.customer_tax_id,
    k.customer_metadata, k.locale, k.success_url, k.return_url, k.embed_origin, k.subscription_id, k.order_id, k.step,
    k.metadata, k.created_at, k.modified_at, k.expires_at, k.succeeded_at
"""
SORTING = {"created_at": "k.created_at", "expires_at": "k.expires_at", "status": "k.status", "id": "k.id"}

_WITHIN = within("k.organization_id", "organization_ids")
_ASKED = both(
    _WITHIN,
    within_if_asked("k.product_id", "product_ids"),
    within_if_asked("k.customer_id", "customer_ids"),
    within_if_asked("k.external_customer_id", "external_customer_ids"),
    within_if_asked("k.status", "statuses"),
    contains("k.customer_email", "query"),
)
_LISTING = Listing(_COLUMNS, "checkouts k", _ASKED)
_ONE = [f"SELECT {_COLUMNS} FROM checkouts k WHERE k.id = :id AND {reached}" for reached in _WITHIN]
_FIND = Statement(*_ONE)
# A checkout is paid once: who confirms waits here for the others, and then sees what they did.
_LOCK = Statement(_ONE[0], postgres=f"{_ONE[1]} FOR UPDATE")
# For PostgreSQL alone. The products are held before the next statement reads what they give.
_LOCK_FOR_SALE = Statement(f"""
    WITH k AS MATERIALIZED (
        SELECT {_COLUMNS} FROM checkouts k WHERE k.id = :id AND k.organization_id = :organization_id FOR UPDATE
    ), offered AS MATERIALIZED (
        SELECT 1 FROM products p
        WHERE p.id = ANY (ARRAY(SELECT json_array_elements_text(CAST(:product_ids AS JSON))))
            AND p.organization_id = :organization_id
        FOR KEY SHARE
    )
    SELECT k.* FROM k WHERE (SELECT count(*) FROM offered) >= 0
""")
_FIND_BY_SECRET = Statement(f"""
    SELECT
        {_COLUMNS}, o.created_at AS organization_created_at, o.modified_at AS organization_modified_at,
        o.name AS organization_name, o.slug AS organization_slug, o.avatar_url AS organization_avatar_url, d.settings
    FROM checkouts k JOIN organizations o ON o.id = k.organization_id AND o.deleted_at IS NULL
    LEFT JOIN organization_details d ON d.organization_id = o.id
    WHERE k.secret_id = :secret_id
""")

_ADD = Statement("""
    INSERT INTO checkouts (
        id, secret_id, key_id, organization_id, status, product_ids, product_id, product_price_id, amount, currency,
        allow_trial, trial_interval, trial_interval_count, allow_discount_codes, require_billing_address, customer_id,
        external_customer_id, is_business_customer, customer_name, customer_email, customer_ip_address,
        customer_billing_name, customer_billing_address, customer_tax_id, customer_metadata, locale, success_url,
        return_url, embed_origin, subscription_id, metadata, created_at, expires_at
    ) VALUES (
        :id, :secret_id, :key_id, :organization_id, 'open', :product_ids, :product_id, :product_price_id, :amount,
        :currency, :allow_trial, :trial_interval, :trial_interval_count, :allow_discount_codes,
        :require_billing_address, :customer_id, :external_customer_id, :is_business_customer, :customer_name,
        :customer_email, :customer_ip_address, :customer_billing_name, :customer_billing_address, :customer_tax_id,
        :customer_metadata, :locale, :success_url, :return_url, :embed_origin, :subscription_id, :metadata, :now,
        :expires_at
    )
""")
_SAVE = Statement(f"""
    UPDATE checkouts SET {", ".join(f"{name} = :{name}" for name in CHANGEABLE)}, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id
""")
_IS_OVER = "status IN ('open', 'confirmed') AND expires_at <= :now"
_IS_ANY_OVER = Statement(f"SELECT 1 FROM checkouts WHERE {_IS_OVER} LIMIT 1")
_CLAIM_OVER = Statement(
    f"SELECT id, organization_id FROM checkouts WHERE {_IS_OVER} ORDER BY expires_at LIMIT 1",
    postgres=f"""
    SELECT id, organization_id FROM checkouts WHERE {_IS_OVER} ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED
    """,
)
_EXPIRE = Statement(f"""
    UPDATE checkouts SET status = 'expired', step = NULL, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND {_IS_OVER}
""")
_FIND_CUSTOMER_ID = Statement("""
    SELECT c.id FROM customers c
    WHERE c.organization_id = :organization_id AND c.email = :email AND c.deleted_at IS NULL
""")
_HAD_TRIAL = Statement("""
    SELECT 1 FROM subscriptions s
    WHERE s.customer_id = :customer_id AND s.organization_id = :organization_id AND s.trial_start IS NOT NULL LIMIT 1
""")


class CheckoutFilter(Struct, frozen=True):
    """What a list is asked for. Lists are JSON texts, None where nothing was asked."""

    organization_ids: str
    product_ids: str | None
    customer_ids: str | None
    external_customer_ids: str | None
    statuses: str | None
    query: str | None


async def list_checkouts(
    tx: Transaction, wanted: CheckoutFilter, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of checkouts and how many there are in all."""
    return await _LISTING.find(tx, asdict(wanted), order, limit, offset)


async def find_checkout(tx: Transaction, checkout_id: str, organization_ids: str) -> Row | None:
    """A checkout of one of these organizations."""
    return await tx.first(_FIND, id=checkout_id, organization_ids=organization_ids)


async def find_by_secret(tx: Transaction, secret_id: str) -> Row | None:
    """The checkout that a secret names, with its organization; None where nobody sells.

    Whether it is its secret is still to be proved.
    """
    return await tx.first(_FIND_BY_SECRET, secret_id=secret_id)


async def lock_checkout(tx: Transaction, checkout_id: str, organization_ids: str) -> Row | None:
    """A checkout as committed now, kept from changing until the transaction ends."""
    return await tx.first(_LOCK, id=checkout_id, organization_ids=organization_ids)


async def lock_for_sale(tx: Transaction, checkout: Row) -> Row | None:
    """The same for a sale; what the checkout offers is neither deleted nor gives something else until it is stored."""
    checkout_id, organization_id = checkout["id"], checkout["organization_id"]
    if tx.engine == "sqlite":
        return await lock_checkout(tx, checkout_id, json.dumps([organization_id]))
    product_ids = checkout["product_ids"]
    return await tx.first(_LOCK_FOR_SALE, id=checkout_id, organization_id=organization_id, product_ids=product_ids)


async def add_checkout(tx: Transaction, **columns: Any) -> None:
    """Store a new checkout; `now` is created_at."""
    await tx.run(_ADD, **columns)


async def save_checkout(tx: Transaction, held: Row, columns: Mapping[str, Any], now: int) -> None:
    """Replace what may change of a checkout that the caller holds."""
    kept = {name: columns[name] for name in CHANGEABLE}
    await tx.later(_SAVE, **kept, id=held["id"], organization_id=held["organization_id"], now=now)


async def is_any_over(tx: Transaction, now: int) -> bool:
    """Whether a checkout has reached its end."""
    return await tx.first(_IS_ANY_OVER, now=now) is not None


async def claim_over(tx: Transaction, now: int) -> Row | None:
    """The first checkout that has reached its end and that nobody else has in hand."""
    return await tx.first(_CLAIM_OVER, now=now)


async def expire_checkout(tx: Transaction, checkout_id: str, organization_id: str, now: int) -> bool:
    """End a checkout that has reached its end."""
    return await tx.run(_EXPIRE, id=checkout_id, organization_id=organization_id, now=now) == 1


async def find_customer_id(tx: Transaction, organization_id: str, email: str) -> str | None:
    """The customer of this organization with this address."""
    row = await tx.first(_FIND_CUSTOMER_ID, organization_id=organization_id, email=email)
    return None if row is None else str(row["id"])


async def had_trial(tx: Transaction, customer_id: str, organization_id: str) -> bool:
    """Whether a customer has ever had a trial."""
    return await tx.first(_HAD_TRIAL, customer_id=customer_id, organization_id=organization_id) is not None

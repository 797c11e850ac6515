"""SQL of subscriptions. Every statement names the organizations that it may touch."""

from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import (
    both,
    with_metadata,
    within,
    within_if_asked,
)
from polar_server.resource_server.listing_queries import Listing
from polar_server.resources.customers.queries import of_external_customers

_NAMES = (
    "id", "organization_id", "customer_id", "product_id", "product_price_id", "checkout_id", "payment_method_id",
    "status", "amount", "currency", "recurring_interval", "recurring_interval_count", "anchored_at",
    "current_period_start", "current_period_end", "trial_start", "trial_end", "cancel_at_period_end", "canceled_at",
    "started_at", "ends_at", "ended_at", "past_due_at", "pause_at_period_end", "paused_at", "resumes_at",
    "customer_cancellation_reason", "customer_cancellation_comment", "pending_product_id", "pending_price_id",
    "pending_id", "pending_created_at", "due_at", "metadata", "created_at", "modified_at",
)  # fmt: skip
COLUMNS = ", ".join(f"s.{name}" for name in _NAMES)
_FOREVER = ("id", "organization_id", "customer_id", "created_at", "modified_at", "started_at")
_CHANGEABLE = [name for name in _NAMES if name not in _FOREVER]
_BOOLEANS = ("cancel_at_period_end", "pause_at_period_end")

_OF_CUSTOMER = """(
    SELECT {column} FROM customers c WHERE c.id = s.customer_id AND c.organization_id = s.organization_id
)"""
_PRODUCT_NAME = """(
    SELECT p.name FROM products p WHERE p.id = s.product_id AND p.organization_id = s.organization_id
)"""
SORTING = {
    "customer": _OF_CUSTOMER.format(column="COALESCE(c.name, c.email, '')"),
    "status": "s.status",
    "started_at": "s.started_at",
    "current_period_end": "s.current_period_end",
    # What has no such moment comes first.
    "ended_at": "COALESCE(s.ended_at, 0)",
    "ends_at": "COALESCE(s.ends_at, 0)",
    "amount": "s.amount",
    "product": _PRODUCT_NAME,
    # There are no discounts, so this is the same for all.
    "discount": "0 * s.started_at",
    "id": "s.id",
}

_WITHIN = within("s.organization_id", "organization_ids")
_IF_ASKED = "(CAST(:{name} AS {kind}) IS NULL OR {column} = CAST(:{name} AS {kind}))"
_SINCE = "(CAST(:{name}_after AS BIGINT) IS NULL OR s.{column} > :{name}_after)"
_UNTIL = "(CAST(:{name}_before AS BIGINT) IS NULL OR s.{column} < :{name}_before)"
_EXPORTED = both(
    _WITHIN,
    within_if_asked("s.product_id", "product_ids"),
    within_if_asked("s.status", "statuses"),
    _IF_ASKED.format(name="cancel_at_period_end", column="s.cancel_at_period_end", kind="BOOLEAN"),
    _SINCE.format(name="started", column="started_at"),
    _UNTIL.format(name="started", column="started_at"),
)
_ASKED = both(
    _EXPORTED,
    within_if_asked("s.customer_id", "customer_ids"),
    of_external_customers("s"),
    # There are no discounts, so no subscription has one of those that were asked for.
    "CAST(:discount_ids AS TEXT) IS NULL",
    _IF_ASKED.format(name="active", column="(s.status IN ('trialing', 'active'))", kind="BOOLEAN"),
    within_if_asked("s.customer_cancellation_reason", "reasons"),
    _SINCE.format(name="canceled_at", column="canceled_at"),
    _UNTIL.format(name="canceled_at", column="canceled_at"),
    with_metadata("s.metadata"),
)
_LISTING = Listing(COLUMNS, "subscriptions s", _ASKED)
_FIND_TEXTS = [f"SELECT {COLUMNS} FROM subscriptions s WHERE s.id = :id AND {reached}" for reached in _WITHIN]
_FIND = Statement(*_FIND_TEXTS)
# Two changes at the same moment go one after the other; SQLite has one writer anyway.
_LOCK = Statement(_FIND_TEXTS[0], postgres=f"{_FIND_TEXTS[1]} FOR UPDATE OF s")
# The customer first, as its deletion does: an order that is placed later would hold it after the subscription.
_CUSTOMER = """
    SELECT 1 FROM customers c JOIN subscriptions s ON s.customer_id = c.id AND s.organization_id = c.organization_id
    WHERE s.id = :id AND {reached}
"""
_HOLD_CUSTOMER = Statement(
    _CUSTOMER.format(reached=_WITHIN[0]),
    postgres=f"{_CUSTOMER.format(reached=_WITHIN[1])} FOR KEY SHARE OF c",
)
_EXPORT = Statement(
    *(
        f"""
        SELECT {COLUMNS}, {_PRODUCT_NAME} AS product, {_OF_CUSTOMER.format(column="c.email")} AS email,
            {_OF_CUSTOMER.format(column="c.name")} AS customer_name,
            {_OF_CUSTOMER.format(column="COALESCE(c.billing_name, c.name)")} AS billing_name,
            {_OF_CUSTOMER.format(column="c.billing_address")} AS billing_address
        FROM subscriptions s WHERE {asked} AND (s.started_at, s.id) > (:after_started_at, :after_id)
        ORDER BY s.started_at, s.id LIMIT :limit
        """
        for asked in _EXPORTED
    )
)
_ADD = Statement("""
    INSERT INTO subscriptions (
        id, organization_id, customer_id, product_id, product_price_id, checkout_id, payment_method_id, status, amount,
        currency, recurring_interval, recurring_interval_count, anchored_at, current_period_start, current_period_end,
        trial_start, trial_end, started_at, due_at, metadata, created_at
    ) VALUES (
        :id, :organization_id, :customer_id, :product_id, :product_price_id, :checkout_id, :payment_method_id, :status,
        :amount, :currency, :recurring_interval, :recurring_interval_count, :anchored_at, :current_period_start,
        :current_period_end, :trial_start, :trial_end, :now, :due_at, :metadata, :now
    )
""")
# What a new subscription has in the columns that nothing is said of.
_NEW = dict.fromkeys(_NAMES) | dict.fromkeys(_BOOLEANS, False)
# Guarded by what the caller saw: a transition happens once, whoever else had the same idea.
_SAVE = Statement(f"""
    UPDATE subscriptions SET {", ".join(f"{name} = :{name}" for name in _CHANGEABLE)}, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id
        AND status = :seen_status AND current_period_start = :seen_period
    RETURNING {", ".join(_NAMES)}
""")
_LIST_OF_CUSTOMER = Statement(
    f"""
    SELECT {COLUMNS} FROM subscriptions s
    WHERE s.customer_id = :customer_id AND s.organization_id = :organization_id AND s.ended_at IS NULL ORDER BY s.id
    """,
    postgres=f"""
    SELECT {COLUMNS} FROM subscriptions s
    WHERE s.customer_id = :customer_id AND s.organization_id = :organization_id AND s.ended_at IS NULL ORDER BY s.id
    FOR UPDATE OF s
    """,
)


class ExportFilter(Struct, frozen=True):
    """What an export is asked for. Lists are JSON texts, times epoch seconds, None where nothing was asked."""

    organization_ids: str
    product_ids: str | None
    statuses: str | None
    cancel_at_period_end: bool | None
    started_after: int | None
    started_before: int | None


class SubscriptionFilter(ExportFilter, frozen=True):
    """What a list is asked for."""

    customer_ids: str | None
    external_customer_ids: str | None
    discount_ids: str | None
    active: bool | None
    reasons: str | None
    canceled_at_after: int | None
    canceled_at_before: int | None
    metadata: str


async def list_subscriptions(
    tx: Transaction, wanted: SubscriptionFilter, order: str, limit: int, offset: int
) -> tuple[list[Row], int]:
    """A page of subscriptions and how many there are in all."""
    return await _LISTING.find(tx, asdict(wanted), order, limit, offset)


async def export_subscriptions(tx: Transaction, wanted: ExportFilter, after: tuple[int, str], limit: int) -> list[Row]:
    """The subscriptions in the order they started, following (started_at, id), with the names that an export shows."""
    return await tx.all(_EXPORT, **asdict(wanted), after_started_at=after[0], after_id=after[1], limit=limit)


async def find_subscription(tx: Transaction, subscription_id: str, organization_ids: str) -> Row | None:
    """A subscription of one of these organizations."""
    return await tx.first(_FIND, id=subscription_id, organization_ids=organization_ids)


async def lock_subscription(tx: Transaction, subscription_id: str, organization_ids: str) -> Row | None:
    """The same as committed now, held with its customer until the transaction ends."""
    await tx.all(_HOLD_CUSTOMER, id=subscription_id, organization_ids=organization_ids)
    return await tx.first(_LOCK, id=subscription_id, organization_ids=organization_ids)


async def lock_of_customer(tx: Transaction, customer_id: str, organization_id: str) -> list[Row]:
    """The subscriptions of a customer that have not ended, held until the transaction ends."""
    return await tx.all(_LIST_OF_CUSTOMER, customer_id=customer_id, organization_id=organization_id)


async def add_subscription(tx: Transaction, **columns: Any) -> Row:
    """Store a new subscription; the row. `now` is when it starts and when it was created."""
    await tx.later(_ADD, **columns)
    return {**_NEW, **columns, "started_at": columns["now"], "created_at": columns["now"]}


async def save_subscription(tx: Transaction, current: Row, now: int, **changes: Any) -> Row:
    """Change a locked subscription, and give it as it is then. Raises LookupError when it is not `current` any more."""
    columns = {name: current[name] for name in _CHANGEABLE} | changes
    columns |= {name: bool(columns[name]) for name in _BOOLEANS}
    seen = {"seen_status": current["status"], "seen_period": current["current_period_start"]}
    place = {"id": current["id"], "organization_id": current["organization_id"]}
    return await tx.one(_SAVE, **columns, **seen, **place, now=now)

"""SQL of orders and their items. Every statement names the organizations that it may touch."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from polar_server.database import Row, Statement, Transaction
from polar_server.resource_server.filter_queries import within

COLUMNS = """
    o.id, o.organization_id, o.customer_id, o.product_id, o.subscription_id, o.checkout_id, o.payment_method_id,
    o.status, o.billing_reason, o.currency, o.subtotal_amount, o.discount_amount, o.tax_amount, o.refunded_amount,
    o.refunded_tax_amount, o.description, o.billing_name, o.billing_address, o.invoice_number, o.paid_at, o.attempts,
    o.next_payment_attempt_at, o.metadata, o.created_at, o.modified_at
"""

_WITHIN = within("o.organization_id", "organization_ids")
_FIND_TEXTS = [f"SELECT {COLUMNS} FROM orders o WHERE o.id = :id AND {reached}" for reached in _WITHIN]
_FIND = Statement(*_FIND_TEXTS)
# Two changes at the same moment go one after the other; SQLite has one writer anyway.
_LOCK = Statement(_FIND_TEXTS[0], postgres=f"{_FIND_TEXTS[1]} FOR UPDATE OF o")
_LIST_SUBSCRIPTIONS = Statement(
    *(
        f"""
        SELECT s.id, s.created_at, s.modified_at, s.amount, s.currency, s.recurring_interval,
            s.recurring_interval_count, s.status, s.current_period_start, s.current_period_end, s.trial_start,
            s.trial_end, s.cancel_at_period_end, s.canceled_at, s.started_at, s.ends_at, s.ended_at, s.past_due_at,
            s.pause_at_period_end, s.paused_at, s.resumes_at, s.customer_id, s.product_id, s.checkout_id,
            s.customer_cancellation_reason, s.customer_cancellation_comment, s.metadata
        FROM subscriptions s WHERE {ids} AND {organizations}
        """
        for ids, organizations in zip(
            within("s.id", "ids"), within("s.organization_id", "organization_ids"), strict=True
        )
    )
)

_ADD = Statement("""
    INSERT INTO orders (
        id, organization_id, customer_id, product_id, subscription_id, checkout_id, payment_method_id, status,
        billing_reason, currency, subtotal_amount, description, billing_name, billing_address, invoice_number, paid_at,
        metadata, created_at
    ) VALUES (
        :id, :organization_id, :customer_id, :product_id, :subscription_id, :checkout_id, :payment_method_id, :status,
        :billing_reason, :currency, :subtotal_amount, :description, :billing_name, :billing_address, :invoice_number,
        :paid_at, :metadata, :now
    )
""")
# What a new order has in the columns that nothing is said of.
_NEW = {
    **dict.fromkeys(("discount_amount", "tax_amount", "refunded_amount", "refunded_tax_amount", "attempts"), 0),
    **dict.fromkeys(("next_payment_attempt_at", "modified_at")),
}
_ITEM_COLUMNS = """
    i.id, i.order_id, i.label, i.amount, i.tax_amount, i.proration, i.product_price_id, i.starts_at, i.ends_at,
    i.created_at
"""
_ADD_ITEM = Statement("""
    INSERT INTO order_items (
        id, organization_id, order_id, position, label, amount, proration, product_price_id, starts_at, ends_at,
        created_at
    ) VALUES (
        :id, :organization_id, :order_id, :position, :label, :amount, :proration, :product_price_id, :starts_at,
        :ends_at, :now
    )
""")
_LIST_ITEMS = Statement(
    *(
        f"""
        SELECT {_ITEM_COLUMNS} FROM order_items i WHERE {ids} AND {organizations} ORDER BY i.position
        """
        for ids, organizations in zip(
            within("i.order_id", "order_ids"), within("i.organization_id", "organization_ids"), strict=True
        )
    )
)

# The row of the counter is held until the transaction ends: the next number waits, so that none is ever lost.
_COUNT_INVOICE = Statement("""
    INSERT INTO invoice_counters (organization_id, last) VALUES (:organization_id, 1)
    ON CONFLICT (organization_id) DO UPDATE SET last = invoice_counters.last + 1
    RETURNING last, (SELECT slug FROM organizations WHERE id = :organization_id) AS slug
""")
_PAY = Statement("""
    UPDATE orders SET
        status = 'paid', paid_at = :now, next_payment_attempt_at = NULL, modified_at = :now,
        payment_method_id = COALESCE(:payment_method_id, payment_method_id),
        invoice_number = COALESCE(invoice_number, :invoice_number)
    WHERE id = :id AND organization_id = :organization_id AND status IN ('draft', 'pending')
""")
_COUNT_ATTEMPT = Statement("""
    UPDATE orders SET attempts = attempts + 1, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND status = 'pending'
""")
_PLAN_ATTEMPT = Statement("""
    UPDATE orders SET next_payment_attempt_at = :at, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND status = 'pending'
""")
_VOID = Statement("""
    UPDATE orders SET status = 'void', next_payment_attempt_at = NULL, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id AND status = 'pending'
""")
_REFUND = Statement("""
    UPDATE orders SET
        refunded_amount = refunded_amount + :amount, modified_at = :now,
        status = CASE WHEN refunded_amount + :amount = subtotal_amount - discount_amount
            THEN 'refunded' ELSE 'partially_refunded' END
    WHERE id = :id AND organization_id = :organization_id AND status IN ('paid', 'partially_refunded')
        AND refunded_amount + :amount <= subtotal_amount - discount_amount
""")
_SET_BILLING = Statement("""
    UPDATE orders SET billing_name = :billing_name, billing_address = :billing_address, modified_at = :now
    WHERE id = :id AND organization_id = :organization_id
""")


async def find_order(tx: Transaction, order_id: str, organization_ids: str) -> Row | None:
    """An order of one of these organizations."""
    return await tx.first(_FIND, id=order_id, organization_ids=organization_ids)


async def lock_order(tx: Transaction, order_id: str, organization_ids: str) -> Row | None:
    """The same as committed now, held until the transaction ends."""
    return await tx.first(_LOCK, id=order_id, organization_ids=organization_ids)


async def list_items(tx: Transaction, order_ids: Sequence[str], organization_ids: str) -> dict[str, list[Row]]:
    """The items of these orders, in their order."""
    found: dict[str, list[Row]] = {order_id: [] for order_id in order_ids}
    ids = json.dumps(list(order_ids))
    for row in await tx.all(_LIST_ITEMS, order_ids=ids, organization_ids=organization_ids):
        found[row["order_id"]].append(row)
    return found


async def list_subscriptions(tx: Transaction, ids: Iterable[str], organization_ids: str) -> dict[str, Row]:
    """These subscriptions by their ids, as orders show them within themselves."""
    wanted = json.dumps(sorted(ids))
    rows = await tx.all(_LIST_SUBSCRIPTIONS, ids=wanted, organization_ids=organization_ids) if ids else []
    return {row["id"]: row for row in rows}


async def add_order(tx: Transaction, **columns: Any) -> Row:
    """Store a new order; the row. The columns are those of the table, `now` for created_at."""
    await tx.later(_ADD, **columns)
    return {**_NEW, **columns, "created_at": columns["now"]}


async def add_item(tx: Transaction, **columns: Any) -> Row:
    """Store an item of a new order; the row."""
    await tx.later(_ADD_ITEM, **columns)
    return {**columns, "tax_amount": 0, "created_at": columns["now"]}


async def count_invoice(tx: Transaction, organization_id: str) -> tuple[int, str]:
    """The next number of the organization's invoices, and its slug."""
    number, slug = await tx.one(_COUNT_INVOICE, organization_id=organization_id)
    return number, slug


async def pay_order(tx: Transaction, **columns: Any) -> bool:
    """Whether a draft or pending order became a paid one by this. A number and a card that are NULL change nothing."""
    return await tx.run(_PAY, **columns) == 1


async def count_attempt(tx: Transaction, order_id: str, organization_id: str, now: int) -> None:
    """Note that a pending order could not be paid."""
    await tx.run(_COUNT_ATTEMPT, id=order_id, organization_id=organization_id, now=now)


async def plan_attempt(tx: Transaction, order_id: str, organization_id: str, at: int | None, now: int) -> None:
    """Say when a pending order will be tried again; None for never."""
    await tx.run(_PLAN_ATTEMPT, id=order_id, organization_id=organization_id, at=at, now=now)


async def void_order(tx: Transaction, order_id: str, organization_id: str, now: int) -> bool:
    """Whether a pending order became void by this."""
    return await tx.run(_VOID, id=order_id, organization_id=organization_id, now=now) == 1


async def refund_order(tx: Transaction, **columns: Any) -> bool:
    """Whether `amount` was still there to be given back, and is now."""
    return await tx.run(_REFUND, **columns) == 1


async def set_billing(tx: Transaction, **columns: Any) -> None:
    """Replace whom the invoice names."""
    await tx.run(_SET_BILLING, **columns)

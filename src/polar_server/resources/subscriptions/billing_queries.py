"""SQL of what subscriptions owe: prorations that wait for an order, and orders that wait for a payment."""

from uuid import uuid4

from polar_server.database import Row, Statement, Transaction

_ADD = Statement("""
    INSERT INTO subscription_prorations (
        id, organization_id, subscription_id, label, amount, product_price_id, starts_at, ends_at, created_at
    ) VALUES (
        :id, :organization_id, :subscription_id, :label, :amount, :product_price_id, :starts_at, :ends_at, :now
    )
""")
_OPEN = """
    FROM subscription_prorations
    WHERE subscription_id = :subscription_id AND organization_id = :organization_id AND order_id IS NULL
"""
_LIST_OPEN = Statement(f"""
    SELECT id, label, amount, product_price_id, starts_at, ends_at {_OPEN} ORDER BY created_at, amount, id
""")
_CLOSE = Statement("""
    UPDATE subscription_prorations SET order_id = :order_id
    WHERE subscription_id = :subscription_id AND organization_id = :organization_id AND order_id IS NULL
""")
_LIST_UNPAID = Statement("""
    SELECT id, attempts, next_payment_attempt_at FROM orders
    WHERE subscription_id = :subscription_id AND organization_id = :organization_id AND status = 'pending'
    ORDER BY created_at, id
""")
_CHOOSE_CARD = Statement("""
    UPDATE orders SET payment_method_id = :payment_method_id
    WHERE id = :id AND organization_id = :organization_id AND status = 'pending'
""")


async def add_proration(
    tx: Transaction,
    row: Row,
    now: int,
    *,
    label: str,
    amount: int,
    product_price_id: str | None,
    starts_at: int,
    ends_at: int,
) -> None:
    """Keep what a change of a locked subscription costs, or less than 0 for what it gives back, for its next order."""
    place = {"organization_id": row["organization_id"], "subscription_id": row["id"], "id": str(uuid4())}
    span = {"starts_at": starts_at, "ends_at": ends_at}
    await tx.run(_ADD, **place, **span, label=label, amount=amount, product_price_id=product_price_id, now=now)


async def list_open(tx: Transaction, row: Row) -> list[Row]:
    """What waits for the next order of a locked subscription, oldest first."""
    return await tx.all(_LIST_OPEN, subscription_id=row["id"], organization_id=row["organization_id"])


async def close_all(tx: Transaction, row: Row, order_id: str) -> None:
    """Note that all of it is in this order."""
    place = {"subscription_id": row["id"], "organization_id": row["organization_id"]}
    await tx.run(_CLOSE, **place, order_id=order_id)


async def list_unpaid(tx: Transaction, subscription_id: str, organization_id: str) -> list[Row]:
    """The pending orders of a subscription, oldest first."""
    return await tx.all(_LIST_UNPAID, subscription_id=subscription_id, organization_id=organization_id)


async def choose_card(tx: Transaction, order_id: str, organization_id: str, payment_method_id: str | None) -> None:
    """Name the card that a pending order will be charged to."""
    await tx.run(_CHOOSE_CARD, id=order_id, organization_id=organization_id, payment_method_id=payment_method_id)

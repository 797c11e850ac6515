"""Orders of a subscription: what a period costs, with what changes in the middle of earlier ones left open."""

import json
from dataclasses import dataclass

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resources.customers.payment_method_queries import find_default_payment_method
from polar_server.resources.customers.queries import find_customer_also_deleted
from polar_server.resources.orders.placing import NewItem, NewOrder, place_order
from polar_server.resources.subscriptions import billing_queries
from polar_server.resources.subscriptions.prorations import use_credits


@dataclass(frozen=True, slots=True)
class Bill:
    """What an order of a subscription is for. `full` is a whole period, if one is to be paid."""

    reason: str
    full: NewItem | None = None


async def place_bill(tx: Transaction, server: AuthorizationServer, row: Row, bill: Bill, now: int) -> str | None:
    """Place an order, not paid yet, with everything that waits; None when no period is to be paid and nothing is owed.

    A credit that is more than the order costs stays for the next one.
    """
    waiting = await billing_queries.list_open(tx, row)
    items = [bill.full] if bill.full else []
    items += [_item_of(proration) for proration in waiting]
    if bill.full is None and sum(item.amount for item in items) <= 0:
        return None
    taken, left = use_credits([item.amount for item in items])
    used = [_taking(item, amount) for item, amount in zip(items, taken, strict=True) if amount or item is bill.full]
    order_id = await place_order(tx, server, await _order(tx, row, bill.reason, used), now, paid=False)
    await billing_queries.close_all(tx, row, order_id)
    if left:
        await _keep_credit(tx, row, left, now)
    return order_id


async def card_of(tx: Transaction, row: Row) -> str | None:
    """The card that a subscription is paid with now: its own one, or what the customer chose last."""
    if row["payment_method_id"] is not None:
        return str(row["payment_method_id"])
    chosen = await find_default_payment_method(tx, row["customer_id"], row["organization_id"])
    return None if chosen is None else str(chosen["id"])


def full_period(row: Row, product: Row) -> NewItem:
    """The item for the present period."""
    span = {"starts_at": row["current_period_start"], "ends_at": row["current_period_end"]}
    return NewItem(product["name"], row["amount"], row["product_price_id"], **span)


def _item_of(proration: Row) -> NewItem:
    span = {"starts_at": proration["starts_at"], "ends_at": proration["ends_at"]}
    return NewItem(proration["label"], proration["amount"], proration["product_price_id"], proration=True, **span)


def _taking(item: NewItem, amount: int) -> NewItem:
    return NewItem(item.label, amount, item.product_price_id, item.proration, item.starts_at, item.ends_at)


async def _order(tx: Transaction, row: Row, reason: str, items: list[NewItem]) -> NewOrder:
    customer = await find_customer_also_deleted(tx, row["customer_id"], json.dumps([row["organization_id"]]))
    assert customer is not None, "customers stay"
    return NewOrder(
        organization_id=row["organization_id"],
        customer_id=row["customer_id"],
        currency=row["currency"],
        billing_reason=reason,
        items=tuple(items),
        product_id=row["product_id"],
        subscription_id=row["id"],
        payment_method_id=await card_of(tx, row),
        billing_name=customer["billing_name"] or customer["name"],
        billing_address=customer["billing_address"],
        metadata=row["metadata"],
    )


async def _keep_credit(tx: Transaction, row: Row, amount: int, now: int) -> None:
    span = {"starts_at": row["current_period_start"], "ends_at": row["current_period_end"]}
    await billing_queries.add_proration(
        tx, row, now, label="Credit from earlier changes", amount=amount, product_price_id=None, **span
    )

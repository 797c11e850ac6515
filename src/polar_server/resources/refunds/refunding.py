"""Giving money back."""

import json
from uuid import uuid4

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.database import Row, Transaction
from polar_server.resource_server.errors import ApiError, invalid
from polar_server.resource_server.events import record_event
from polar_server.resource_server.metadata import check_metadata
from polar_server.resources.benefit_grants.granting import Sale, sync_grants
from polar_server.resources.customers.changes import tell_state
from polar_server.resources.orders import queries as orders
from polar_server.resources.orders.answers import PAID
from polar_server.resources.orders.placing import tell_order
from polar_server.resources.refunds import queries
from polar_server.resources.refunds.answers import refund_of
from polar_server.resources.refunds.schemas import Refund, RefundCreate


class RefundedAlready(ApiError):
    """Everything that was paid for the order was given back before."""

    status = 403


async def refund_order(
    tx: Transaction, server: AuthorizationServer, order: Row, sent: RefundCreate, now: int
) -> Refund:
    """Give a part of what was paid for an order back, or all of it. Nothing was taxed, so no tax is given back.

    Raises RequestValidationError, RefundedAlready.
    """
    if sent.revoke_benefits and order["subscription_id"] is not None:
        raise invalid(
            "revoke_benefits", "This order is of a subscription. Revoke the subscription to end its benefits."
        )
    metadata = check_metadata(sent.metadata)
    place = {"id": order["id"], "organization_id": order["organization_id"]}
    # One statement looks and takes: of refunds at the same moment none gives back what another one did.
    if not await orders.refund_order(tx, **place, amount=sent.amount, now=now):
        raise await _refusal(tx, order, sent.amount)
    row = await queries.add_refund(
        tx,
        id=str(uuid4()),
        organization_id=order["organization_id"],
        order_id=order["id"],
        customer_id=order["customer_id"],
        subscription_id=order["subscription_id"],
        reason=sent.reason,
        amount=sent.amount,
        currency=order["currency"],
        comment=sent.comment,
        revoke_benefits=sent.revoke_benefits,
        metadata=metadata,
        now=now,
    )
    refund = refund_of(row)
    await record_event(tx, order["organization_id"], "refund.created", refund, now)
    await tell_order(tx, order["id"], order["organization_id"], ("order.updated", "order.refunded"), now)
    if sent.revoke_benefits:
        await _revoke(tx, server, order, now)
    return refund


async def _revoke(tx: Transaction, server: AuthorizationServer, order: Row, now: int) -> None:
    organization_id, customer_id = order["organization_id"], order["customer_id"]
    if await sync_grants(tx, server, Sale(organization_id, customer_id, order_id=order["id"]), None, now):
        await tell_state(tx, organization_id, customer_id, now)


async def _refusal(tx: Transaction, order: Row, amount: int) -> ApiError:
    """Why nothing was given back, by the order as it is now."""
    current = await orders.find_order(tx, order["id"], json.dumps([order["organization_id"]]))
    assert current is not None, "an order is never deleted"
    if current["status"] not in PAID:
        return invalid(
            "order_id", "The order is not paid, so there is nothing to give back.", "value_error", order["id"]
        )
    if current["status"] == "refunded":
        return RefundedAlready("Everything that was paid for this order was given back before.")
    left = current["subtotal_amount"] - current["discount_amount"] - current["refunded_amount"]
    return invalid("amount", f"At most {left} can still be given back.", "less_than_equal", amount)

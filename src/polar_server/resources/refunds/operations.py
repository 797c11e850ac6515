"""What can be done with refunds: give money back, in one transaction with its events and its entry of the audit log."""

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import Target, record_act
from polar_server.resource_server.errors import invalid
from polar_server.resources.orders.finding import WRITE
from polar_server.resources.orders.queries import find_order
from polar_server.resources.refunds.refunding import refund_order
from polar_server.resources.refunds.schemas import Refund, RefundCreate


async def create_refund(server: AuthorizationServer, caller: Caller, sent: RefundCreate) -> Refund:
    """Give back a part of what was paid for an order, or all of it. Raises NotPermitted, and as `refund_order` does."""
    now = int(server.clock())
    async with server.database.write() as tx:
        order = await find_order(tx, sent.order_id, caller.reach())
        if order is None:
            raise invalid("order_id", "There is no such order.", "value_error", sent.order_id)
        caller.require(order["organization_id"], WRITE)
        refund = await refund_order(tx, server, order, sent, now)
        facts = {"order_id": refund.order_id, "amount": refund.amount, "currency": refund.currency}
        target = Target(refund.id, order["invoice_number"])
        await record_act(tx, caller, "refund.created", refund.organization_id, target, now, **facts)
        return refund

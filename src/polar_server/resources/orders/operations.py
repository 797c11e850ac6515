"""What can be done with orders. Each is one transaction: the change, its events, and its entry of the audit log."""

from polar_server.authorization_server.server import AuthorizationServer
from polar_server.resource_server.caller import Caller
from polar_server.resource_server.changes import record_act, sent_names, tell
from polar_server.resources.orders import changes, drafting
from polar_server.resources.orders.finding import WRITE, held, shown
from polar_server.resources.orders.schemas import Order, OrderCreate, OrderFinalize, OrderUpdate


async def create_order(server: AuthorizationServer, caller: Caller, sent: OrderCreate) -> Order:
    """Draft an order for a customer. Raises RequestValidationError, NotPermitted."""
    organization_id, now = caller.organization_for(sent.organization_id, WRITE), int(server.clock())
    async with server.database.write() as tx:
        order_id = await drafting.draft_order(tx, sent, organization_id, now)
        order = await shown(tx, order_id, caller)
        await record_act(tx, caller, "order.created", organization_id, order, now)
        return order


async def finalize_order(server: AuthorizationServer, caller: Caller, order_id: str, sent: OrderFinalize) -> Order:
    """Charge the customer's card for a draft, and give what was bought.

    Raises ResourceNotFound, NotPermitted, OrderNotDraft, PaymentFailed, PaymentActionRequired.
    """
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await held(tx, order_id, caller)
        await drafting.finalize_order(tx, server, current, sent.payment_method_id, now)
        order = await shown(tx, order_id, caller)
        paid = {"amount": order.total_amount, "currency": order.currency}
        await record_act(tx, caller, "order.finalized", current["organization_id"], order, now, **paid)
        return order


async def update_order(server: AuthorizationServer, caller: Caller, order_id: str, sent: OrderUpdate) -> Order:
    """Change who is billed. Raises RequestValidationError, ResourceNotFound, NotPermitted."""
    now = int(server.clock())
    async with server.database.write() as tx:
        current = await held(tx, order_id, caller)
        await changes.update_order(tx, current, sent, now)
        order = await shown(tx, order_id, caller)
        await tell(tx, caller, "order.updated", current["organization_id"], order, now, changed=sent_names(sent))
        return order

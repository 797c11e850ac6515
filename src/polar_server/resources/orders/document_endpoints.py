"""`/v1/orders/{id}/invoice` and `/receipt`: where the documents of an order can be read."""

from litestar import get, post
from litestar.params import FromPath

from polar_server.authorization_server.server import AuthorizationServer, GivenServer
from polar_server.resource_server.caller import Caller, GivenCaller
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resources.orders.documents import Kind, address_of_document, check_invoice, is_there
from polar_server.resources.orders.finding import READ, WRITE, found
from polar_server.resources.orders.schemas import OrderInvoice, OrderReceipt


@post("/v1/orders/{order_id:str}/invoice", scopes=[READ, WRITE], status_code=202)
async def create_invoice(order_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> object:
    """Ask for the invoice. It is there at once."""
    async with server.database.read() as tx:
        check_invoice(await found(tx, order_id, caller))
    # The published clients decode a body, so there is one: null.
    return None


@get("/v1/orders/{order_id:str}/invoice", scopes=[READ, WRITE])
async def get_invoice(order_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> OrderInvoice:
    """The address of the invoice, which works for an hour for whoever has it."""
    return OrderInvoice(await _address(server, caller, "invoice", order_id))


@get("/v1/orders/{order_id:str}/receipt", scopes=[READ, WRITE])
async def get_receipt(order_id: FromPath[str], caller: GivenCaller, server: GivenServer) -> OrderReceipt:
    """The address of the receipt of a paid order, which works for an hour for whoever has it."""
    return OrderReceipt(await _address(server, caller, "receipt", order_id))


async def _address(server: AuthorizationServer, caller: Caller, kind: Kind, order_id: str) -> str:
    async with server.database.read() as tx:
        order = await found(tx, order_id, caller)
    if not is_there(order, kind):
        raise ResourceNotFound(f"There is no {kind} of this order.")
    return address_of_document(server, kind, order, int(server.clock()))

"""`POST /v1/orders/` and `/v1/orders/{id}/finalize`: an order made by the organization, and its payment."""

from typing import Any

from litestar import Request, post
from litestar.params import FromPath

from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.caller import GivenCaller
from polar_server.resources.orders import operations
from polar_server.resources.orders.finding import WRITE
from polar_server.resources.orders.schemas import Order, OrderCreate, OrderFinalize


@post("/v1/orders", scopes=[WRITE], status_code=201)
async def create_order(request: Request[Any, Any, Any], caller: GivenCaller, server: GivenServer) -> Order:
    """Draft an order for a customer who left a card. Nothing is paid before it is finalized."""
    return await operations.create_order(server, caller, await read_body(request, OrderCreate))


@post("/v1/orders/{order_id:str}/finalize", scopes=[WRITE], status_code=200)
async def finalize_order(
    request: Request[Any, Any, Any], order_id: FromPath[str], caller: GivenCaller, server: GivenServer
) -> Order:
    """Charge the customer's card for a draft, without the customer, and give what was bought.

    When the card cannot be charged the order stays a draft, and can be finalized again.
    """
    return await operations.finalize_order(server, caller, order_id, await read_body(request, OrderFinalize))

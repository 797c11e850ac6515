"""Customers, products, cards and orders for tests of what follows a sale."""

import json
from typing import Any

from tests.world import NOW, Api, World

from polar_server import payments
from polar_server.database import Statement
from polar_server.resources.customers.payment_method_queries import add_payment_method
from polar_server.resources.orders import placing, queries
from polar_server.resources.orders.placing import NewItem, NewOrder

ADDRESS = {"country": "FR", "line1": "1 rue de la Paix", "city": "Paris", "postal_code": "75002", "state": "IDF"}

_EVENTS = Statement("SELECT type FROM events WHERE organization_id = :organization_id ORDER BY id")


def card(token: str = "test_success") -> payments.Card:
    """A card of the test processor."""
    return payments.Card(token, "visa", "4242", 9, 2030)


async def customer(api: Api, email: str = "ada@example.com", **members: Any) -> dict[str, Any]:
    response = await api.post("/v1/customers/", {"email": email, "name": "Ada", **members})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def product(api: Api, name: str = "Night lamp", price: int = 1000, **members: Any) -> dict[str, Any]:
    prices = [{"amount_type": "fixed", "price_amount": price}]
    response = await api.post("/v1/products/", {"name": name, "prices": prices, **members})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def place(
    world: World, buyer: dict[str, Any], bought: dict[str, Any] | None = None, *, paid: bool = True, **members: Any
) -> dict[str, Any]:
    """An order that a sale made, as the row is."""
    organization_id = buyer["organization_id"]
    items = members.pop("items", (NewItem("Night lamp", members.pop("amount", 1000)),))
    chosen = {"product_id": bought["id"]} if bought else {}
    new = NewOrder(organization_id, buyer["id"], "usd", "purchase", items, **chosen, **members)
    async with world.server.database.write() as tx:
        order_id = await placing.place_order(tx, world.server, new, int(world.clock()), paid=paid)
        row = await queries.find_order(tx, order_id, json.dumps([organization_id]))
    assert row is not None
    return dict(zip(row.keys(), row, strict=True))


async def paying(world: World, buyer: dict[str, Any], token: str = "test_success") -> str:
    """A card of the customer, as the default one; its id."""
    place = {"organization_id": buyer["organization_id"], "customer_id": buyer["id"]}
    async with world.server.database.write() as tx:
        return await add_payment_method(tx, **place, card=card(token), now=NOW)


async def events(world: World, organization_id: str | None, prefix: str = "order.") -> list[str]:
    """The types of events so far, in their order."""
    async with world.server.database.read() as tx:
        rows = await tx.all(_EVENTS, organization_id=organization_id)
    return [row["type"] for row in rows if row["type"].startswith(prefix)]

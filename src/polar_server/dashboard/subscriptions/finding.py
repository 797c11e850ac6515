"""A subscription with everything that its pages show."""

from dataclasses import dataclass

from polar_server.dashboard.places import Place
from polar_server.dashboard.sales import list_orders, listed
from polar_server.database import Row, Transaction
from polar_server.resource_server.errors import ResourceNotFound
from polar_server.resources.customers.payment_method_queries import find_payment_method
from polar_server.resources.orders.schemas import Order
from polar_server.resources.products import queries as products
from polar_server.resources.subscriptions import billing_queries, queries
from polar_server.resources.subscriptions.billing import card_of
from polar_server.resources.subscriptions.operations import shown
from polar_server.resources.subscriptions.schemas import Subscription

SHOWN_ORDERS = 12


@dataclass(frozen=True, slots=True)
class Found:
    """A subscription. Amounts are in minor units."""

    row: Row
    shown: Subscription
    waiting: list[int]
    """What changes left for the next order; below 0 where they gave something back."""
    awaited: str | None
    """The name of the product that waits for the next period."""
    price: int
    """What the next period costs by itself."""

    @property
    def due(self) -> int:
        """What the order of the next period will cost."""
        return max(0, self.price + sum(self.waiting))

    @property
    def still_gives(self) -> bool:
        """Whether it has ended, and what it gave lasts some days more."""
        return self.row["ended_at"] is not None and self.row["due_at"] is not None


async def find(tx: Transaction, place: Place, subscription_id: str) -> Found:
    """The subscription. Raises ResourceNotFound."""
    reach = place.caller.reach()
    row = await queries.find_subscription(tx, subscription_id, reach)
    if row is None:
        raise ResourceNotFound
    awaited, price = await _awaited(tx, row, reach)
    return Found(
        row=row,
        shown=await shown(tx, row, place.server.issuer),
        waiting=[each["amount"] for each in await billing_queries.list_open(tx, row)],
        awaited=awaited,
        price=price,
    )


async def _awaited(tx: Transaction, row: Row, reach: str) -> tuple[str | None, int]:
    """The name of the product that waits, if one does, and the price of the next period."""
    if row["pending_id"] is None:
        return None, row["amount"]
    product = await products.find_product(tx, row["pending_product_id"], reach)
    prices = await products.list_prices_by_ids(tx, [row["pending_price_id"]], reach)
    assert product is not None, "a product that was chosen stays"
    return product["name"], prices[row["pending_price_id"]]["price_amount"]


async def find_card(tx: Transaction, found: Found) -> Row | None:
    """The card that the next order is charged to."""
    card_id = await card_of(tx, found.row)
    card = None if card_id is None else await find_payment_method(tx, card_id, found.row["organization_id"])
    return card if card is not None and card["token"] else None


async def find_orders(tx: Transaction, place: Place, subscription_id: str) -> tuple[list[Order], int]:
    """The newest orders, and how many there are."""
    ids = listed([subscription_id])
    return await list_orders(tx, place, "o.created_at DESC, o.id", SHOWN_ORDERS, subscription_ids=ids)

"""Money in races over real connections to all workers: nothing is given back, charged or numbered twice."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from polar_server.database import Transaction
from polar_server.resources.customers import queries as customers
from polar_server.resources.orders.placing import NewItem, NewOrder, store_order

from .apps import App
from .conftest import Crowd, Tell
from .lines import Answer, at_once, get, post_json

TIMES = 6
"""How often each race is run."""
PRICE = 1000


@dataclass(frozen=True)
class Shop:
    """An organization with a customer, and a token that may sell for it."""

    crowd: Crowd
    organization_id: str
    customer_id: str
    token: str

    def orders(self, count: int, status: str, amount: int) -> list[str]:
        """New orders of the customer; their ids."""
        return self.crowd.server.write(lambda tx: self._store(tx, count, status, amount))

    async def _store(self, tx: Transaction, count: int, status: str, amount: int) -> list[str]:
        items = (NewItem("Night lamp", amount),)
        new = NewOrder(self.organization_id, self.customer_id, "usd", "purchase", items)
        return [(await store_order(tx, new, int(time.time()), status=status))[0]["id"] for _ in range(count)]

    async def order(self, order_id: str) -> Answer:
        return await self.crowd.asker.ask(get(f"/v1/orders/{order_id}", authorization=f"Bearer {self.token}"))

    def post(self, path: str, **body: object) -> bytes:
        return post_json(path, body, self.token)


@pytest.fixture
async def shop(crowd: Crowd) -> Shop:
    """A shop of its own for each test."""
    server = crowd.server
    owner = server.person()
    organization_id = server.organization(owner).id
    customer_id = server.write(lambda tx: _customer(tx, organization_id))
    app = App(server, "openid orders:read orders:write")
    (code,) = app.codes(1, owner.id, organization_id)
    return Shop(crowd, organization_id, customer_id, (await app.pair(crowd.asker, code)).access_token)


async def _customer(tx: Transaction, organization_id: str) -> str:
    customer_id = str(uuid4())
    known: dict[str, object] = {"type": "individual", "email": "ada@example.com", "metadata": "{}"}
    nothing = dict.fromkeys(("external_id", "name", "billing_address", "tax_id", "tax_id_format", "locale"))
    columns: Any = {"id": customer_id, "organization_id": organization_id, "now": int(time.time()), **known, **nothing}
    await customers.add_customer(tx, **columns)
    return customer_id


def _tally(answers: Sequence[Answer]) -> Counter[str]:
    return Counter(str(a.status) if a.status < 300 else f"{a.status} {a.json['error']}" for a in answers)


async def test_refunds_give_back_what_was_paid_and_no_more(shop: Shop, tell: Tell) -> None:
    """Of all who give back a part at the same moment as many succeed as there are parts; the order agrees with them."""
    crowd, size, tally = shop.crowd, len(shop.crowd.lines), Counter[str]()
    part = PRICE * 2 // size
    for order_id in shop.orders(TIMES, "paid", PRICE):
        await crowd.gather()
        refund = shop.post("/v1/refunds/", order_id=order_id, reason="other", amount=part)
        answers = await at_once(crowd.lines, [refund] * size)
        tally += _tally(answers)
        given = sum(answer.json["amount"] for answer in answers if answer.status == 201)
        order = (await shop.order(order_id)).json
        assert (given, order["refunded_amount"], order["status"]) == (PRICE, PRICE, "refunded")
        assert order["refundable_amount"] == 0
    tell(f"{TIMES} orders x {size} refunds of a {size // 2}th; {dict(tally)}; {crowd.where()}")
    assert tally == {"201": TIMES * size // 2, "403 RefundedAlready": TIMES * size // 2}


async def test_a_draft_is_paid_once(shop: Shop, tell: Tell) -> None:
    """Of all who finalize a draft at the same moment one succeeds."""
    crowd, size, tally = shop.crowd, len(shop.crowd.lines), Counter[str]()
    for order_id in shop.orders(TIMES, "draft", 0):
        await crowd.gather()
        tally += _tally(await at_once(crowd.lines, [shop.post(f"/v1/orders/{order_id}/finalize")] * size))
    tell(f"{TIMES} drafts x {size}; {dict(tally)}; {crowd.where()}")
    assert tally == {"200": TIMES, "412 OrderNotDraft": TIMES * (size - 1)}


async def test_numbers_of_invoices_have_no_gap(shop: Shop, tell: Tell) -> None:
    """Orders paid at the same moment are numbered one after the other, each number once, whatever fails between."""
    crowd, size = shop.crowd, len(shop.crowd.lines)
    drafts = shop.orders(TIMES * size // 2, "draft", 0)
    # There is no card, so these are refused in the midst of the others.
    refused = shop.orders(TIMES * size // 2, "draft", PRICE)
    asked = [
        shop.post(f"/v1/orders/{order_id}/finalize") for pair in zip(drafts, refused, strict=True) for order_id in pair
    ]
    numbers: list[str] = []
    for start in range(0, len(asked), size):
        await crowd.gather()
        answers = await at_once(crowd.lines, asked[start : start + size])
        numbers += [answer.json["invoice_number"] for answer in answers if answer.status == 200]
    counted = sorted(int(number.rpartition("-")[2]) for number in numbers)
    tell(f"{len(asked)} orders, {len(counted)} of them paid, {size} at a time; {crowd.where()}")
    assert counted == list(range(1, TIMES * size // 2 + 1))

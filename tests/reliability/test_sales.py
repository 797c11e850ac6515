"""Checkouts confirmed by many at the same moment, over real connections to all workers: sold once."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from .apps import App
from .conftest import Crowd, Tell
from .lines import Answer, at_once, get, post_json

TIMES = 5
"""How often each race is run."""
_SCOPE = "products:write checkouts:write customers:read orders:read"


class Till:
    """An organization that sells one thing, over the connections of a crowd."""

    def __init__(self, crowd: Crowd, token: str) -> None:
        self.crowd, self.token = crowd, token

    async def make(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.crowd.asker.ask(post_json(path, body, self.token))
        assert answer.status == 201, answer
        made: dict[str, Any] = answer.json
        return made

    async def total(self, path: str) -> int:
        """How many there are in a list."""
        answer = await self.crowd.asker.ask(get(path, authorization=f"Bearer {self.token}"))
        total: int = answer.json["pagination"]["total_count"]
        return total


@pytest.fixture
async def till(postgres_crowd: Crowd) -> Till:
    server = postgres_crowd.server
    owner = server.person()
    organization_id = server.organization(owner).id
    app = App(server, _SCOPE)
    (code,) = app.codes(1, owner.id, organization_id)
    return Till(postgres_crowd, (await app.pair(postgres_crowd.asker, code)).access_token)


def _confirmation(made: dict[str, Any], email: str) -> bytes:
    body = {"customer_email": email, "confirmation_token_id": "test_success"}
    return post_json(f"/v1/checkouts/client/{made['client_secret']}/confirm", body, "none")


def _tally(answers: Sequence[Answer]) -> Counter[str]:
    return Counter("success" if a.status == 200 else f"{a.status} {json.loads(a.body).get('error')}" for a in answers)


async def test_a_checkout_is_sold_once(till: Till, tell: Tell) -> None:
    """Of all who confirm a checkout at the same moment one succeeds; there is one order and one customer."""
    crowd, tally, size = till.crowd, Counter[str](), len(till.crowd.lines)
    body = {"name": "Night lamp", "prices": [{"amount_type": "fixed", "price_amount": 1000}]}
    lamp = await till.make("/v1/products/", body)
    for number in range(TIMES):
        made = await till.make("/v1/checkouts/", {"products": [lamp["id"]]})
        await crowd.gather()
        tally += _tally(await at_once(crowd.lines, [_confirmation(made, f"{number}@example.com")] * size))
        assert await till.total(f"/v1/orders/?checkout_id={made['id']}") == 1
    tell(f"{TIMES} checkouts x {size}; {dict(tally)}; {crowd.where()}")
    assert tally == {"success": TIMES, "403 NotOpenCheckout": TIMES * (size - 1)}
    assert await till.total("/v1/customers/") == TIMES


async def test_one_new_customer_of_many_checkouts(till: Till, tell: Tell) -> None:
    """Many checkouts of one new customer, confirmed at the same moment: every one is sold, to one customer."""
    crowd, tally = till.crowd, Counter[str]()
    body = {"name": "Night lamp", "prices": [{"amount_type": "fixed", "price_amount": 1000}]}
    lamp = await till.make("/v1/products/", body)
    lines = crowd.lines[:20]
    for number in range(TIMES):
        made = [await till.make("/v1/checkouts/", {"products": [lamp["id"]]}) for _ in lines]
        await crowd.gather()
        tally += _tally(
            await at_once(crowd.lines[:20], [_confirmation(each, f"{number}@example.com") for each in made])
        )
        assert await till.total("/v1/customers/") == number + 1
    tell(f"{TIMES} x {len(lines)} checkouts; {dict(tally)}")
    assert tally == {"success": TIMES * len(lines)}
    assert await till.total("/v1/orders/") == TIMES * len(lines)


async def test_one_subscription_of_many_checkouts(till: Till, tell: Tell) -> None:
    """Where each customer has one subscription, as many checkouts at the same moment begin one."""
    crowd, tally = till.crowd, Counter[str]()
    prices = [{"amount_type": "fixed", "price_amount": 1000}]
    radio = await till.make("/v1/products/", {"name": "Radio", "prices": prices, "recurring_interval": "month"})
    lines = crowd.lines[:20]
    for number in range(TIMES):
        made = [await till.make("/v1/checkouts/", {"products": [radio["id"]]}) for _ in lines]
        await crowd.gather()
        tally += _tally(
            await at_once(crowd.lines[:20], [_confirmation(each, f"{number}@example.com") for each in made])
        )
    tell(f"{TIMES} x {len(lines)} checkouts; {dict(tally)}")
    assert tally == {"success": TIMES, "403 AlreadyActiveSubscriptionError": TIMES * (len(lines) - 1)}

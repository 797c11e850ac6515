"""A shop whose customers subscribe: made through the API and the interfaces behind it, moved on by the clock."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.world import ISSUER, Api, World

from polar_server.database import Statement
from polar_server.payments import Card
from polar_server.resources.customers.payment_method_queries import add_payment_method
from polar_server.resources.organizations.queries import save_details
from polar_server.resources.organizations.settings import OrganizationSettings
from polar_server.resources.products import queries as products
from polar_server.resources.subscriptions.renewals import renew_subscriptions
from polar_server.resources.subscriptions.starting import NewSubscription, start_subscription
from polar_server.settings import Settings

NOTE = {"type": "custom", "description": "A letter each month", "properties": {"note": "Write to us"}}
_EVENTS = Statement("SELECT type, payload FROM events ORDER BY id")
_FORGET_EVENTS = Statement("DELETE FROM events")


def at(text: str) -> int:
    """Epoch seconds of a time such as 2027-02-15T08:00:00Z."""
    return int(datetime.fromisoformat(text).timestamp())


@dataclass
class Shop:
    """One organization, with what a test does in it."""

    world: World
    api: Api
    told: list[dict[str, Any]] = field(default_factory=list)
    """The events of subscriptions since the last look, each as its receiver gets it."""

    @property
    def organization_id(self) -> str:
        return str(self.api.organization_id)

    async def product(
        self, name: str = "Night lamp", price: int = 1000, interval: str = "month", count: int = 1, **members: Any
    ) -> dict[str, Any]:
        """A product that is paid for again and again."""
        prices = [{"amount_type": "fixed", "price_amount": price}]
        body = {"name": name, "recurring_interval": interval, "recurring_interval_count": count, "prices": prices}
        return await self._made("/v1/products/", {**body, **members})

    async def giving(self, product: dict[str, Any], description: str = "A letter each month") -> str:
        """Let a product give a benefit of its own; the benefit's id."""
        benefit = await self._made("/v1/benefits/", {**NOTE, "description": description})
        response = await self.api.post(f"/v1/products/{product['id']}/benefits", {"benefits": [benefit["id"]]})
        assert response.status_code == 200, response.text
        return str(benefit["id"])

    async def customer(self, email: str = "ada@example.com", **members: Any) -> str:
        return str((await self._made("/v1/customers/", {"email": email, "name": "Ada", **members}))["id"])

    async def card(self, customer_id: str, token: str = "test_success") -> str:
        """A card, which is the customer's default from now on."""
        card = Card(token, "visa", "4242", 9, 2035)
        place: dict[str, Any] = {"organization_id": self.organization_id, "customer_id": customer_id}
        async with self.world.server.database.write() as tx:
            return await add_payment_method(tx, **place, card=card, now=int(self.world.clock()))

    async def subscribe(
        self,
        product: dict[str, Any],
        customer_id: str | None = None,
        *,
        card: str | None = "test_success",
        trial: tuple[str, int] | None = None,
        **members: Any,
    ) -> str:
        """A subscription as a paid checkout makes it; its id."""
        customer_id = customer_id or await self.customer()
        method = None if card is None else await self.card(customer_id, card)
        reach = json.dumps([self.organization_id])
        async with self.world.server.database.write() as tx:
            row = await products.find_product(tx, product["id"], reach)
            [price] = (await products.list_prices(tx, [product["id"]], reach))[product["id"]]
            assert row is not None
            members = {"amount": price["price_amount"], "currency": price["price_currency"], **members}
            new = NewSubscription(
                self.organization_id, customer_id, row, price, trial=trial, payment_method_id=method, **members
            )
            return (await start_subscription(tx, self.world.server, new, int(self.world.clock()))).subscription_id

    async def choose(self, **settings: Any) -> None:
        """Choose how the organization's subscriptions change; the rest as it is without a choice."""
        chosen = msgspec.structs.replace(OrganizationSettings().subscription_settings, **settings)
        kept = msgspec.json.encode(OrganizationSettings(subscription_settings=chosen)).decode()
        details = dict.fromkeys(("email", "website", "country"))
        usual = {"default_presentment_currency": "usd", "default_tax_behavior": "location"}
        async with self.world.server.database.write() as tx:
            await save_details(tx, organization_id=self.organization_id, settings=kept, **details, **usual)

    async def get(self, subscription_id: str) -> dict[str, Any]:
        response = await self.api.get(f"/v1/subscriptions/{subscription_id}")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def patch(self, subscription_id: str, **body: Any) -> httpx.Response:
        return await self.api.patch(f"/v1/subscriptions/{subscription_id}", body)

    async def change(self, subscription_id: str, **body: Any) -> dict[str, Any]:
        """The subscription after a change that succeeds."""
        response = await self.patch(subscription_id, **body)
        assert response.status_code == 200, response.text
        changed: dict[str, Any] = response.json()
        assert changed == await self.get(subscription_id)
        return changed

    async def refused(self, subscription_id: str, **body: Any) -> tuple[int, Any]:
        """The status and the name of the error, or the place of the first mistake; nothing has changed."""
        before = await self.get(subscription_id), await self.orders(subscription_id)
        response = await self.patch(subscription_id, **body)
        assert response.status_code >= 400, response.text
        assert (await self.get(subscription_id), await self.orders(subscription_id)) == before
        answer = response.json()
        return response.status_code, answer["detail"][0]["loc"] if response.status_code == 422 else answer["error"]

    async def until(self, text: str) -> int:
        """Move the clock to a time and do what is due; how many times something was."""
        self.world.clock.now = at(text)
        return await self.run()

    async def run(self) -> int:
        done = 0
        while (more := await renew_subscriptions(self.world.server, int(self.world.clock()))) > 0:
            done += more
            assert done < 5000, "the clock comes to an end"
        return done

    async def orders(self, subscription_id: str) -> list[dict[str, Any]]:
        """The orders of a subscription, in the order they came."""
        query = f"subscription_id={subscription_id}&sorting=invoice_number&limit=100"
        items: list[dict[str, Any]] = (await self.api.get(f"/v1/orders/?{query}")).json()["items"]
        return items

    async def granted(self, customer_id: str) -> set[str]:
        """The benefits that a customer has."""
        response = await self.api.get(f"/v1/benefit-grants/?customer_id={customer_id}&is_granted=true&limit=100")
        return {grant["benefit_id"] for grant in response.json()["items"]}

    async def events(self) -> list[str]:
        """What was told of subscriptions since the last look, in order; `told` has the whole events."""
        async with self.world.server.database.write() as tx:
            rows = await tx.all(_EVENTS)
            await tx.run(_FORGET_EVENTS)
        self.told = [json.loads(payload) for kind, payload in rows if kind.startswith("subscription.")]
        return [event["type"].removeprefix("subscription.") for event in self.told]

    async def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self.api.post(path, body)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Without a worker: nothing happens by itself, so that a test does it. Tokens last as long as subscriptions."""
    kept: dict[str, Any] = {"worker": False, "access_token_lifetime": 20 * 366 * 86400}
    return Settings(issuer=ISSUER, database_url=database_url, data_dir=tmp_path / "data", **kept)


@pytest.fixture
async def shop(world: World, api: Api) -> Shop:
    """An organization that sells."""
    return Shop(world, api)


def lines(order: dict[str, Any]) -> list[tuple[str, int]]:
    """What an order is for."""
    return [(item["label"], item["amount"]) for item in order["items"]]

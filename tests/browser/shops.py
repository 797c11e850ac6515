"""A shop with things to buy, and links to pay them, made through the API as an app does."""

from dataclasses import dataclass
from typing import Any

import httpx
from playwright.sync_api import Page
from tests.servers import Server
from tests.visitors import Visitor

from polar_server.accounts.organizations import Organization
from polar_server.accounts.people import Person

from . import apps

SCOPE = "products:read products:write benefits:write checkouts:write customers:write files:write"
CARD = "4242 4242 4242 4242"


@dataclass(frozen=True)
class Shop:
    """An organization, and a token that acts for it."""

    server: Server
    organization: Organization
    token: str

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the API made."""
        headers = {"Authorization": f"Bearer {self.token}"}
        response = httpx.post(f"{self.server.issuer}{path}", json=body, headers=headers)
        assert response.is_success, response.text
        made: dict[str, Any] = response.json()
        return made

    def product(self, name: str = "Night lamp", amount: int = 1000, *notes: str, **members: Any) -> dict[str, Any]:
        """A product, which gives a benefit for each note."""
        prices = [{"amount_type": "fixed", "price_amount": amount}]
        made = self.post("/v1/products/", {"name": name, "prices": prices, **members})
        given = [{"type": "custom", "description": note, "properties": {"note": f"{note}: welcome."}} for note in notes]
        ids = [self.post("/v1/benefits/", benefit)["id"] for benefit in given]
        return self.post(f"/v1/products/{made['id']}/benefits", {"benefits": ids}) if ids else made

    def checkout(self, *products: dict[str, Any], **members: Any) -> str:
        """The address of the page where these products are paid."""
        body = {"products": [product["id"] for product in products], **members}
        url: str = self.post("/v1/checkouts/", body)["url"]
        return url


def opened(server: Server, site: str, person: Person, organization: Organization) -> Shop:
    """The shop of an organization, once the person has let an app act for it."""
    app = apps.registered(server, site, client_name="Till", scope=SCOPE)
    with Visitor(server) as visitor:
        address = app.address(sub_type="organization", scope=SCOPE)
        answer = visitor.authorize(address, person.email, organization_id=organization.id)
    return Shop(server, organization, app.token(str(answer.url))["access_token"])


def fill_in(page: Page, email: str = "grace@example.com", name: str = "Grace Hopper") -> None:
    """Say who buys."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Name (optional)").fill(name)


def fill_in_card(page: Page, number: str = CARD) -> None:
    """Type a card."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("09 / 40")
    page.get_by_label("Security code").fill("123")

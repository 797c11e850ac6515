"""Checkouts in the dashboard: a link made by a form is a checkout of the API, and the list finds it again."""

import re
from typing import Any

from tests.resources import ordering
from tests.world import ISSUER, World

from .conftest import Desk

_LINK = re.compile(r'<code id="url">([^<]+)</code>')
_NOBODYS = "00000000-0000-4000-8000-000000000000"


def _ticked(*products: dict[str, Any]) -> dict[str, str]:
    return {f"product-{product['id']}": "true" for product in products}


async def _made(desk: Desk, *products: dict[str, Any], **typed: str) -> dict[str, Any]:
    """A checkout made by the form, as the API shows it; the page that follows is open."""
    answer = await desk.post("checkouts/new", **_ticked(*products), **typed)
    assert answer.status_code == 303, desk.errors
    location = answer.headers["location"]
    await desk.browser.open(location)
    checkout_id = location.rpartition("/")[2].partition("?")[0]
    made: dict[str, Any] = (await desk.api.get(f"/v1/checkouts/{checkout_id}")).json()
    return made


async def _custom(desk: Desk, name: str = "Donation") -> dict[str, Any]:
    price = {"amount_type": "custom", "minimum_amount": 500, "maximum_amount": 5000, "price_currency": "usd"}
    made: dict[str, Any] = (await desk.api.post("/v1/products/", {"name": name, "prices": [price]})).json()
    return made


async def test_a_link_is_made_shown_and_found(desk: Desk, stranger_desk: Desk) -> None:
    """Its page gives the address at which the customer pays; the list finds it by address and by state."""
    assert "Nothing is for sale yet" in (await desk.open("checkouts/new")).text
    assert "No checkouts yet" in (await desk.open("checkouts")).text
    lamp, shade = await ordering.product(desk.api), await ordering.product(desk.api, "Lamp shade", 400)
    page = (await desk.open(f"checkouts/new?product={shade['id']}")).text
    assert page.index("Lamp shade") < page.index("Night lamp"), "what was chosen elsewhere comes first"
    assert page.count(" checked") == 1
    made = await _made(
        desk,
        shade,
        lamp,
        email="Ada@Example.com",
        success_url="https://a.example/{CHECKOUT_ID}",
        billing_address="true",
    )
    assert [product["id"] for product in made["products"]] == [shade["id"], lamp["id"]]
    assert (made["customer_email"], made["amount"], made["require_billing_address"]) == ("ada@example.com", 400, True)
    assert made["success_url"] == f"https://a.example/{made['id']}"
    assert _LINK.findall(desk.browser.page.text) == [made["url"]]
    assert desk.notices == ["The link is ready. Send it to your customer."]
    assert "Lamp shade" in (await desk.browser.open(made["url"])).text
    assert "ada@example.com" in (await desk.open("checkouts?query=ADA&status=open&sorting=status")).text
    assert "Nothing fits" in (await desk.open("checkouts?status=succeeded")).text
    assert "No checkouts yet" in (await stranger_desk.open("checkouts")).text
    assert (await stranger_desk.open(f"checkouts/{made['id']}")).status_code == 404
    await stranger_desk.open(f"checkouts/new?product={lamp['id']}")
    assert "Night lamp" not in stranger_desk.browser.page.text


async def test_a_paid_and_an_expired_one_say_so(world: World, desk: Desk) -> None:
    """A paid one leads to its order and shows no link any more; of one whose day is over a new one is offered."""
    free = (await desk.api.post("/v1/products/", {"name": "Leaflet", "prices": [{"amount_type": "free"}]})).json()
    paid, late = await _made(desk, free, email="ada@example.com"), await _made(desk, free)
    assert (await desk.browser.open(paid["url"])).status_code == 200
    await desk.browser.submit(paid["url"].removeprefix(ISSUER), email="ada@example.com", name="Ada", action="pay")
    text = (await desk.open("checkouts", paid["id"])).text
    assert "The customer has paid." in text
    [order] = (await desk.api.get("/v1/orders/")).json()["items"]
    assert desk.path("orders", order["id"]) in text
    assert _LINK.findall(text) == []
    assert _LINK.findall((await desk.open("checkouts", late["id"])).text) == [late["url"]]
    world.clock.now += 86_400
    text = (await desk.open("checkouts", late["id"])).text
    assert "Its day is over" in text
    assert _LINK.findall(text) == []
    assert f"checkouts/new?product={free['id']}" in text


async def test_a_mistake_is_named_at_its_field(desk: Desk) -> None:
    """The page says what is wrong there, keeps what was typed, and no checkout is made."""
    lamp, custom = _ticked(await ordering.product(desk.api)), _ticked(await _custom(desk))
    mistakes: list[tuple[dict[str, str], dict[str, str], str]] = [
        ({}, {"email": "ada@example.com"}, "products"),
        ({f"product-{_NOBODYS}": "true"}, {"amount": "9"}, "products"),
        (custom, {"amount": "a lot"}, "amount"),
        (custom, {"amount": "4.99"}, "amount"),
        (custom | lamp, {"amount": "50.01"}, "amount"),
        (lamp, {"amount": "12"}, "amount"),
        (lamp, {"email": "nobody"}, "email"),
        (lamp, {"success_url": "ftp://a.example"}, "success_url"),
    ]
    for ticked, typed, field in mistakes:
        answer = await desk.post("checkouts/new", **ticked, **typed)
        assert (answer.status_code, list(desk.errors)) == (422, [field]), typed
        assert all(f'value="{text}"' in answer.text for text in typed.values())
        assert answer.text.count(" checked") == len(ticked.keys() & {*lamp, *custom})
    assert (await desk.api.get("/v1/checkouts/")).json()["pagination"]["total_count"] == 0


async def test_an_amount_stands_on_the_page_where_the_customer_decides(desk: Desk) -> None:
    """The typed amount is what the page begins with; without one it is the least."""
    donation = await _custom(desk)
    assert (await _made(desk, donation, amount="$12.50"))["amount"] == 1250
    assert (await _made(desk, donation))["amount"] == 500

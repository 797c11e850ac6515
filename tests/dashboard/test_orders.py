"""Orders in the dashboard: found, read, given back, and taken away as a file."""

from tests.resources import ordering
from tests.world import World

from .conftest import Desk


async def test_orders_are_listed_found_and_exported(world: World, desk: Desk, stranger_desk: Desk) -> None:
    """With names and amounts, by customer and by status, and all in a file; a stranger's are nowhere."""
    assert "No orders yet" in (await desk.open("orders")).text
    lamp = await ordering.product(desk.api)
    for email, paid in (("ada@example.com", True), ("grace@example.com", False)):
        buyer = await ordering.customer(desk.api, email, name=email.partition("@")[0].title())
        await ordering.place(world, buyer, lamp, paid=paid)
    await ordering.place(world, await ordering.customer(stranger_desk.api, "eve@example.com", name="Eve"))
    everything = (await desk.open("orders")).text
    assert all(words in everything for words in ("Ada", "Grace", "$10.00", "Waiting for payment", "1 to 2 of 2"))
    assert "Eve" not in everything
    found = (await desk.open("orders?query=GRA")).text
    assert "Grace" in found
    assert ">Ada<" not in found
    assert ">Grace<" not in (await desk.open("orders?status=paid")).text
    assert "Nothing fits" in (await desk.open("orders?query=nobody")).text
    export = await desk.open("orders/export")
    assert export.headers["content-type"].startswith("text/csv")
    assert "ada@example.com" in export.text
    assert "eve@example.com" not in export.text


async def test_money_is_given_back_in_parts_and_never_twice(world: World, desk: Desk) -> None:
    """Each mistake is said at its field; what can be given back shrinks until nothing is left."""
    order = await ordering.place(world, await ordering.customer(desk.api), await ordering.product(desk.api))
    page = f"orders/{order['id']}"
    refund = {"reason": "customer_request", "comment": "By mail"}
    for amount in ("", "0", "10.01", "x"):
        answer = await desk.post(page, f"{page}/refunds", amount=amount, **refund)
        assert answer.status_code == 422
        assert list(desk.errors) == ["amount"]
        assert "By mail" in answer.text
    await desk.post(page, f"{page}/refunds", amount="1", reason="because")
    assert "reason" in desk.errors
    assert (await desk.post(page, f"{page}/refunds", amount="4", **refund)).headers["location"].endswith("refunded")
    assert "Up to $6.00" in (await desk.open(page)).text
    stale = desk.browser.page
    await desk.post(page, f"{page}/refunds", amount="6", **refund)
    assert "Give money back" not in (await desk.open(page)).text
    desk.browser.page = stale
    assert (await desk.browser.submit(desk.path(f"{page}/refunds"), amount="6", **refund)).status_code == 422
    shown = (await desk.api.get(f"/v1/orders/{order['id']}")).json()
    assert (shown["status"], shown["refunded_amount"]) == ("refunded", 1000)


async def test_documents_open_where_they_are_there(world: World, desk: Desk, stranger_desk: Desk) -> None:
    """The receipt of a paid order opens; its invoice waits until it is known who is billed; strangers find neither."""
    order = await ordering.place(world, await ordering.customer(desk.api))
    page = f"orders/{order['id']}"
    receipt = await desk.open(f"{page}/documents/receipt")
    assert "Ada" in (await desk.browser.open(receipt.headers["location"])).text
    assert (await desk.open(f"{page}/documents/invoice")).status_code == 404
    assert "Add a name and an address" in (await desk.open(page)).text
    billing = {name: text for name, text in ordering.ADDRESS.items() if name != "country"}
    await desk.post(f"{page}/billing", **billing)
    assert set(desk.errors) == {"country", "billing_name"}
    assert (await desk.post(f"{page}/billing", billing_name="Ada", **ordering.ADDRESS)).status_code == 303
    assert "75002 Paris" in (await desk.open(page)).text
    moved = await desk.post(f"{page}/billing", billing_name="Ada & Co", line1="2 rue", city="Nice", country="DE")
    assert moved.status_code == 303
    kept = (await desk.api.get(f"/v1/orders/{order['id']}")).json()
    assert (kept["billing_name"], kept["billing_address"]["city"]) == ("Ada & Co", "Nice")
    assert (kept["billing_address"]["country"], kept["billing_address"]["state"]) == ("FR", "IDF"), (
        "its tax is of there"
    )
    assert (await desk.open(f"{page}/documents/invoice")).status_code == 303
    assert (await desk.open(f"{page}/documents/other")).status_code == 404
    assert (await stranger_desk.open(f"{page}/documents/receipt")).status_code == 404

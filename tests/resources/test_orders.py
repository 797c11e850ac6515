"""Orders: how sales place and pay them, lists and exports, invoices and receipts, drafts, and what bad input gets."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.world import ISSUER, NOW, Api, World

from polar_server import payments
from polar_server.database import ConstraintViolation, Statement
from polar_server.resources.orders import placing, queries
from polar_server.resources.orders.placing import NewItem
from polar_server.settings import Settings

from .ordering import ADDRESS, customer, events, paying, place, product

_SUBSCRIBE = Statement("""
    INSERT INTO subscriptions (
        id, organization_id, customer_id, product_id, product_price_id, status, amount, currency, recurring_interval,
        recurring_interval_count, anchored_at, current_period_start, current_period_end, started_at, metadata,
        created_at
    ) VALUES (
        's1', :organization_id, :customer_id, :product_id, :price_id, 'active', 1000, 'usd', 'month', 1, :now, :now,
        CAST(:now AS BIGINT) + 60, :now, '{}', :now
    )
""")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Without a worker, which would drop the events that nobody listens to."""
    return Settings(issuer=ISSUER, database_url=database_url, data_dir=tmp_path / "data", worker=False)


async def test_a_sale_places_an_order_that_the_api_shows(world: World, api: Api) -> None:
    """Amounts that add up, the number of the invoice, items, the customer and the product, and two events."""
    ada, lamp = await customer(api), await product(api, metadata={"shelf": 3})
    items = (
        NewItem("Night lamp", 1000, lamp["prices"][0]["id"], starts_at=NOW, ends_at=NOW + 60),
        NewItem("What was left of the old one", -250, proration=True),
    )
    row = await place(world, ada, lamp, items=items, metadata='{"n": 7}', billing_name="Ada Lovelace")
    order = (await api.get(f"/v1/orders/{row['id']}")).json()
    amounts = {name: order[f"{name}_amount"] for name in ("subtotal", "discount", "net", "tax", "total", "due")}
    assert amounts == {"subtotal": 750, "discount": 0, "net": 750, "tax": 0, "total": 750, "due": 0}
    assert (order["status"], order["paid"], order["billing_reason"]) == ("paid", True, "purchase")
    assert (order["refundable_amount"], order["refunded_amount"], order["platform_fee_amount"]) == (750, 0, 0)
    assert (order["invoice_number"], order["receipt_number"]) == ("LIGHTHOUSE-0001", "LIGHTHOUSE-0001")
    assert (order["description"], order["billing_name"], order["metadata"]) == ("Night lamp", "Ada Lovelace", {"n": 7})
    assert order["customer"] == (await api.get(f"/v1/customers/{ada['id']}")).json()
    assert (order["product"]["id"], order["product"]["metadata"]) == (lamp["id"], {"shelf": 3})
    assert (order["subscription"], order["discount"], order["custom_field_data"]) == (None, None, {})
    first, second = order["items"]
    assert (first["label"], first["amount"], first["product_price_id"]) == ("Night lamp", 1000, lamp["prices"][0]["id"])
    assert (first["start_timestamp"], first["end_timestamp"]) == ("2027-01-15T08:00:00Z", "2027-01-15T08:01:00Z")
    assert (second["amount"], second["proration"], second["start_timestamp"]) == (-250, True, None)
    assert await events(world, api.organization_id) == ["order.created", "order.paid"]


async def test_invoices_are_numbered_without_a_gap(world: World, api: Api, stranger: Api) -> None:
    """One after the other for each organization, whether paid or not; an order that fails takes no number."""
    ada, theirs = await customer(api), await customer(stranger)
    numbers = [(await place(world, ada, paid=paid))["invoice_number"] for paid in (True, False)]
    with pytest.raises(ConstraintViolation):
        await place(world, ada, amount=-1)
    numbers.append((await place(world, ada))["invoice_number"])
    assert numbers == ["LIGHTHOUSE-0001", "LIGHTHOUSE-0002", "LIGHTHOUSE-0003"]
    assert (await place(world, theirs))["invoice_number"] == "HARBOUR-0001"


async def test_a_pending_order_is_collected_once(world: World, api: Api) -> None:
    """A declined card counts an attempt, a good one pays, once; a void order cannot be paid any more."""
    ada = await customer(api)
    bad, good = await paying(world, ada, "test_declined"), await paying(world, ada)
    organization_id = ada["organization_id"]

    async def collect(row: dict[str, Any]) -> Any:
        async with world.server.database.write() as tx:
            return await placing.collect(tx, world.server, row["id"], organization_id, NOW + 5)

    declined = await place(world, ada, paid=False, payment_method_id=bad)
    outcome = await collect(declined)
    assert isinstance(outcome, payments.Declined)
    async with world.server.database.write() as tx:
        await placing.plan_attempt(tx, world.server, declined["id"], organization_id, NOW + 60, NOW + 5)
        row = await queries.find_order(tx, declined["id"], json.dumps([organization_id]))
    assert row is not None
    assert (row["status"], row["attempts"], row["next_payment_attempt_at"]) == ("pending", 1, NOW + 60)
    owed = (await api.get(f"/v1/orders/{declined['id']}")).json()
    assert (owed["paid"], owed["due_amount"], owed["refundable_amount"]) == (False, 1000, 0)
    assert owed["next_payment_attempt_at"] == "2027-01-15T08:01:00Z"
    paid = await place(world, ada, paid=False, payment_method_id=good)
    free = await place(world, ada, paid=False, amount=0)
    assert [await collect(row) for row in (paid, paid, free)] == [payments.Paid()] * 3
    assert isinstance(await collect(await place(world, ada, paid=False)), payments.Declined), "there is no card"
    assert (await api.get(f"/v1/orders/{paid['id']}")).json()["paid"] is True
    assert (await events(world, api.organization_id)).count("order.paid") == 2
    async with world.server.database.write() as tx:
        await placing.void_order(tx, world.server, declined["id"], organization_id, NOW + 9)
        await placing.void_order(tx, world.server, paid["id"], organization_id, NOW + 9)
    void = (await api.get(f"/v1/orders/{declined['id']}")).json()
    assert (void["status"], void["due_amount"], void["next_payment_attempt_at"]) == ("void", 0, None)
    assert (await api.get(f"/v1/orders/{paid['id']}")).json()["status"] == "paid"
    with pytest.raises(LookupError):
        await collect(declined)


async def test_lists_page_sort_and_filter(world: World, api: Api) -> None:
    """Every filter and every order, one by one and together."""
    ada, bob = await customer(api), await customer(api, "bob@example.com", name="Bob", external_id="b1")
    lamp, plan = await product(api), await product(api, "Plan", recurring_interval="month")
    one = await place(world, ada, lamp, amount=300, checkout_id="c1", metadata='{"tier": "a"}')
    world.clock.now += 60
    two = await place(world, bob, plan, amount=200, subscription_id="s1", metadata='{"tier": "b"}')
    world.clock.now += 60
    three = await place(world, ada, lamp, amount=100, paid=False)
    names = {one["id"]: "1", two["id"]: "2", three["id"]: "3"}

    async def found(query: str) -> str:
        response = await api.get(f"/v1/orders/?{query}")
        assert response.status_code == 200, response.text
        return "".join(names[item["id"]] for item in response.json()["items"])

    asked = {
        "": "321", "sorting=created_at": "123", "sorting=amount": "321", "sorting=-net_amount": "123",
        "sorting=customer&sorting=created_at": "132", "sorting=-customer&sorting=created_at": "213",
        "sorting=-product": "231" if one["id"] > three["id"] else "213", "sorting=invoice_number": "123",
        "sorting=status&sorting=created_at": "123", "sorting=discount&sorting=subscription&sorting=created_at": "123",
        f"customer_id={ada['id']}": "31", "external_customer_id=b1&external_customer_id=zz": "2",
        f"product_id={lamp['id']}&status=paid": "1", f"product_id={lamp['id']}&product_id={plan['id']}": "321",
        "product_billing_type=recurring": "2", "product_billing_type=one_time": "31",
        "product_billing_type=one_time&product_billing_type=recurring": "321", "checkout_id=c1": "1",
        "subscription_id=s1": "2", "status=pending&status=void": "3", "discount_id=any": "", "metadata[tier]=b": "2",
        "created_after=2027-01-15T08:00:00Z": "32", "created_before=2027-01-15T09:01:00%2B01:00": "1",
        f"organization_id={api.organization_id}&limit=2": "32", "limit=2&page=2": "1", "organization_id=other": "",
    }  # fmt: skip
    for query, expected in asked.items():
        assert await found(query) == expected, query
    page = (await api.get("/v1/orders/?limit=2")).json()["pagination"]
    assert page == {"total_count": 3, "max_page": 2}
    wrong = ("sorting=price", "status=lost", "product_billing_type=x", "created_after=soon", "limit=0")
    for query in wrong:
        response = await api.get(f"/v1/orders/?{query}")
        assert response.status_code == 422, query
        assert response.json()["detail"][0]["loc"][0] == "query"


async def test_an_order_of_a_subscription_shows_it_as_it_is(world: World, api: Api) -> None:
    """The subscription stands in its orders."""
    ada, plan = await customer(api), await product(api, "Plan", recurring_interval="month")
    subscribed = {
        "organization_id": api.organization_id,
        "customer_id": ada["id"],
        "product_id": plan["id"],
        "now": NOW,
    }
    async with world.server.database.write() as tx:
        await tx.run(_SUBSCRIBE, **subscribed, price_id=plan["prices"][0]["id"])
    row = await place(world, ada, plan, subscription_id="s1")
    shown = (await api.get(f"/v1/orders/{row['id']}")).json()["subscription"]
    assert (shown["id"], shown["status"], shown["amount"], shown["units"]) == ("s1", "active", 1000, None)
    assert (shown["current_period_end"], shown["ends_at"]) == ("2027-01-15T08:01:00Z", None)


async def test_whom_the_invoice_names_can_change(world: World, api: Api) -> None:
    """Name and address but not the country or state; null and what is left out change nothing."""
    ada = await customer(api)
    path = f"/v1/orders/{(await place(world, ada))['id']}"
    changed = (await api.patch(path, {"billing_name": "Ada & Co", "billing_address": ADDRESS})).json()
    assert (changed["billing_name"], changed["billing_address"]) == ("Ada & Co", {**ADDRESS, "line2": None})
    assert changed["is_invoice_generated"] is True
    moved = {"country": "FR", "line1": "2 rue de la Paix", "state": None}
    changed = (await api.patch(path, {"billing_name": None, "billing_address": moved})).json()
    assert changed["billing_name"] == "Ada & Co"
    assert changed["billing_address"] == {**dict.fromkeys(("line2", "city", "postal_code")), **moved, "state": "IDF"}
    assert (await api.patch(path, {})).json()["billing_address"] == changed["billing_address"]
    for body, place_ in (
        ({"billing_address": {**ADDRESS, "country": "DE"}}, ["body", "billing_address", "country"]),
        ({"billing_address": {**ADDRESS, "state": "BRE"}}, ["body", "billing_address", "state"]),
        ({"billing_address": {}}, ["body", "billing_address", "country"]),
        ({"billing_name": ""}, ["body", "billing_name"]),
    ):
        response = await api.patch(path, body)
        assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, place_)
    assert (await events(world, api.organization_id))[2:] == ["order.updated"] * 3


async def test_orders_of_others_do_not_exist(world: World, api: Api, stranger: Api) -> None:
    """404 for every way to an order of somebody else, and a list that is empty."""
    path = f"/v1/orders/{(await place(world, await customer(api)))['id']}"
    for method, end in (("GET", ""), ("PATCH", ""), ("POST", "/finalize"), ("POST", "/invoice"), ("GET", "/receipt")):
        response = await stranger.call(method, path + end, {})
        assert (response.status_code, response.json()["error"]) == (404, "ResourceNotFound")
    assert (await stranger.get("/v1/orders/")).json()["items"] == []
    assert (await stranger.get("/v1/orders/export?columns=email")).text == "email\r\n"


async def test_orders_are_exported_as_csv(world: World, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual columns or those asked for, in the zone asked for, over several pages, harmless to spreadsheets."""
    monkeypatch.setattr("polar_server.resources.orders.export.PAGE", 2)
    ada, lamp = await customer(api, name="=Ada"), await product(api)
    rows = [await place(world, ada, lamp, amount=100 * n, billing_address='{"country": "FR"}') for n in (1, 2, 3)]
    await place(world, ada, paid=False)
    response = await api.get("/v1/orders/export?status=paid")
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="orders.csv"'
    lines = list(csv.reader(StringIO(response.text)))
    assert lines[0] == ["email", "created_at", "product", "net_amount", "currency", "status", "invoice_number"]
    expected = ["ada@example.com", "2027-01-15T08:00:00+00:00", "Night lamp", "100", "usd", "paid", "LIGHTHOUSE-0001"]
    assert expected in lines
    assert {line[-1] for line in lines[1:]} == {row["invoice_number"] for row in rows}
    chosen = ["created_at", "customer_name", "billing_country", "total_amount", "billing_name", "refunded_amount"]
    query = "&".join(f"columns={name}" for name in chosen)
    response = await api.get(f"/v1/orders/export?{query}&timezone=Asia/Tokyo&product_id={lamp['id']}")
    lines = list(csv.reader(StringIO(response.text)))
    assert lines[0] == chosen
    assert ["2027-01-15T17:00:00+09:00", "'=Ada", "FR", "200", "", "0"] in lines
    assert len(lines) == 4
    for query in ("timezone=Mars", "timezone=../etc/passwd", "timezone=America", "columns=secret", "status=lost"):
        assert (await api.get(f"/v1/orders/export?{query}")).status_code == 422, query


async def test_a_draft_is_finalized_with_the_customers_card(world: World, api: Api) -> None:
    """The draft costs what its product does and has no number; finalized it is paid, numbered, and gives benefits."""
    ada, lamp = await customer(api, billing_address=ADDRESS), await product(api)
    benefit = (await api.post("/v1/benefits/", {"type": "custom", "description": "Light", "properties": {}})).json()
    await api.post(f"/v1/products/{lamp['id']}/benefits", {"benefits": [benefit["id"]]})
    body = {"customer_id": ada["id"], "product_id": lamp["id"], "metadata": {"n": 1}}
    response = await api.post("/v1/orders/", body)
    draft = response.json()
    assert (response.status_code, draft["status"], draft["invoice_number"]) == (201, "draft", None)
    assert (draft["total_amount"], draft["due_amount"], draft["paid"], draft["currency"]) == (1000, 1000, False, "usd")
    assert (draft["billing_name"], draft["billing_address"]["city"]) == ("Ada", "Paris")
    path = f"/v1/orders/{draft['id']}/finalize"
    response = await api.post(path, {})
    assert (response.status_code, response.json()["error"]) == (402, "PaymentFailed"), "there is no card"
    declined = await paying(world, ada, "test_declined")
    await paying(world, ada)
    response = await api.post(path, {"payment_method_id": declined})
    assert (response.status_code, response.json()["error"]) == (402, "PaymentFailed")
    assert (await api.get(f"/v1/orders/{draft['id']}")).json()["status"] == "draft"
    response = await api.post(path, {})
    paid = response.json()
    assert (response.status_code, paid["status"], paid["invoice_number"]) == (200, "paid", "LIGHTHOUSE-0001")
    grants = (await api.get(f"/v1/benefit-grants/?customer_id={ada['id']}")).json()["items"]
    assert [(grant["benefit_id"], grant["order_id"]) for grant in grants] == [(benefit["id"], draft["id"])]
    response = await api.post(path, {})
    assert (response.status_code, response.json()["error"]) == (412, "OrderNotDraft")
    assert await events(world, api.organization_id) == ["order.created", "order.updated", "order.paid"]
    assert (await events(world, api.organization_id, "customer.state"))[-1:] == ["customer.state_changed"]


async def test_a_bank_that_wants_a_second_step_leaves_the_draft(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """402 PaymentActionRequired, and nothing changed."""
    monkeypatch.setattr(payments, "charge", lambda *_, **__: payments.ActionRequired())
    ada, lamp = await customer(api), await product(api)
    await paying(world, ada)
    draft = (await api.post("/v1/orders/", {"customer_id": ada["id"], "product_id": lamp["id"]})).json()
    response = await api.post(f"/v1/orders/{draft['id']}/finalize", {})
    assert (response.status_code, response.json()["error"]) == (402, "PaymentActionRequired")
    assert (await api.get(f"/v1/orders/{draft['id']}")).json() == draft


async def test_a_draft_may_say_its_own_amount(world: World, api: Api) -> None:
    """Another amount, currency and description than the product's; free ones need no card."""
    ada, lamp = await customer(api), await product(api)
    body = {"customer_id": ada["id"], "product_id": lamp["id"]}
    made = await api.post("/v1/orders/", {**body, "amount": 5000, "currency": "eur", "description": "5,000 tokens"})
    draft = made.json()
    assert (draft["total_amount"], draft["currency"], draft["description"]) == (5000, "eur", "5,000 tokens")
    assert (draft["items"][0]["label"], draft["items"][0]["product_price_id"]) == ("5,000 tokens", None)
    free = (await api.post("/v1/orders/", {**body, "amount": 0})).json()
    assert (await api.post(f"/v1/orders/{free['id']}/finalize", {})).json()["paid"] is True


async def test_every_mistake_in_a_draft_is_named_by_its_place(world: World, api: Api, stranger: Api) -> None:
    """422 with the place of what is wrong, also for what belongs to somebody else."""
    ada, lamp = await customer(api), await product(api)
    theirs, foreign = await customer(stranger), await product(stranger)
    plan = await product(api, "Plan", recurring_interval="month")
    asked = await api.post("/v1/products/", {"name": "Gift", "prices": [{"amount_type": "custom"}]})
    good = {"customer_id": ada["id"], "product_id": lamp["id"]}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"customer_id": theirs["id"]}, "customer_id"), ({"product_id": foreign["id"]}, "product_id"),
        ({"product_id": plan["id"]}, "product_id"), ({"product_id": asked.json()["id"]}, "product_id"),
        ({"currency": "eur"}, "currency"), ({"currency": "xyz"}, "currency"), ({"currency": "EUR"}, "currency"),
        ({"amount": 49}, "amount"), ({"amount": -1}, "amount"), ({"description": "x" * 501}, "description"),
        ({"custom_field_data": {"size": "L"}}, "custom_field_data"), ({"customer_id": None}, "customer_id"),
        ({"organization_id": theirs["organization_id"]}, "organization_id"),
    ]  # fmt: skip
    for members, name in wrong:
        response = await api.post("/v1/orders/", {**good, **members})
        assert response.status_code == 422, members
        assert response.json()["detail"][0]["loc"] == ["body", name]
    draft = (await api.post("/v1/orders/", good)).json()
    bob = await customer(api, "bob@example.com")
    for card_id in (await paying(world, bob), await paying(world, theirs), "none"):
        response = await api.post(f"/v1/orders/{draft['id']}/finalize", {"payment_method_id": card_id})
        assert response.json()["detail"][0]["loc"] == ["body", "payment_method_id"]


async def test_an_invoice_needs_a_number_and_who_is_billed(world: World, api: Api) -> None:
    """Asked for it is there; a draft and a void order have none, and neither has an order without name or address."""
    ada, lamp = await customer(api), await product(api)
    draft = (await api.post("/v1/orders/", {"customer_id": ada["id"], "product_id": lamp["id"]})).json()
    paid, void = await place(world, ada, lamp), await place(world, ada, lamp, paid=False)
    async with world.server.database.write() as tx:
        await placing.void_order(tx, world.server, void["id"], ada["organization_id"], NOW)
    for order, status, error in (
        (draft, 409, "OrderNotEligibleForInvoice"),
        (void, 409, "OrderNotEligibleForInvoice"),
        (paid, 422, "MissingInvoiceBillingDetails"),
    ):
        response = await api.post(f"/v1/orders/{order['id']}/invoice", None)
        assert (response.status_code, response.json()["error"]) == (status, error)
        assert (await api.get(f"/v1/orders/{order['id']}/invoice")).json()["error"] == "ResourceNotFound"
    await api.patch(f"/v1/orders/{paid['id']}", {"billing_name": "Ada", "billing_address": ADDRESS})
    response = await api.post(f"/v1/orders/{paid['id']}/invoice", None)
    assert (response.status_code, response.json()) == (202, None)
    assert (await api.get(f"/v1/orders/{draft['id']}/receipt")).status_code == 404


async def opened(world: World, api: Api, path: str) -> httpx.Response:
    """The page at the address that the API gives."""
    response = await api.get(path)
    assert response.status_code == 200, response.text
    return await world.http.get(response.json()["url"])


async def test_an_invoice_is_a_page_at_a_signed_address(world: World, api: Api) -> None:
    """Who sold, who bought, what, and for how much; nobody needs a token, and strangers' names stay text."""
    ada, lamp = await customer(api), await product(api)
    items = (NewItem("<b>Lamp</b>", 120_000, starts_at=NOW, ends_at=NOW + 86_400), NewItem("Credit", -20_000))
    card_id = await paying(world, ada)
    members: dict[str, Any] = {
        "billing_name": "Ada & Co",
        "billing_address": json.dumps(ADDRESS),
        "payment_method_id": card_id,
    }
    path = f"/v1/orders/{(await place(world, ada, lamp, items=items, **members))['id']}"
    page = await opened(world, api, f"{path}/invoice")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-store"
    for text in (
        *(
            "<h1>Invoice</h1>",
            "LIGHTHOUSE-0001",
            "Lighthouse",
            "Ada &amp; Co",
            "1 rue de la Paix",
            "75002 Paris",
            "France",
        ),
        *("&lt;b&gt;Lamp&lt;/b&gt;", "$1,200.00", "-$200.00", "$1,000.00", "Total paid", "Visa ending in 4242"),
        *("15 January 2027", "16 January 2027", "no tax is added"),
    ):
        assert text in page.text, text
    assert "<script" not in page.text
    receipt = await opened(world, api, f"{path}/receipt")
    assert "<h1>Receipt</h1>" in receipt.text


async def test_an_address_works_for_one_document_for_an_hour(world: World, api: Api, stranger: Api) -> None:
    """Changed, over, or turned to another document, it leads to a page that says so."""
    ada = await customer(api)
    members: dict[str, Any] = {"billing_name": "Ada", "billing_address": json.dumps(ADDRESS)}
    one, other = await place(world, ada, **members), await place(world, ada, **members)
    url = (await api.get(f"/v1/orders/{one['id']}/receipt")).json()["url"]
    assert (await world.http.get(url)).status_code == 200
    assert stranger.organization_id is not None
    for changed in (
        url.replace(one["id"], other["id"]),
        url.replace("/receipt", "/invoice"),
        url.replace(one["organization_id"], stranger.organization_id),
        url.replace("expires=1800003600", "expires=1900000000"),
        url.partition("?")[0],
    ):
        page = await world.http.get(changed)
        assert (page.status_code, "This link does not work any more" in page.text) == (403, True)
    world.clock.now += 3601
    assert (await world.http.get(url)).status_code == 403


async def test_what_was_sold_cannot_be_deleted(world: World, api: Api) -> None:
    """A product with an order says so and stays; one that nobody bought is deleted with its prices."""
    ada, lamp, other = await customer(api), await product(api), await product(api, "Day lamp")
    assert (lamp["is_deletable"], other["is_deletable"]) == (True, True)
    await place(world, ada, lamp)
    items = (await api.get("/v1/products/?sorting=name")).json()["items"]
    assert [(item["name"], item["is_deletable"]) for item in items] == [("Day lamp", True), ("Night lamp", False)]
    response = await api.delete(f"/v1/products/{lamp['id']}")
    assert (response.status_code, response.json()["error"]) == (409, "ProductNotDeletable")
    assert (await api.delete(f"/v1/products/{other['id']}")).status_code == 204
    assert (await api.get(f"/v1/products/{lamp['id']}")).json()["is_deletable"] is False

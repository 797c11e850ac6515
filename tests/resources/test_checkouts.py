"""Checkouts: made, changed, confirmed and expired, by the organization and by the customer."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.described import check
from tests.world import ISSUER, Api, World, token_of

from polar_server import payments
from polar_server.accounts.roles import Role
from polar_server.database import Statement
from polar_server.oauth import tokens
from polar_server.oauth.tokens import TokenKind
from polar_server.resources.checkouts.confirming import finish
from polar_server.resources.checkouts.expiring import expire_checkouts
from polar_server.resources.checkouts.finding import find_open_to
from polar_server.resources.checkouts.refusals import CheckoutLocked
from polar_server.resources.products import queries as products
from polar_server.resources.products.changes import replace_benefits
from polar_server.resources.subscriptions.renewals import renew_subscriptions
from polar_server.settings import Settings

FIXED = {"amount_type": "fixed", "price_amount": 1000}
CARD = {"confirmation_token_id": "test_success"}
ADA = {"customer_email": "ada@example.com", "customer_name": "Ada Lovelace"}
ADDRESS = {"country": "FR", "line1": "1 rue de la Paix", "city": "Paris", "postal_code": "75002"}
DAY = 86_400


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Without a worker: events stay where a test can read them, and the clock does nothing by itself."""
    return Settings(issuer=ISSUER, database_url=database_url, data_dir=tmp_path / "data", worker=False)


async def _product(api: Api, **members: Any) -> dict[str, Any]:
    response = await api.post("/v1/products/", {"name": "Night lamp", "prices": [FIXED], **members})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def _create(api: Api, *products: dict[str, Any], **members: Any) -> dict[str, Any]:
    sold = products or (await _product(api),)
    response = await api.post("/v1/checkouts/", {"products": [product["id"] for product in sold], **members})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def _client(world: World, method: str, made: dict[str, Any], step: str = "", **body: Any) -> httpx.Response:
    """A call of the customer, without any token."""
    path = f"/v1/checkouts/client/{made['client_secret']}{step}"
    response = await world.http.request(method, path, json=body if method != "GET" else None)
    check(world.endpoints.framework, response)
    return response


async def _confirm(world: World, made: dict[str, Any], **body: Any) -> httpx.Response:
    return await _client(world, "POST", made, "/confirm", **body)


async def _paid(world: World, made: dict[str, Any], **body: Any) -> dict[str, Any]:
    response = await _confirm(world, made, **{**ADA, **CARD, **body})
    assert response.status_code == 200, response.text
    confirmed: dict[str, Any] = response.json()
    return confirmed


async def _items(api: Api, resource: str) -> list[dict[str, Any]]:
    response = await api.get(f"/v1/{resource}/?limit=100&sorting=created_at")
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def _events(world: World) -> list[str]:
    return [type_ for type_, _ in await _payloads(world)]


async def _payloads(world: World) -> list[tuple[str, dict[str, Any]]]:
    async with world.server.database.read() as tx:
        rows = await tx.all(Statement("SELECT type, payload FROM events ORDER BY id"))
    return [(row["type"], json.loads(row["payload"])["data"]) for row in rows]


def _place(response: httpx.Response) -> list[Any]:
    assert response.status_code == 422, response.text
    place: list[Any] = response.json()["detail"][0]["loc"]
    return place


async def test_a_checkout_is_made_read_and_listed(world: World, api: Api) -> None:
    """With what was sent, for a day, at an address of its own; the customer sees less of it."""
    lamp, desk = await _product(api), await _product(api, name="Desk", prices=[{**FIXED, "price_amount": 5000}])
    made = await _create(
        api,
        lamp,
        desk,
        **ADA,
        metadata={"n": 1},
        success_url="https://shop.example/thanks?id={CHECKOUT_ID}#top",
        return_url="http://localhost:3000/",
    )
    assert (made["status"], made["amount"], made["total_amount"], made["tax_amount"]) == ("open", 1000, 1000, 0)
    assert made["client_secret"].startswith("polar_c_")
    assert made["url"] == f"http://localhost:8000/checkout/{made['client_secret']}"
    assert made["success_url"] == f"https://shop.example/thanks?id={made['id']}#top"
    assert [product["name"] for product in made["products"]] == ["Night lamp", "Desk"]
    assert made["product"]["id"] == made["product_id"] == lamp["id"]
    assert made["prices"][desk["id"]][0]["price_amount"] == 5000
    assert made["is_payment_form_required"]
    path = f"/v1/checkouts/{made['id']}"
    assert (await api.get(path)).json() == made
    assert (await api.get("/v1/checkouts/")).json()["items"] == [made]
    seen = (await _client(world, "GET", made)).json()
    assert seen["organization"]["slug"] == "lighthouse"
    assert not seen.keys() & {"metadata", "external_customer_id", "subscription_id", "customer_metadata"}
    assert seen == {
        **{name: made[name] for name in seen if name != "organization"},
        "organization": seen["organization"],
    }


async def test_the_secret_alone_opens_a_checkout(world: World, api: Api) -> None:
    """A changed character, another secret's id, any other text: 404, the same for all."""
    made = await _create(api)
    secret: str = made["client_secret"]
    other = (await _create(api))["client_secret"]
    swapped = "x" if secret[30] != "x" else "y"
    for text in (
        f"{secret[:30]}{swapped}{secret[31:]}",
        secret[:-1],
        f"{secret}0",
        secret.lower(),
        "polar_c_",
        other[::-1],
    ):
        response = await _client(world, "GET", {"client_secret": text})
        assert (response.status_code, response.json()["error"]) == (404, "ResourceNotFound"), text


async def test_a_forged_secret_with_a_right_checksum_opens_nothing(world: World, api: Api) -> None:
    """The id of a checkout and whatever random part: without the server key nobody makes the right one."""
    secret = (await _create(api))["client_secret"]
    forged = tokens.assemble(TokenKind.CHECKOUT, secret[8:19], bytes(26)).text
    assert (await _client(world, "GET", {"client_secret": forged})).status_code == 404


async def test_paying_sells_once(world: World, api: Api) -> None:
    """Customer, card, order, grants and events come with the confirmation, and nothing with a second one."""
    benefit = await api.post("/v1/benefits/", {"type": "custom", "description": "Thanks", "properties": {"note": "Hi"}})
    lamp = await _product(api)
    await api.post(f"/v1/products/{lamp['id']}/benefits", {"benefits": [benefit.json()["id"]]})
    made = await _create(api, lamp, metadata={"campaign": "spring"}, customer_metadata={"vip": True})
    before = len(await _events(world))
    confirmed = await _paid(world, made, customer_billing_name="Lovelace Ltd", locale="en-GB")
    assert (confirmed["status"], confirmed["payment_processor_metadata"]) == ("confirmed", {})
    again = await _confirm(world, made, **ADA, **CARD)
    assert (again.status_code, again.json()["error"]) == (403, "NotOpenCheckout")

    checkout = (await api.get(f"/v1/checkouts/{made['id']}")).json()
    assert (checkout["status"], checkout["payment_method_type"]) == ("succeeded", "card")
    customer, order = (await _items(api, "customers"))[0], (await _items(api, "orders"))[0]
    assert (customer["email"], customer["name"], customer["metadata"]) == (
        ADA["customer_email"],
        "Ada Lovelace",
        {"vip": True},
    )
    assert checkout["customer_id"] == customer["id"] == order["customer_id"]
    assert (order["status"], order["total_amount"], order["billing_name"]) == ("paid", 1000, "Lovelace Ltd")
    assert (order["checkout_id"], order["metadata"]) == (made["id"], {"campaign": "spring"})
    grants = (await api.get("/v1/benefit-grants/")).json()["items"]
    assert [(grant["order_id"], grant["is_granted"]) for grant in grants] == [(order["id"], True)]
    methods = (await api.get(f"/v1/customers/{customer['id']}/payment-methods")).json()["items"]
    assert methods[0]["method_metadata"]["last4"] == "4242"
    told = (await _events(world))[before:]
    assert sorted(told) == sorted(
        [
            "customer.created",
            "order.created",
            "order.paid",
            "benefit_grant.created",
            "customer.state_changed",
            "checkout.updated",
        ]
    )
    assert (await _payloads(world))[-1][1]["status"] == "succeeded"


@pytest.mark.parametrize("interval", [None, "month"])
async def test_a_sale_is_told_as_it_is_kept(world: World, api: Api, interval: str | None) -> None:
    """In order, each event with the whole thing as the API shows it afterwards."""
    body = {"type": "license_keys", "description": "Key", "properties": {"prefix": "LAMP"}}
    benefits = [(await api.post("/v1/benefits/", body)).json()["id"] for _ in range(2)]
    product = await _product(api, **({"recurring_interval": interval} if interval else {}))
    await api.post(f"/v1/products/{product['id']}/benefits", {"benefits": benefits})
    made, before = await _create(api, product), len(await _events(world))
    await _paid(world, made, customer_billing_address=ADDRESS, locale="fr")
    [customer], [order] = await _items(api, "customers"), await _items(api, "orders")
    grants = {grant["id"]: grant for grant in await _items(api, "benefit-grants")}
    state = (await api.get(f"/v1/customers/{customer['id']}/state")).json()
    subscriptions = (await api.get("/v1/subscriptions/")).json()["items"] if interval else []
    told = (await _payloads(world))[before:]
    given = [data for type_, data in told if type_ == "benefit_grant.created"]
    assert sorted(grants) == sorted(data["id"] for data in given)
    gifts = [("benefit_grant.created", {**grants[data["id"]], "previous_properties": None}) for data in given]
    begun = [(f"subscription.{word}", each) for each in subscriptions for word in ("created", "active")]
    bought = [("order.created", order), ("order.paid", order)]
    assert told == [
        ("customer.created", customer),
        *(gifts + begun + bought if interval else bought + gifts),
        ("customer.state_changed", state),
        ("checkout.updated", (await api.get(f"/v1/checkouts/{made['id']}")).json()),
    ]
    assert (len(state["granted_benefits"]), len(state["active_subscriptions"])) == (2, len(subscriptions))


async def test_a_sale_waits_for_a_change_of_what_it_gives(world: World, api: Api) -> None:
    """Who pays while the product's benefits are being replaced gets the new ones."""
    body = {"type": "custom", "description": "Thanks", "properties": {}}
    first, second = [(await api.post("/v1/benefits/", body)).json()["id"] for _ in range(2)]
    product = await _product(api)
    await api.post(f"/v1/products/{product['id']}/benefits", {"benefits": [first]})
    made = await _create(api, product)
    async with world.server.database.write() as tx:
        current = await products.lock_product(tx, product["id"], json.dumps([str(api.organization_id)]))
        assert current is not None
        await replace_benefits(tx, current, [second], int(world.clock()))
        paying = asyncio.create_task(_paid(world, made))
        await asyncio.sleep(0.2)
        assert not paying.done()
    await paying
    assert [grant["benefit_id"] for grant in await _items(api, "benefit-grants")] == [second]


async def test_a_recurring_product_begins_a_subscription(world: World, api: Api) -> None:
    """Active at once, its first order paid, the subscription named by the checkout."""
    made = await _create(api, await _product(api, recurring_interval="month"))
    assert (made["is_payment_required"], made["is_payment_setup_required"]) == (True, True)
    await _paid(world, made)
    subscription = (await api.get("/v1/subscriptions/")).json()["items"][0]
    assert (subscription["status"], subscription["amount"], subscription["checkout_id"]) == ("active", 1000, made["id"])
    assert (await api.get(f"/v1/checkouts/{made['id']}")).json()["subscription_id"] == subscription["id"]
    assert (await _items(api, "orders"))[0]["billing_reason"] == "subscription_create"


async def test_who_types_a_customers_address_pays_with_their_own_card(world: World, api: Api) -> None:
    """Neither the first time nor at renewals is the customer's card charged, and theirs stays the one they chose."""
    await _paid(world, await _create(api))
    customer = (await _items(api, "customers"))[0]
    await _paid(
        world,
        await _create(api, await _product(api, recurring_interval="month")),
        confirmation_token_id="test_declined_later",
    )
    after = (await api.get(f"/v1/customers/{customer['id']}")).json()
    assert after["default_payment_method_id"] == customer["default_payment_method_id"]
    # By a time that is handed in: the clock of the world stands, so the token still works.
    while await renew_subscriptions(world.server, int(world.clock()) + 32 * DAY):
        pass
    assert [one["status"] for one in (await api.get("/v1/subscriptions/")).json()["items"]] == ["past_due"]


async def test_a_trial_is_paid_after_it(world: World, api: Api) -> None:
    """Nothing is due now, a card is needed all the same; the checkout's own trial goes before the product's."""
    monthly = await _product(api, recurring_interval="month", trial_interval="day", trial_interval_count=14)
    made = await _create(api, monthly)
    assert (made["active_trial_interval"], made["active_trial_interval_count"]) == ("day", 14)
    assert (made["is_payment_required"], made["is_payment_form_required"]) == (False, True)
    own = await _create(api, monthly, trial_interval="week", trial_interval_count=1)
    assert (own["active_trial_interval"], own["trial_interval"]) == ("week", "week")
    none = await _create(api, monthly, allow_trial=False)
    assert (none["trial_end"], none["is_payment_required"]) == (None, True)
    assert _place(await _confirm(world, made, **ADA)) == ["body", "confirmation_token_id"]
    declined = await _confirm(world, made, **ADA, confirmation_token_id="test_declined")
    assert declined.json()["error"] == "PaymentError", "a card that cannot pay is found out before the trial"
    await _paid(world, made)
    subscription = (await api.get("/v1/subscriptions/")).json()["items"][0]
    assert (subscription["status"], subscription["trial_end"]) == ("trialing", made["trial_end"])
    assert (await _items(api, "orders"))[0]["total_amount"] == 0


async def test_a_free_product_needs_no_card(world: World, api: Api) -> None:
    """Once or with a subscription: an address is all."""
    for interval in (None, "month"):
        made = await _create(api, await _product(api, recurring_interval=interval, prices=[{"amount_type": "free"}]))
        assert (made["is_free_product_price"], made["is_payment_form_required"]) == (True, False)
        assert (await _confirm(world, made, **ADA)).status_code == 200
    assert [order["total_amount"] for order in await _items(api, "orders")] == [0, 0]


async def test_a_declined_card_leaves_everything_as_it_was(world: World, api: Api) -> None:
    """400 with the bank's sentence; what was typed stays, nothing else happens, and another card can pay."""
    made = await _create(api)
    response = await _confirm(world, made, **ADA, confirmation_token_id="test_insufficient_funds")
    assert (response.status_code, response.json()["error"]) == (400, "PaymentError")
    assert "enough money" in response.json()["detail"]
    for unknown in ("tok_visa", ""):
        assert (await _confirm(world, made, confirmation_token_id=unknown)).status_code in (400, 422)
    assert (await _client(world, "GET", made)).json()["customer_name"] == "Ada Lovelace"
    assert not await _items(api, "customers")
    assert not await _items(api, "orders")
    await _paid(world, made)
    assert len(await _items(api, "orders")) == 1


async def test_the_bank_asks_for_a_second_step(world: World, api: Api) -> None:
    """The answer leads to the page where the bank asks; until then the checkout is locked and nothing is sold."""
    made = await _create(api)
    response = await _confirm(world, made, **ADA, confirmation_token_id="test_authentication_required")
    action = response.json()["payment_processor_metadata"]
    assert action == {"intent_status": "requires_action", "next_action_url": f"{made['url']}/bank"}
    assert (await api.get(f"/v1/checkouts/{made['id']}")).json()["status"] == "confirmed"
    for response in (await _confirm(world, made, **CARD), await _client(world, "PATCH", made, customer_name="Eve")):
        assert (response.status_code, response.json()["error"]) == (409, "CheckoutLocked")
    response = await api.patch(f"/v1/checkouts/{made['id']}", {"metadata": {}})
    assert (response.status_code, response.json()["error"]) == (403, "NotOpenCheckout")
    assert not await _items(api, "orders")


async def test_the_bank_is_answered_once(world: World, api: Api) -> None:
    """Approved by several at the same moment, one sale; declined, the checkout is open for another card."""
    made = await _create(api)
    step = {**ADA, "confirmation_token_id": "test_authentication_required"}
    await _confirm(world, made, **step)
    row, now = await find_open_to(world.server, made["client_secret"]), int(world.clock())
    declined = await finish(world.server, row, now, approved=False)
    assert isinstance(declined.outcome, payments.Declined)
    with pytest.raises(CheckoutLocked):
        await finish(world.server, row, now, approved=True)
    assert (await _confirm(world, made, **step)).status_code == 200
    answers = [finish(world.server, row, now, approved=True) for _ in range(4)]
    done = await asyncio.gather(*answers, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Confirmed", *["NotOpenCheckout"] * 3]
    assert len(await _items(api, "orders")) == 1
    customer = (await _items(api, "customers"))[0]
    methods = (await api.get(f"/v1/customers/{customer['id']}/payment-methods")).json()["items"]
    assert methods[0]["method_metadata"]["last4"] == "3155"


async def test_the_customer_chooses(world: World, api: Api) -> None:
    """Product, price by id, amount within the price's limits; never what is not one of the checkout's."""
    lamp, other = await _product(api), await _product(api)
    gift = await _product(
        api, prices=[{"amount_type": "custom", "minimum_amount": 500, "maximum_amount": 9000, "preset_amount": 700}]
    )
    made = await _create(api, lamp, gift)
    chosen = (await _client(world, "PATCH", made, product_id=gift["id"])).json()
    assert (chosen["product_id"], chosen["amount"]) == (gift["id"], 700)
    assert (await _client(world, "PATCH", made, amount=1234)).json()["total_amount"] == 1234
    assert (await _client(world, "PATCH", made, customer_name="Ada")).json()["amount"] == 1234
    for amount, words in ((499, "At least 500."), (9001, "At most 9000.")):
        response = await _client(world, "PATCH", made, amount=amount)
        assert _place(response) == ["body", "amount"]
        assert response.json()["detail"][0]["msg"] == words
    back = (await _client(world, "PATCH", made, product_price_id=lamp["prices"][0]["id"])).json()
    assert (back["product_id"], back["amount"]) == (lamp["id"], 1000)
    assert (await _client(world, "PATCH", made, amount=1)).json()["amount"] == 1000, "a fixed price is the amount"
    assert _place(await _client(world, "PATCH", made, product_id=other["id"])) == ["body", "product_id"]
    assert _place(await _client(world, "PATCH", made, product_price_id=other["id"])) == ["body", "product_price_id"]


async def test_paying_what_one_likes_may_be_nothing_but_not_next_to_nothing(world: World, api: Api) -> None:
    """An amount below what a card can be charged is refused, 0 needs no card."""
    gift = await _product(api, prices=[{"amount_type": "custom", "minimum_amount": 0}])
    made = await _create(api, gift, amount=0)
    assert (made["is_payment_form_required"], made["is_free_product_price"]) == (False, False)
    assert _place(await _client(world, "PATCH", made, amount=10)) == ["body", "amount"]
    assert (await _confirm(world, made, **ADA)).status_code == 200


async def test_the_currency_picks_the_price(api: Api) -> None:
    """The organization's own first, another one when asked for, and a refusal for one without a price."""
    lamp = await _product(api, prices=[{**FIXED, "price_currency": "eur"}, {**FIXED, "price_amount": 1200}])
    assert (await _create(api, lamp))["amount"] == 1200
    made = await _create(api, lamp, currency="eur")
    assert (made["currency"], made["amount"]) == ("eur", 1000)
    changed = (await api.patch(f"/v1/checkouts/{made['id']}", {"currency": "usd"})).json()
    assert (changed["currency"], changed["amount"]) == ("usd", 1200)
    response = await api.post("/v1/checkouts/", {"products": [lamp["id"]], "currency": "gbp"})
    assert _place(response) == ["body", "currency"]


async def test_a_price_that_was_archived_meanwhile_still_holds(world: World, api: Api) -> None:
    """Whoever saw a price pays that price, for the day that the checkout lives; an archived product is not sold."""
    lamp = await _product(api)
    made = await _create(api, lamp)
    await api.patch(f"/v1/products/{lamp['id']}", {"prices": [{**FIXED, "price_amount": 9900}]})
    assert (await _client(world, "PATCH", made, customer_name="Ada", amount=7)).json()["amount"] == 1000
    second = await _create(api, lamp)
    assert second["amount"] == 9900
    await _paid(world, made)
    await api.patch(f"/v1/products/{lamp['id']}", {"is_archived": True})
    assert _place(await _confirm(world, second, **ADA, **CARD)) == ["body", "product_id"]
    assert _place(await api.post("/v1/checkouts/", {"products": [lamp["id"]]})) == ["body", "products", 0]


async def test_a_named_customer_keeps_their_address(world: World, api: Api) -> None:
    """By id or external id: what is known is filled in, a stranger's address is refused, the customer is the same."""
    known = {"email": "ada@example.com", "external_id": "u1", "name": "Ada", "billing_address": ADDRESS}
    customer = (await api.post("/v1/customers/", known)).json()
    for named in ({"customer_id": customer["id"]}, {"external_customer_id": "u1", "customer_email": "new@example.com"}):
        made = await _create(api, **named)
        assert (made["customer_email"], made["customer_name"]) == ("ada@example.com", "Ada")
        assert (made["customer_id"], made["external_customer_id"]) == (customer["id"], "u1")
        response = await _client(world, "PATCH", made, customer_email="eve@example.com")
        assert _place(response) == ["body", "customer_email"]
        await _paid(world, made)
    assert [each["id"] for each in await _items(api, "customers")] == [customer["id"]]
    assert len((await api.get(f"/v1/checkouts/?customer_id={customer['id']}")).json()["items"]) == 2
    assert len((await api.get("/v1/checkouts/?external_customer_id=u1")).json()["items"]) == 2


async def test_an_unknown_external_id_makes_a_customer_with_it(world: World, api: Api) -> None:
    """Nobody becomes another customer by typing their address; the organization itself may say that they are one."""
    old = (await api.post("/v1/customers/", {"email": "old@example.com"})).json()
    made = await _create(api, external_customer_id="u2")
    response = await _confirm(world, made, **CARD, customer_email="old@example.com")
    assert _place(response) == ["body", "customer_email"]
    await _paid(world, made)
    assert {each["external_id"] for each in await _items(api, "customers")} == {None, "u2"}
    linked = await _create(api, external_customer_id="u3", customer_email="OLD@example.com")
    assert linked["customer_id"] == old["id"]
    await _paid(world, linked, customer_email="old@example.com")
    assert (await api.get(f"/v1/customers/{old['id']}")).json()["external_id"] == "u3"
    response = await api.post(
        "/v1/checkouts/",
        {"products": [made["product_id"]], "external_customer_id": "u4", "customer_email": "old@example.com"},
    )
    assert _place(response) == ["body", "customer_email"]


async def test_what_is_known_of_a_customer_is_filled_in_and_never_replaced(world: World, api: Api) -> None:
    """Anybody can type an address: it adds a missing name and address, but changes none."""
    await _paid(world, await _create(api), customer_name=None)
    world.clock.now += 1
    second = await _create(api, require_billing_address=True)
    await _paid(world, second, customer_billing_address=ADDRESS, customer_tax_id="FR61954506077")
    world.clock.now += 1
    await _paid(world, await _create(api), customer_name="Eve", customer_billing_address={**ADDRESS, "city": "Lyon"})
    (customer,) = await _items(api, "customers")
    assert (customer["name"], customer["billing_address"]["city"]) == ("Ada Lovelace", "Paris")
    assert customer["tax_id"] == ["FR61954506077", "eu_vat"]
    assert [order["billing_name"] for order in await _items(api, "orders")] == [None, "Ada Lovelace", "Eve"]


async def test_everything_that_is_missing_is_named(world: World, api: Api) -> None:
    """An email always, the address where it is asked for, the name of a business."""
    made = await _create(api, require_billing_address=True, is_business_customer=True)
    assert made["billing_address_fields"]["line1"] == "required"
    response = await _confirm(world, made, **CARD)
    places = [issue["loc"][1:] for issue in response.json()["detail"]]
    address = [["customer_billing_address", name] for name in ("country", "line1", "city", "postal_code")]
    assert places == [["customer_email"], ["customer_billing_name"], *address]
    assert response.json()["detail"][0]["type"] == "missing"
    await _paid(world, made, customer_billing_name="Lovelace Ltd", customer_billing_address=ADDRESS)


async def test_one_subscription_to_each_customer_unless_more_are_allowed(world: World, api: Api) -> None:
    """403 AlreadyActiveSubscriptionError at the second; a free one is upgraded by name; more where they are wanted."""
    free = await _product(api, recurring_interval="month", prices=[{"amount_type": "free"}])
    monthly = await _product(api, recurring_interval="month")
    await _paid(world, await _create(api, free))
    refused = await _confirm(world, await _create(api, monthly), **ADA, **CARD)
    assert (refused.status_code, refused.json()["error"]) == (403, "AlreadyActiveSubscriptionError")
    (held,) = (await api.get("/v1/subscriptions/")).json()["items"]
    upgrade = await _create(api, monthly, subscription_id=held["id"])
    assert (upgrade["customer_id"], upgrade["customer_email"]) == (held["customer_id"], "ada@example.com")
    await _paid(world, upgrade)
    (held,) = (await api.get("/v1/subscriptions/")).json()["items"]
    assert (held["amount"], held["product_id"]) == (1000, monthly["id"])
    body = {"products": [monthly["id"]], "subscription_id": held["id"]}
    assert _place(await api.post("/v1/checkouts/", body)) == ["body", "subscription_id"], "a paid one is no free one"
    await _settings(world, api, allow_multiple_subscriptions=True)
    await _paid(world, await _create(api, monthly))
    assert len((await api.get("/v1/subscriptions/")).json()["items"]) == 2


async def test_one_trial_to_each_customer_where_that_is_wanted(world: World, api: Api) -> None:
    """403 TrialAlreadyRedeemed; who gives the trial up may buy."""
    await _settings(world, api, prevent_trial_abuse=True, allow_multiple_subscriptions=True)
    monthly = await _product(api, recurring_interval="month", trial_interval="day", trial_interval_count=14)
    await _paid(world, await _create(api, monthly))
    made = await _create(api, monthly)
    refused = await _confirm(world, made, **ADA, **CARD)
    assert (refused.status_code, refused.json()["error"]) == (403, "TrialAlreadyRedeemed")
    assert _place(await _client(world, "PATCH", made, allow_trial=True)) == ["body", "allow_trial"]
    assert (await _client(world, "PATCH", made, allow_trial=False)).json()["is_payment_required"]
    await _paid(world, made)
    assert sorted(order["total_amount"] for order in await _items(api, "orders")) == [0, 1000]


async def _settings(world: World, api: Api, **changed: Any) -> None:
    """Change how an organization sells, as its owner."""
    usual = {
        "allow_multiple_subscriptions": False,
        "proration_behavior": "prorate",
        "benefit_revocation_grace_period": 0,
        "prevent_trial_abuse": False,
        "allow_customer_updates": True,
    }
    save = Statement("""
        INSERT INTO organization_details (organization_id, default_presentment_currency, default_tax_behavior, settings)
        VALUES (:id, 'usd', 'location', :settings)
        ON CONFLICT (organization_id) DO UPDATE SET settings = excluded.settings
    """)
    settings = json.dumps({"subscription_settings": usual | changed})
    async with world.server.database.write() as tx:
        await tx.run(save, id=api.organization_id, settings=settings)


async def test_a_checkout_ends_after_a_day(world: World) -> None:
    """410 at its last second whether or not the clock came by; the clock ends it once and tells of it."""
    owner = await world.person("owner@example.com")
    organization_id = await world.organization("lighthouse", owner)
    api = await token_of(world, owner, organization_id)
    made, kept = await _create(api), await _create(api)
    await _confirm(world, kept, **ADA, confirmation_token_id="test_authentication_required")
    world.clock.now += DAY - 1
    assert await expire_checkouts(world.server, int(world.clock())) == 0
    assert (await _client(world, "GET", made)).status_code == 200
    world.clock.now += 1
    for response in (
        await _client(world, "GET", made),
        await _client(world, "PATCH", made, customer_name="Ada"),
        await _confirm(world, made, **ADA, **CARD),
        await _confirm(world, kept, **ADA, **CARD),
    ):
        assert (response.status_code, response.json()["error"]) == (410, "ExpiredCheckoutError")
    now = int(world.clock())
    done = await asyncio.gather(*(expire_checkouts(world.server, now) for _ in range(3)))
    assert sum(done) == 2
    api = await token_of(world, owner, organization_id)
    assert (await api.get(f"/v1/checkouts/{made['id']}")).json()["status"] == "expired"
    assert [type_ for type_ in await _events(world) if type_ == "checkout.expired"] == ["checkout.expired"] * 2
    response = await api.patch(f"/v1/checkouts/{made['id']}", {"metadata": {}})
    assert (response.status_code, response.json()["error"]) == (403, "NotOpenCheckout")


async def test_the_organization_changes_an_open_checkout(world: World, api: Api) -> None:
    """What is sent changes, what is left out stays, null empties what can be empty."""
    made = await _create(api, **ADA, success_url="https://shop.example/", metadata={"a": 1})
    path = f"/v1/checkouts/{made['id']}"
    changed = (await api.patch(path, {"customer_name": None, "success_url": None, "allow_trial": None})).json()
    assert (changed["customer_name"], changed["metadata"], changed["allow_trial"]) == (None, {"a": 1}, True)
    assert changed["success_url"] == f"{made['url']}/confirmation"
    sent = {
        "customer_ip_address": "2001:db8::1",
        "embed_origin": "https://shop.example",
        "locale": "fr",
        "metadata": {},
    }
    changed = (await api.patch(path, sent)).json()
    assert {name: changed[name] for name in sent} == sent
    assert (await _events(world)).count("checkout.updated") == 2


MISTAKES: list[tuple[dict[str, Any], list[Any]]] = [
    ({"products": []}, ["products"]),
    ({"products": ["nothing"]}, ["products", 0]),
    ({"discount_id": "x"}, ["discount_id"]),
    ({"seats": 3}, ["seats"]),
    ({"prices": {"x": []}}, ["prices"]),
    ({"custom_field_data": {"a": 1}}, ["custom_field_data"]),
    ({"customer_email": "nobody"}, ["customer_email"]),
    ({"customer_id": "nobody"}, ["customer_id"]),
    ({"customer_id": "a", "external_customer_id": "b"}, ["external_customer_id"]),
    ({"subscription_id": "none"}, ["subscription_id"]),
    ({"customer_tax_id": "FR61954506077"}, ["customer_tax_id"]),
    ({"customer_tax_id": "1", "customer_billing_address": ADDRESS}, ["customer_tax_id"]),
    ({"customer_billing_address": {"country": "XX"}}, ["customer_billing_address", "country"]),
    ({"customer_ip_address": "here"}, ["customer_ip_address"]),
    ({"amount": -1}, ["amount"]),
    ({"amount": 10.5}, ["amount"]),
    ({"trial_interval": "day"}, ["trial_interval_count"]),
    ({"success_url": "http://shop.example/"}, ["success_url"]),
    ({"success_url": "javascript:alert(1)"}, ["success_url"]),
    ({"success_url": "https://user@shop.example/"}, ["success_url"]),
    ({"success_url": "https:\\\\shop.example"}, ["success_url"]),
    ({"success_url": "https://shop.example/ü"}, ["success_url"]),
    ({"success_url": "https://shop.example:99999/"}, ["success_url"]),
    ({"return_url": "/back"}, ["return_url"]),
    ({"embed_origin": "https://shop.example/path"}, ["embed_origin"]),
    ({"metadata": {"k": ""}}, ["metadata", "k"]),
    ({"customer_metadata": {"k": None}}, ["customer_metadata", "..."]),
]


async def test_every_mistake_is_named_by_its_place(api: Api) -> None:
    """422 with the place of what is wrong, and nothing stored."""
    lamp = await _product(api)
    for members, place in MISTAKES:
        response = await api.post("/v1/checkouts/", {"products": [lamp["id"]], **members})
        assert _place(response) == ["body", *place], members
    assert (await api.get("/v1/checkouts/")).json()["pagination"]["total_count"] == 0


async def test_what_other_servers_know_passes_when_it_asks_for_nothing(api: Api) -> None:
    """The published clients send null and defaults for what this server has not."""
    nothing: dict[str, Any] = {
        "discount_id": None,
        "seats": None,
        "prices": None,
        "custom_field_data": {},
        "allow_discount_codes": True,
    }
    made = await _create(api, **nothing)
    assert (made["discount"], made["seats"], made["units"], made["attached_custom_fields"]) == (None, None, None, [])


async def test_lists_filter_and_sort(world: World, api: Api) -> None:
    """By product, customer, status and a part of the email; in an order."""
    lamp, desk = await _product(api), await _product(api, name="Desk")
    first = await _create(api, lamp, customer_email="ada@example.com")
    world.clock.now += 1
    second = await _create(api, desk, customer_email="bob@example.com")
    await _paid(world, second, customer_email="bob@example.com")

    async def found(query: str) -> list[str]:
        response = await api.get(f"/v1/checkouts/?{query}")
        assert response.status_code == 200, response.text
        return [item["id"] for item in response.json()["items"]]

    assert await found("") == [second["id"], first["id"]]
    assert await found("sorting=expires_at") == [first["id"], second["id"]]
    assert await found(f"product_id={lamp['id']}") == [first["id"]]
    assert await found("status=succeeded") == [second["id"]]
    assert await found("status=succeeded&status=open&sorting=-status") == [second["id"], first["id"]]
    assert await found("query=ADA%40") == [first["id"]]
    assert await found("limit=1&page=2") == [first["id"]]
    assert (await api.get("/v1/checkouts/?status=lost")).status_code == 422


async def test_another_organization_sees_and_changes_nothing(world: World, api: Api, stranger: Api) -> None:
    """404 for its checkouts, and its products and customers are not there; a member without the role may not."""
    made = await _create(api)
    assert (await stranger.get(f"/v1/checkouts/{made['id']}")).status_code == 404
    assert (await stranger.patch(f"/v1/checkouts/{made['id']}", {"metadata": {}})).status_code == 404
    assert _place(await stranger.post("/v1/checkouts/", {"products": [made["product_id"]]})) == ["body", "products", 0]
    customer = (await api.post("/v1/customers/", {"email": "ada@example.com"})).json()
    body = {"products": [(await _product(stranger))["id"]], "customer_id": customer["id"]}
    assert _place(await stranger.post("/v1/checkouts/", body)) == ["body", "customer_id"]


async def test_products_of_two_organizations_are_not_sold_together(world: World) -> None:
    """A person of both cannot put them into one checkout."""
    person = await world.person("both@example.com")
    sold = []
    for slug in ("one", "two"):
        organization_id = await world.organization(slug, person)
        sold.append((await _product(await token_of(world, person, organization_id)))["id"])
    user = await token_of(world, person, organization_id, sub_type="user")
    assert _place(await user.post("/v1/checkouts/", {"products": sold})) == ["body", "products", 1]
    member = await world.person("member@example.com")
    await world.join(organization_id, member, Role.MEMBER)
    assert (
        await (await token_of(world, member, organization_id)).post("/v1/checkouts/", {"products": sold[1:]})
    ).is_success


async def test_two_new_checkouts_of_one_new_customer(world: World, api: Api) -> None:
    """Confirmed at the same moment: one customer, two orders."""
    lamp = await _product(api)
    made = [await _create(api, lamp) for _ in range(4)]
    await asyncio.gather(*(_paid(world, each) for each in made))
    assert len(await _items(api, "customers")) == 1
    assert len(await _items(api, "orders")) == 4


async def test_a_product_is_offered_or_deleted(world: World, api: Api) -> None:
    """At the same moment one of the two is refused, so that no checkout offers what is gone."""
    chosen = await _product(api)
    for _ in range(10):
        other = await _product(api)
        body = {"products": [chosen["id"], other["id"]]}
        made, deleted = await asyncio.gather(
            api.post("/v1/checkouts/", body), api.delete(f"/v1/products/{other['id']}")
        )
        assert (made.status_code, deleted.status_code) in {(201, 409), (422, 204)}
    assert (await api.get("/v1/checkouts/")).status_code == 200

"""Orders through the published SDKs."""

import time
from typing import Any

import httpx
import pytest

from polar_server.payments import Card
from polar_server.resources.customers.payment_method_queries import add_payment_method
from polar_server.resources.orders.placing import NewItem, NewOrder, store_order

from .conftest import Shop
from .libraries import Refused, Sdk

ADDRESS = {"country": "FR", "line1": "1 rue de la Paix", "city": "Paris", "postal_code": "75002"}


def _customer(sdk: Sdk, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = sdk.call("customers", "create", {"email": "ada@example.com", "name": "Ada", **body})
    return made


def _product(sdk: Sdk, amount: int = 1000, **body: Any) -> dict[str, Any]:
    prices = [{"amount_type": "fixed", "price_amount": amount}]
    made: dict[str, Any] = sdk.call("products", "create", {"name": "Night lamp", "prices": prices, **body})
    return made


def _renew(shop: Shop, subscription: dict[str, Any]) -> None:
    """An order as a renewal makes it."""
    place = {"organization_id": shop.organization_id, "customer_id": subscription["customer_id"]}
    of = {"product_id": subscription["product_id"], "subscription_id": subscription["id"]}
    new = NewOrder(**place, **of, currency="usd", billing_reason="subscription_cycle", items=(NewItem("Plan", 0),))
    shop.server.write(lambda tx: store_order(tx, new, int(time.time()), status="paid"))


def _card(shop: Shop, customer: dict[str, Any], token: str = "test_success") -> str:
    place = {"organization_id": shop.organization_id, "customer_id": customer["id"]}
    card = Card(token, "visa", "4242", 9, 2030)
    return shop.server.write(lambda tx: add_payment_method(tx, **place, card=card, now=int(time.time())))


def test_the_life_of_an_order(sdk: Sdk, shop: Shop) -> None:
    """Drafted, refused without a card, paid with one, its billing details changed, its documents fetched, exported."""
    ada, lamp = _customer(sdk), _product(sdk)
    draft = sdk.call("orders", "create", {"customer_id": ada["id"], "product_id": lamp["id"], "metadata": {"n": 7}})
    assert (draft["status"], draft["total_amount"], draft["invoice_number"]) == ("draft", 1000, None)
    with pytest.raises(Refused) as refused:
        sdk.call("orders", "finalize", {}, id=draft["id"])
    # Two errors share the status, and each library has a name of its own for the two together.
    assert (refused.value.body["error"], refused.value.status) == ("PaymentFailed", 402)
    declined, good = _card(shop, ada, "test_declined"), _card(shop, ada)
    with pytest.raises(Refused) as refused:
        sdk.call("orders", "finalize", {"payment_method_id": declined}, id=draft["id"])
    assert refused.value.body["error"] == "PaymentFailed"
    paid = sdk.call("orders", "finalize", {"payment_method_id": good}, id=draft["id"])
    assert (paid["status"], paid["paid"], paid["due_amount"]) == ("paid", True, 0)
    assert paid["invoice_number"].endswith("-0001")
    assert (paid["customer"]["id"], paid["product"]["id"], paid["items"][0]["amount"]) == (ada["id"], lamp["id"], 1000)
    with pytest.raises(Refused) as refused:
        sdk.call("orders", "finalize", {}, id=draft["id"])
    assert (refused.value.kind, refused.value.status) == ("OrderNotDraft", 412)
    assert sdk.call("orders", "get", id=paid["id"]) == paid
    _read_documents(sdk, paid)
    assert paid["invoice_number"] in sdk.call("orders", "export", product_id=[lamp["id"]])


def _read_documents(sdk: Sdk, order: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        sdk.call("orders", "generate_invoice", id=order["id"])
    assert (refused.value.kind, refused.value.status) == ("MissingInvoiceBillingDetails", 422)
    sdk.call("orders", "update", {"billing_address": ADDRESS}, id=order["id"])
    changed = sdk.call("orders", "update", {"billing_name": "Ada & Co"}, id=order["id"])
    assert (changed["billing_name"], changed["billing_address"]["city"]) == ("Ada & Co", "Paris")
    assert sdk.call("orders", "generate_invoice", id=order["id"]) is None
    for do in ("invoice", "receipt"):
        page = httpx.get(sdk.call("orders", do, id=order["id"])["url"])
        assert (page.status_code, order["invoice_number"] in page.text) == (200, True)


def test_mistakes_are_typed(sdk: Sdk) -> None:
    """HTTPValidationError with the place, ResourceNotFound, and OrderNotEligibleForInvoice for a draft."""
    ada, lamp = _customer(sdk), _product(sdk)
    good = {"customer_id": ada["id"], "product_id": lamp["id"]}
    for body, name in (
        ({**good, "customer_id": lamp["id"]}, "customer_id"),
        ({**good, "product_id": ada["id"]}, "product_id"),
        ({**good, "amount": 49}, "amount"),
        ({**good, "currency": "eur"}, "currency"),
    ):
        with pytest.raises(Refused) as refused:
            sdk.call("orders", "create", body)
        assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", name])
    draft = sdk.call("orders", "create", good)
    with pytest.raises(Refused) as refused:
        sdk.call("orders", "generate_invoice", id=draft["id"])
    assert (refused.value.kind, refused.value.status) == ("OrderNotEligibleForInvoice", 409)
    for do, order_id in (("invoice", draft["id"]), ("receipt", draft["id"]), ("get", ada["id"])):
        with pytest.raises(Refused) as refused:
            sdk.call("orders", do, id=order_id)
        assert (refused.value.kind, refused.value.status) == ("ResourceNotFound", 404)


def test_lists_go_through_pages_and_filters(sdk: Sdk, person_sdk: Sdk, shop: Shop) -> None:
    """Every order once, over pages; by product, customer and metadata; with the subscription that made it."""
    ada, bob = _customer(sdk), _customer(sdk, email="bob@example.com", external_id="b1")
    lamp, plan = _product(sdk), _product(sdk, 0, recurring_interval="month")
    for number in range(5):
        body = {"customer_id": (ada, bob)[number % 2]["id"], "product_id": lamp["id"], "amount": 100 * (number + 1)}
        sdk.call("orders", "create", {**body, "metadata": {"number": number}})
    subscribed = sdk.call("subscriptions", "create", {"product_id": plan["id"], "customer_id": ada["id"]})
    _renew(shop, subscribed)

    def numbers(by: Sdk = sdk, **query: Any) -> str:
        items = by.call("orders", "pages", limit=2, sorting=["net_amount"], **query)
        return "".join(str(item["metadata"].get("number", "s")) for item in items)

    assert numbers() == "s01234"
    assert numbers(person_sdk.narrowed(shop.organization_id)) == "s01234"
    assert numbers(product_id=[lamp["id"]], external_customer_id=["b1"]) == "13"
    assert numbers(metadata={"number": ["0", "4"]}) == "04"
    assert numbers(product_billing_type=["recurring"], customer_id=[ada["id"]]) == "s"
    (order,) = sdk.call("orders", "pages", subscription_id=[subscribed["id"]])
    assert (order["subscription"]["id"], order["billing_reason"]) == (subscribed["id"], "subscription_cycle")
    with pytest.raises(Refused) as refused:
        sdk.call("orders", "list", page=0)
    assert refused.value.kind == "HTTPValidationError"

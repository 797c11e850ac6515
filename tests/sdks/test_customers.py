"""Customers through the published SDKs."""

import time
from typing import Any

import pytest

from polar_server.database import Transaction
from polar_server.payments import Card
from polar_server.resources.customers.payment_method_queries import add_payment_method

from .conftest import Shop
from .libraries import Refused, Sdk

ADDRESS = {"country": "FR", "line1": "1 rue de la Paix", "city": "Paris", "postal_code": "75002"}


def _create(sdk: Sdk, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = sdk.call("customers", "create", {"email": "ada@example.com", **body})
    return made


def test_the_life_of_a_customer(sdk: Sdk, shop: Shop) -> None:
    """Created, read by both addresses, changed, its state read, exported, deleted: then it is ResourceNotFound."""
    made = _create(
        sdk, external_id="user_1", name="Ada", billing_address=ADDRESS, tax_id="FR61954506077", metadata={"n": 7}
    )
    assert made["organization_id"] == shop.organization_id
    assert made["tax_id"] == ["FR61954506077", "eu_vat"]
    assert made["metadata"] == {"n": 7}
    assert sdk.call("customers", "get", id=made["id"]) == made
    assert sdk.call("customers", "get_external", external_id="user_1") == made
    changed = sdk.call("customers", "update", {"name": None, "metadata": {"vip": True}}, id=made["id"])
    assert (changed["name"], changed["metadata"], changed["email"]) == (None, {"vip": True}, made["email"])
    changed = sdk.call("customers", "update_external", {"name": "Countess"}, external_id="user_1")
    assert changed["billing_name"] == "Countess"
    for do, address in (("get_state", {"id": made["id"]}), ("get_state_external", {"external_id": "user_1"})):
        state = sdk.call("customers", do, **address)
        assert (state["id"], state["active_subscriptions"], state["granted_benefits"]) == (made["id"], [], [])
    assert made["id"] in sdk.call("customers", "export")
    assert sdk.call("customers", "delete", id=made["id"]) is None
    with pytest.raises(Refused) as refused:
        sdk.call("customers", "get", id=made["id"])
    assert (refused.value.kind, refused.value.status) == ("ResourceNotFound", 404)
    assert refused.value.body == {"error": "ResourceNotFound", "detail": "Not found"}
    _create(sdk, external_id="user_1")
    assert sdk.call("customers", "delete_external", external_id="user_1", anonymize=True) is None


def test_mistakes_are_typed(sdk: Sdk) -> None:
    """HTTPValidationError with the place: a taken address, a taken external id, no address, an unknown order."""
    _create(sdk, external_id="user_1")
    for body, name in (
        ({}, "email"),
        ({"email": "b@example.com", "external_id": "user_1"}, "external_id"),
        ({"email": "nobody"}, "email"),
    ):
        with pytest.raises(Refused) as refused:
            _create(sdk, **body)
        assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", name])
    with pytest.raises(Refused) as refused:
        sdk.call("customers", "update", {"name": "x"}, id="00000000-0000-4000-8000-000000000000")
    assert refused.value.kind == "ResourceNotFound"


def test_lists_go_through_pages_and_filters(sdk: Sdk) -> None:
    """Every customer once, over pages; by address, by part, by metadata, in an order."""
    for number in range(5):
        kind = "individual" if number else "team"
        _create(sdk, type=kind, email=f"{number}@example.com", metadata={"tier": "ab"[number % 2], "number": number})
    assert sdk.call("customers", "list", limit=2)["pagination"] == {"total_count": 5, "max_page": 3}

    def numbers(**query: Any) -> str:
        items = sdk.call("customers", "pages", limit=2, sorting=["email"], **query)
        return "".join(item["email"][0] for item in items)

    assert numbers() == "01234"
    assert numbers(email="3@example.com") == "3"
    assert numbers(query="example") == "01234"
    assert numbers(metadata={"tier": "b"}) == "13"
    assert numbers(metadata={"tier": ["a", "b"], "number": "2"}) == "2"
    assert numbers(active=False) == "01234"


def test_cards_are_listed(sdk: Sdk, shop: Shop) -> None:
    """By both addresses, with what their holder recognizes them by."""
    made = _create(sdk, external_id="user_1")
    card = Card("test_success", "visa", "4242", 9, 2030)

    async def add(tx: Transaction) -> str:
        place = {"organization_id": shop.organization_id, "customer_id": made["id"]}
        return await add_payment_method(tx, **place, card=card, now=int(time.time()))

    card_id = shop.server.write(add)
    [shown] = sdk.call("customers", "list_payment_methods", id=made["id"])["items"]
    assert (shown["id"], shown["is_default"], shown["method_metadata"]["last4"]) == (card_id, True, "4242")
    assert sdk.call("customers", "list_payment_methods_external", external_id="user_1")["items"] == [shown]
    assert sdk.call("customers", "get", id=made["id"])["default_payment_method_id"] == card_id

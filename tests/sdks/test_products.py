"""Products through the published SDKs."""

from typing import Any

import pytest

from .conftest import Shop
from .libraries import Refused, Sdk

FIXED = {"amount_type": "fixed", "price_amount": 1000, "price_currency": "usd"}
CUSTOM = {"amount_type": "custom", "minimum_amount": 500, "price_currency": "usd"}


def _create(sdk: Sdk, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = sdk.call("products", "create", {"name": "Night lamp", "prices": [FIXED], **body})
    return made


def test_the_life_of_a_product(sdk: Sdk, shop: Shop) -> None:
    """Created with each kind of price, read, changed, archived and, where the SDK can, deleted."""
    made = _create(sdk, description="Warm", metadata={"shelf": 3, "price": 1.5, "new": True, "color": "red"})
    assert made["organization_id"] == shop.organization_id
    assert made["metadata"] == {"shelf": 3, "price": 1.5, "new": True, "color": "red"}
    assert made["prices"][0]["price_amount"] == 1000
    assert sdk.call("products", "get", id=made["id"]) == made
    prices = [{"id": made["prices"][0]["id"]}, {**FIXED, "price_currency": "eur"}]
    changed = sdk.call("products", "update", {"name": "Day lamp", "prices": prices}, id=made["id"])
    assert [price["price_currency"] for price in changed["prices"]] == ["usd", "eur"]
    assert sdk.call("products", "update", {"is_archived": True}, id=made["id"])["is_archived"] is True
    monthly = _create(sdk, recurring_interval="month", trial_interval="day", trial_interval_count=14)
    assert (monthly["is_recurring"], monthly["recurring_interval_count"]) == (True, 1)
    assert _create(sdk, prices=[CUSTOM])["prices"][0]["amount_type"] == "custom"
    _create(sdk, prices=[{"amount_type": "fixed", "price_amount": 0}])
    if sdk.version is None:
        return
    assert sdk.call("products", "delete", id=made["id"]) is None
    with pytest.raises(Refused) as refused:
        sdk.call("products", "get", id=made["id"])
    assert (refused.value.kind, refused.value.status) == ("ResourceNotFound", 404)


def test_mistakes_are_typed(sdk: Sdk) -> None:
    """HTTPValidationError at the place of the mistake, ResourceNotFound for what is not there."""
    with pytest.raises(Refused) as refused:
        _create(sdk, name="x")
    assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", "name"])
    with pytest.raises(Refused) as refused:
        _create(sdk, prices=[{"amount_type": "fixed", "price_amount": 10}])
    assert refused.value.place() == ["body", "prices", 0, "price_amount"]
    for do, body in (("get", None), ("update", {"name": "Lamp"})):
        with pytest.raises(Refused) as refused:
            sdk.call("products", do, body, id="00000000-0000-4000-8000-000000000000")
        assert refused.value.kind == "ResourceNotFound"


def test_lists_go_through_pages_and_filters(sdk: Sdk) -> None:
    """Every product once, over pages; by kind, by part of the name, by metadata, in an order."""
    for name, body in (
        ("Alpha", {"metadata": {"tier": "a"}}),
        ("Bravo", {"metadata": {"tier": "b"}, "recurring_interval": "year"}),
        ("Charlie", {"metadata": {"tier": "b"}, "visibility": "draft"}),
    ):
        _create(sdk, name=name, **body)

    def names(**query: Any) -> str:
        items = sdk.call("products", "pages", limit=1, sorting=["name"], **query)
        return "".join(item["name"][0] for item in items)

    assert names() == "ABC"
    assert names(is_recurring=True) == "B"
    assert names(query="alph") == "A"
    assert names(metadata={"tier": "b"}) == "BC"
    assert names(metadata={"tier": ["a", "b"]}) == "ABC"
    assert names(visibility=["draft", "private"]) == "C"
    assert names(is_archived=True) == ""

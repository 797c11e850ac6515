"""Benefits through the published SDKs."""

from typing import Any

import pytest

from .conftest import Shop
from .libraries import Refused, Sdk
from .test_files import PIECES, announced, sent

LETTER = {"type": "custom", "description": "A letter each month", "properties": {"note": "Thank you!"}}
KEYS = {
    "prefix": "LAMP",
    "expires": {"ttl": 1, "timeframe": "year"},
    "activations": {"limit": 3, "enable_customer_admin": True},
    "limit_usage": 100,
}
NOBODY = "00000000-0000-4000-8000-000000000000"


def _create(sdk: Sdk, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = sdk.call("benefits", "create", {**LETTER, **body})
    return made


def test_the_life_of_a_benefit(sdk: Sdk, shop: Shop) -> None:
    """Created with its metadata, read, changed, and deleted."""
    made = _create(sdk, metadata={"shelf": 3})
    assert (made["organization_id"], made["metadata"]) == (shop.organization_id, {"shelf": 3})
    assert made["properties"] == {"note": "Thank you!"}
    assert sdk.call("benefits", "get", id=made["id"]) == made
    changed = sdk.call("benefits", "update", {"type": "custom", "description": "A card"}, id=made["id"])
    assert (changed["description"], changed["properties"], changed["metadata"]) == (
        "A card",
        made["properties"],
        made["metadata"],
    )
    assert sdk.call("benefits", "delete", id=made["id"]) is None
    with pytest.raises(Refused) as refused:
        sdk.call("benefits", "get", id=made["id"])
    assert (refused.value.kind, refused.value.status) == ("ResourceNotFound", 404)


def test_products_give_benefits_of_each_type(sdk: Sdk) -> None:
    """A product shows its benefits in their order, also in lists, and is found by one of them."""
    keys = _create(sdk, type="license_keys", properties=KEYS)
    assert keys["properties"] == KEYS
    flag = _create(sdk, type="feature_flag", properties={})
    price = {"amount_type": "fixed", "price_amount": 1000, "price_currency": "usd"}
    product = sdk.call("products", "create", {"name": "Night lamp", "prices": [price]})
    letter = _create(sdk)
    wanted = {"benefits": [flag["id"], letter["id"], keys["id"]]}
    given = sdk.call("products", "update_benefits", wanted, id=product["id"])
    assert given["benefits"] == [flag, letter, keys]
    assert sdk.call("products", "pages", benefit_id=keys["id"]) == [given]
    assert sdk.call("products", "update_benefits", {"benefits": []}, id=product["id"])["benefits"] == []
    with pytest.raises(Refused) as refused:
        sdk.call("products", "update_benefits", {"benefits": [NOBODY]}, id=product["id"])
    assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", "benefits", 0])


def test_downloadables_have_their_files(sdk: Sdk) -> None:
    """The ids of files are kept in their order; 1.0.2 lists the files as well, 0.32.0 has no method for it."""
    file = sent(sdk, sdk.call("files", "create", announced(*PIECES)), *PIECES)
    made = _create(sdk, type="downloadables", properties={"files": [file["id"]]})
    assert made["properties"] == {"files": [file["id"]], "archived": {}}
    if sdk.version is not None:
        (listed,) = sdk.call("benefits", "files", id=made["id"])["items"]
        assert (listed["id"], listed["name"], listed["downloads"]) == (file["id"], file["name"], 0)


def test_lists_go_through_pages_and_filters(sdk: Sdk) -> None:
    """Every benefit once, over pages; by type, by part of the description, by metadata, in an order."""
    _create(sdk, description="Alpha", metadata={"tier": "a"})
    _create(sdk, description="Bravo", metadata={"tier": "b"})
    _create(sdk, description="Charlie", type="feature_flag", properties={})

    def found(**query: Any) -> str:
        items = sdk.call("benefits", "pages", limit=1, sorting=["description"], **query)
        return "".join(item["description"][0] for item in items)

    assert found() == "ABC"
    assert found(**{"type_filter" if sdk.version is None else "type": ["feature_flag"]}) == "C"
    assert found(query="alph") == "A"
    assert found(metadata={"tier": ["a", "b"]}) == "AB"


def test_what_is_not_offered_is_refused_in_words(sdk: Sdk) -> None:
    """A type that the SDKs know and this server does not have: HTTPValidationError at the type, which says so."""
    units = {"meter_id": NOBODY, "units": 10, "rollover": False}
    with pytest.raises(Refused) as refused:
        _create(sdk, type="meter_credit", properties=units)
    assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", "type"])
    assert "does not offer" in refused.value.body["detail"][0]["msg"]

"""License keys through the published SDKs."""

from typing import Any

import pytest

from .conftest import Shop
from .libraries import Refused, Sdk
from .test_benefit_grants import sell

ACTIVATIONS = {"limit": 1, "enable_customer_admin": False}
KEYS = {
    "type": "license_keys",
    "description": "A key of your own",
    "properties": {"prefix": "LAMP", "activations": ACTIVATIONS, "limit_usage": 2},
}


def _use(sdk: Sdk, shop: Shop, do: str, key: str, **members: Any) -> Any:
    return sdk.call("license_keys", do, {"key": key, "organization_id": shop.organization_id, **members})


def test_the_life_of_a_key(sdk: Sdk, shop: Shop) -> None:
    """Listed, validated, activated up to its limit, deactivated, used up and disabled; refusals are typed."""
    ada = sdk.call("customers", "create", {"email": "ada@example.com"})
    [benefit_id] = sell(sdk, shop, ada["id"], KEYS)
    [shown] = sdk.call("license_keys", "pages", benefit_id=benefit_id)
    key = shown["key"]
    assert (shown["status"], shown["customer"]["email"], key[:5]) == ("granted", "ada@example.com", "LAMP_")
    made = _use(sdk, shop, "activate", key, label="Laptop", meta={"os": "linux"})
    assert (made["label"], made["license_key"]["id"]) == ("Laptop", shown["id"])
    with pytest.raises(Refused) as refused:
        _use(sdk, shop, "activate", key, label="Phone")
    assert (refused.value.kind, refused.value.status) == ("NotPermitted", 403)
    valid = _use(sdk, shop, "validate", key, activation_id=made["id"], increment_usage=2)
    assert (valid["usage"], valid["activation"]["meta"]) == (2, {"os": "linux"})
    with pytest.raises(Refused) as refused:
        _use(sdk, shop, "validate", key, increment_usage=1)
    assert refused.value.status == 400
    found = sdk.call("license_keys", "get", id=shown["id"])
    assert [each["id"] for each in found["activations"]] == [made["id"]]
    read = sdk.call("license_keys", "get_activation", id=shown["id"], activation_id=made["id"])
    assert read["license_key"]["key"] == key
    assert _use(sdk, shop, "deactivate", key, activation_id=made["id"]) is None
    assert sdk.call("license_keys", "update", {"status": "disabled"}, id=shown["id"])["status"] == "disabled"
    with pytest.raises(Refused) as refused:
        _use(sdk, shop, "validate", key)
    assert refused.value.kind == "ResourceNotFound"

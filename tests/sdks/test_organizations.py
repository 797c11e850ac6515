"""Organizations and tokens through the published SDKs."""

from dataclasses import replace

import pytest

from .conftest import Shop
from .libraries import Refused, Sdk


def test_an_organization_sees_itself(sdk: Sdk, shop: Shop) -> None:
    """One in the list, the same by its id; another one is not there, and a new one is not its business."""
    (own,) = sdk.call("organizations", "pages")
    assert own["id"] == shop.organization_id
    assert sdk.call("organizations", "get", id=shop.organization_id) == own
    other = shop.server.organization(shop.person)
    with pytest.raises(Refused) as refused:
        sdk.call("organizations", "get", id=other.id)
    assert refused.value.kind == "ResourceNotFound"
    with pytest.raises(Refused) as refused:
        sdk.call("organizations", "create", {"name": "Harbour", "slug": "harbour"})
    assert (refused.value.kind, refused.value.status) == ("CannotCreateOrganizationError", 403)


def test_a_person_founds_lists_and_changes_organizations(person_sdk: Sdk, shop: Shop) -> None:
    """Created with settings, found by slug, walked through page by page, changed; mistakes are typed."""
    slug = f"harbour-{shop.organization_id[:8]}"
    body = {
        "name": "Harbour",
        "slug": slug,
        "default_presentment_currency": "eur",
        "website": "https://harbour.example",
    }
    made = person_sdk.call("organizations", "create", body)
    assert (made["default_presentment_currency"], made["status"]) == ("eur", "active")
    assert {item["id"] for item in person_sdk.call("organizations", "pages", limit=1)} == {
        made["id"],
        shop.organization_id,
    }
    (found,) = person_sdk.call("organizations", "list", slug=slug)["items"]
    assert found == made
    changed = person_sdk.call("organizations", "update", {"name": "New harbour", "country": "SE"}, id=made["id"])
    assert (changed["name"], changed["country"], changed["website"]) == ("New harbour", "SE", made["website"])
    with pytest.raises(Refused) as refused:
        person_sdk.call("organizations", "create", body)
    assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", "slug"])
    with pytest.raises(Refused) as refused:
        person_sdk.call("organizations", "get", id="00000000-0000-4000-8000-000000000000")
    assert refused.value.kind == "ResourceNotFound"


def test_a_person_says_for_which_organization(person_sdk: Sdk, shop: Shop) -> None:
    """A new customer names its organization, or the client is narrowed to one."""
    other = shop.server.organization(shop.person).id
    customer = {"email": "ada@example.com"}
    with pytest.raises(Refused) as refused:
        person_sdk.call("customers", "create", customer)
    assert (refused.value.kind, refused.value.place()) == ("HTTPValidationError", ["body", "organization_id"])
    for organization_id in (other, shop.organization_id):
        made = person_sdk.call("customers", "create", {**customer, "organization_id": organization_id})
        assert made["organization_id"] == organization_id
    assert len(person_sdk.call("customers", "pages")) == 2
    assert len(person_sdk.call("customers", "pages", organization_id=[other])) == 1
    (seen,) = person_sdk.narrowed(other).call("customers", "pages")
    assert seen["organization_id"] == other


def test_tokens_that_do_not_reach(sdk: Sdk, shop: Shop) -> None:
    """A token that is none is 401, one without the scope 403: the status is there in either generation."""
    plain = "SDKError" if sdk.version is None else "PolarClientError"
    with pytest.raises(Refused) as refused:
        replace(sdk, token="polar_at_o_" + "0" * 43).call("customers", "list")
    assert (refused.value.kind, refused.value.status) == (plain, 401)
    narrow = replace(sdk, token=shop.token(of_organization=True, scope="products:read"))
    assert narrow.call("products", "list")["items"] == []
    with pytest.raises(Refused) as refused:
        narrow.call("customers", "list")
    assert (refused.value.kind, refused.value.status) == (plain, 403)

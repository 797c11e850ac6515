"""Organizations: who sees, founds and changes them, and what an answer always has."""

from typing import Any

import pytest
from tests.world import Api, World, api_of, token_of

from polar_server.accounts.roles import Role

MISSING = {"error": "ResourceNotFound", "detail": "Not found"}
KEYS = """
    id created_at modified_at name slug avatar_url is_test email website country socials proration_behavior
    allow_customer_updates status details_submitted_at onboarding_resubmission_requested_at sso_enforced
    default_presentment_currency default_tax_behavior feature_settings subscription_settings customer_email_settings
    customer_portal_settings dispute_settings embed_hosts embed_hosts_enforced account_id payout_account_id capabilities
"""
SUBSCRIPTIONS = {
    "allow_multiple_subscriptions": True,
    "proration_behavior": "invoice",
    "benefit_revocation_grace_period": 7,
    "prevent_trial_abuse": True,
    "allow_customer_updates": False,
}


@pytest.fixture
async def owner(world: World) -> Api:
    """A person's token; the person owns one organization."""
    return await api_of(world, "owner@example.com", "lighthouse", sub_type="user")


async def test_an_organization_token_sees_its_own_organization_only(api: Api, stranger: Api) -> None:
    """One in the list, every key there with its default; another one does not exist."""
    listed = (await api.get("/v1/organizations/")).json()
    (shown,) = listed["items"]
    assert listed["pagination"] == {"total_count": 1, "max_page": 1}
    assert set(shown) == set(KEYS.split())
    assert (shown["id"], shown["slug"], shown["status"]) == (api.organization_id, "lighthouse", "active")
    assert (shown["default_presentment_currency"], shown["default_tax_behavior"]) == ("usd", "location")
    assert all(shown["customer_email_settings"].values())
    assert shown["capabilities"]["payouts"] is False
    assert (await api.get(f"/v1/organizations/{api.organization_id}")).json() == shown
    response = await stranger.get(f"/v1/organizations/{api.organization_id}")
    assert (response.status_code, response.json()) == (404, MISSING)


async def test_an_organization_token_founds_and_changes_nothing(api: Api) -> None:
    """403 with the name that the published clients know for each operation."""
    response = await api.post("/v1/organizations/", {"name": "Harbour", "slug": "harbour"})
    assert (response.status_code, response.json()["error"]) == (403, "CannotCreateOrganizationError")
    response = await api.patch(f"/v1/organizations/{api.organization_id}", {"name": "Mine"})
    assert (response.status_code, response.json()["error"]) == (403, "NotPermitted")


async def test_a_person_founds_finds_and_sorts_organizations(owner: Api) -> None:
    """201, the founder reaches it at once; filter by slug, sort by slug, name and age."""
    response = await owner.post(
        "/v1/organizations/",
        {
            "name": "Zebra",
            "slug": "a-zebra",
            "email": "Help@Zebra.example",
            "website": "https://zebra.example",
            "country": "SE",
            "default_presentment_currency": "sek",
            "default_tax_behavior": "inclusive",
            "socials": [{"platform": "github", "url": "https://github.com/zebra"}],
            "subscription_settings": SUBSCRIPTIONS,
        },
    )
    assert response.status_code == 201, response.text
    made = response.json()
    assert (made["email"], made["country"], made["default_presentment_currency"]) == ("help@zebra.example", "SE", "sek")
    assert (made["proration_behavior"], made["allow_customer_updates"]) == ("invoice", False)

    async def slugs(query: str) -> list[str]:
        return [item["slug"] for item in (await owner.get(f"/v1/organizations/?{query}")).json()["items"]]

    assert sorted(await slugs("")) == ["a-zebra", "lighthouse"]
    assert await slugs("sorting=slug") == ["a-zebra", "lighthouse"]
    assert await slugs("sorting=-name") == ["a-zebra", "lighthouse"]
    assert await slugs("sorting=days_in_status&sorting=-slug") == ["lighthouse", "a-zebra"]
    assert await slugs("slug=a-zebra") == ["a-zebra"]
    assert await slugs("slug=harbour") == []
    assert await slugs("sorting=slug&limit=1&page=2") == ["lighthouse"]


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"slug": "lighthouse"}, "slug"),
    ({"slug": "admin"}, "slug"),
    ({"slug": "No Slug", "name": " ", "email": "x", "avatar_url": "http://x"}, "avatar_url email name slug"),
    ({"name": None}, "name"),
    ({"website": "javascript:alert(1)"}, "website"),
    ({"country": "XX"}, "country"),
    ({"default_presentment_currency": "xyz"}, "default_presentment_currency"),
    ({"default_tax_behavior": "never"}, "default_tax_behavior"),
    ({"socials": [{"platform": "smoke", "url": "https://x.example"}]}, "socials"),
]


async def test_every_mistake_is_named_by_its_place(owner: Api) -> None:
    """422 at each wrong member, a taken slug included, and nothing stored."""
    for body, places in MISTAKES:
        response = await owner.post("/v1/organizations/", {"name": "Harbour", "slug": "harbour", **body})
        assert response.status_code == 422, response.text
        assert sorted(issue["loc"][1] for issue in response.json()["detail"]) == places.split()
    assert (await owner.get("/v1/organizations/")).json()["pagination"]["total_count"] == 1


async def test_what_is_sent_changes_and_the_rest_stays(owner: Api) -> None:
    """Absent keeps, null empties what can be empty; the slug is in links everywhere and stays."""
    path = f"/v1/organizations/{owner.organization_id}"
    before = (await owner.get(path)).json()
    sent = {
        "name": "Light House",
        "slug": "other",
        "email": "help@example.com",
        "country": "SE",
        "avatar_url": "https://cdn.example/a.png",
        "embed_hosts": ["shop.example", "*.shop.example:8443", "chrome-extension://abc"],
        "feature_settings": {"overview_metrics": ["revenue"], "wallets_enabled": True},
    }
    changed = (await owner.patch(path, sent)).json()
    assert changed == before | {
        **{name: value for name, value in sent.items() if name != "slug"},
        "feature_settings": before["feature_settings"] | {"overview_metrics": ["revenue"]},
        "modified_at": changed["modified_at"],
    }
    emptied = {"email": None, "avatar_url": None, "country": None}
    nothing = {"name": None, "socials": None, "subscription_settings": None, "default_tax_behavior": None}
    assert (await owner.patch(path, {**emptied, **nothing})).json() == changed | emptied
    assert (await owner.patch(path, {"subscription_settings": SUBSCRIPTIONS})).json() == changed | emptied | {
        "subscription_settings": SUBSCRIPTIONS,
        "proration_behavior": "invoice",
        "allow_customer_updates": False,
    }


async def test_what_cannot_be_promised_is_refused(owner: Api) -> None:
    """No dispute is accepted by itself and no single sign-on enforced where there is none."""
    path = f"/v1/organizations/{owner.organization_id}"
    response = await owner.patch(path, {"dispute_settings": {"auto_accept_below_amount": 500}})
    assert (response.status_code, response.json()["error"]) == (403, "DisputeAutoAcceptNotEnabled")
    response = await owner.patch(path, {"sso_enforced": True})
    assert (response.status_code, response.json()["error"]) == (409, "SSOEnforcementRequiresConnection")
    response = await owner.patch(path, {"dispute_settings": {"auto_accept_below_amount": None}, "sso_enforced": False})
    assert response.status_code == 200


@pytest.mark.parametrize("role,status", [(Role.ADMIN, 200), (Role.MEMBER, 403)])
async def test_only_who_manages_an_organization_changes_it(world: World, role: Role, status: int) -> None:
    """An admin may; a member sees it and gets NotPermitted; for a stranger it does not exist."""
    organization_id = await world.organization("lighthouse", await world.person("owner@example.com"))
    person = await world.person("somebody@example.com")
    await world.join(organization_id, person, role)
    api = await token_of(world, person, organization_id, sub_type="user")
    path = f"/v1/organizations/{organization_id}"
    assert (await api.get(path)).status_code == 200
    response = await api.patch(path, {"name": "Renamed"})
    assert response.status_code == status
    assert status == 200 or response.json()["error"] == "NotPermitted"
    stranger = await api_of(world, "stranger@example.com", "harbour", sub_type="user")
    response = await stranger.patch(path, {"name": "Mine"})
    assert (response.status_code, response.json()) == (404, MISSING)


async def test_every_operation_takes_its_scope(world: World) -> None:
    """Reading takes organizations:read, changing organizations:write; the challenge names the one that lacks."""
    api = await api_of(world, "owner@example.com", "lighthouse", scope="products:write", sub_type="user")
    path = f"/v1/organizations/{api.organization_id}"
    for scope, response in (
        ("organizations:read", await api.get("/v1/organizations/")),
        ("organizations:read", await api.get(path)),
        ("organizations:write", await api.post("/v1/organizations/", {"name": "Harbour", "slug": "harbour"})),
        ("organizations:write", await api.patch(path, {"name": "Harbour"})),
    ):
        assert response.status_code == 403
        assert f'scope="{scope}"' in response.headers["www-authenticate"]

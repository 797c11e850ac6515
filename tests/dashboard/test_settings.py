"""The settings of an organization, and a test organization's beginning and new start."""

import re
from itertools import islice

import pytest
from tests.world import NOW, World, token_of

from polar_server.accounts import organizations
from polar_server.accounts.roles import Role
from polar_server.audit import OPERATOR
from polar_server.dashboard import test_organizations
from polar_server.html import csrf

from .conftest import Desk

TYPED = {
    "name": "Lighthouse Two",
    "avatar_url": "https://img.example/a.png",
    "email": "hello@lighthouse.example",
    "website": "https://lighthouse.example",
    "country": "PT",
    "default_presentment_currency": "eur",
    "default_tax_behavior": "inclusive",
    "proration_behavior": "invoice",
    "benefit_revocation_grace_period": "3",
    "allow_multiple_subscriptions": "true",
    "embed_hosts": "lighthouse.example\r\n*.lighthouse.example:8080",
}
_PORTAL = {"usage": {"show": False}, "subscription": {"update_seats": False, "update_plan": False}}
_PRODUCT = re.compile(r'<th scope="row"><a href="([^"]*)"')


async def test_settings_are_those_of_the_api(world: World, desk: Desk) -> None:
    """What is typed is what the API shows; what this page does not know stays; an empty field empties."""
    address = f"/v1/organizations/{desk.organization_id}"
    person = await token_of(world, desk.user_id, desk.organization_id, sub_type="user")
    await person.patch(address, {"customer_portal_settings": _PORTAL})
    assert (await desk.post("settings", **TYPED)).headers["location"] == desk.path("settings?done=saved")
    saved = (await desk.api.get(address)).json()
    direct = [name for name in TYPED if name in saved and name not in ("embed_hosts", "proration_behavior")]
    assert len(direct) == 7
    assert {name: saved[name] for name in direct} == {name: TYPED[name] for name in direct}
    assert saved["embed_hosts"] == ["lighthouse.example", "*.lighthouse.example:8080"]
    assert saved["customer_portal_settings"]["usage"] == {"show": False}
    chosen = saved["subscription_settings"]
    assert (chosen["proration_behavior"], chosen["benefit_revocation_grace_period"]) == ("invoice", 3)
    assert (chosen["allow_multiple_subscriptions"], chosen["prevent_trial_abuse"]) == (True, False)

    page = await desk.open("settings?done=saved")
    assert desk.notices == ["The settings are saved."]
    assert '<option value="PT" selected>' in page.text
    assert "Start over" not in page.text, "what is sold here is real"
    await desk.post("settings", **TYPED | dict.fromkeys(empty := ("avatar_url", "email", "website", "country"), ""))
    saved = (await desk.api.get(address)).json()
    assert [saved[name] for name in empty] == [None] * 4


async def test_a_mistake_is_named_at_its_field(desk: Desk) -> None:
    """The page keeps what was typed, and nothing is saved."""
    wrong = {
        "name": "",
        "avatar_url": "http://img.example/a.png",
        "email": "hello",
        "website": "lighthouse.example",
        "country": "XX",
        "default_presentment_currency": "zzz",
        "default_tax_behavior": "none",
        "proration_behavior": "never",
        "benefit_revocation_grace_period": "366",
        "embed_hosts": "https://lighthouse.example/shop",
    }
    for field, text in wrong.items():
        answer = await desk.post("settings", **TYPED | {field: text})
        assert (answer.status_code, list(desk.errors)) == (422, [field])
        assert "Expected" not in desk.errors[field]
        assert "hello@lighthouse.example" in answer.text or field == "email"
    assert desk.errors["embed_hosts"].startswith("https://lighthouse.example/shop is no host.")
    assert (await desk.api.get(f"/v1/organizations/{desk.organization_id}")).json()["name"] == "Lighthouse"


async def test_a_member_reads_and_changes_nothing(world: World, desk: Desk, member_desk: Desk) -> None:
    """The page has no form for them, and one that they still have open is refused."""
    page = (await member_desk.open("settings")).text
    assert desk.organization_id in page
    assert f'action="{desk.path("settings")}"' not in page
    for role in (Role.ADMIN, Role.MEMBER):
        async with world.server.database.write() as tx:
            place = (desk.organization_id, member_desk.user_id)
            await organizations.change_role(tx, *place, role, OPERATOR, NOW)
        if role is Role.ADMIN:
            await member_desk.open("settings")
    assert (await member_desk.browser.submit(desk.path("settings"), **TYPED)).status_code == 403


async def test_a_test_organization_is_made_in_one_click(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name that is proposed, a short name that is free, and filled; reset, it is filled anew."""
    monkeypatch.setattr(test_organizations, "MOST", 1)
    person = await world.person("new@example.com")
    await world.organization("ada-example-test", await world.person("other@example.com"))
    browser = await world.browser(person)
    make = "/dashboard/organizations/test"
    proposed = 'value="Ada Example test"'
    assert proposed in (await browser.open("/dashboard/organizations")).text
    for name in ("", "x" * 101):
        assert (await browser.submit(make, test_name=name)).status_code == 422
        assert 'id="test_name-error"' in browser.page.text
    answer = await browser.submit(make, test_name="Ada Example test")
    assert answer.headers["location"] == "/dashboard/ada-example-test-2?done=created"
    overview = (await browser.open(answer.headers["location"])).text
    assert "<strong>Test organization.</strong>" in overview
    assert "Latest orders" in overview
    await browser.open("/dashboard/organizations")
    answer = await browser.submit(make, test_name="Another")
    assert (answer.status_code, "Try again in 1 hour." in answer.text) == (429, True)

    area = "/dashboard/ada-example-test-2"
    first = _PRODUCT.findall((await browser.open(f"{area}/products")).text)
    await browser.open(f"{area}/settings")
    assert (await browser.submit(f"{area}/settings/reset")).status_code == 422
    assert 'id="sure-error"' in browser.page.text
    assert _PRODUCT.findall((await browser.open(f"{area}/products")).text) == first
    for status in (303, 409):
        await browser.open(f"{area}/settings")
        answer = await browser.submit(f"{area}/settings/reset", sure="true")
        assert answer.status_code == status
    assert "Try again in 1 minute." in answer.text
    second = _PRODUCT.findall((await browser.open(f"{area}/products")).text)
    assert len(second) == len(first) > 0
    assert set(first).isdisjoint(second)


async def test_what_is_sold_in_a_real_organization_stays(world: World, desk: Desk) -> None:
    """Its page has no form to reset it; one that is sent all the same removes nothing."""
    await desk.api.post("/v1/products/", {"name": "Lamp", "prices": [{"amount_type": "free"}]})
    address, cookie = desk.path("settings", "reset"), desk.browser.http.cookies["polar_session"]
    token = csrf.token(world.server.server_keys, cookie.removeprefix("polar_us_")[:11], address)
    desk.browser.page = await desk.browser.http.post(address, data={"csrf": token, "sure": "true"})
    assert desk.browser.page.status_code == 409
    assert desk.notices == ["Nothing was removed: what is sold here is real."]
    assert (await desk.api.get("/v1/products/")).json()["pagination"]["total_count"] == 1


@pytest.mark.parametrize(
    "name,expected",
    [
        ("Café Zürich test", ["cafe-zurich-test", "cafe-zurich-test-2", "cafe-zurich-test-3"]),
        ("شركة", ["shop", "shop-2", "shop-3"]),
        ("X", ["x-shop", "x-shop-2", "x-shop-3"]),
        ("admin", ["admin-shop", "admin-shop-2", "admin-shop-3"]),
        ("a" * 100, ["a" * 48, "a" * 48 + "-2", "a" * 48 + "-3"]),
    ],
)
def test_a_short_name_follows_from_the_name(name: str, expected: list[str]) -> None:
    """In small letters without accents; where nothing is left, or it is reserved, with a word more."""
    assert list(islice(test_organizations.slugs(name), 3)) == expected

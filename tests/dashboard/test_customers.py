"""Customers in the dashboard: found, made, seen with what they have, changed and deleted."""

from tests.resources import ordering, subscribing
from tests.world import World

from .conftest import Desk

_KEYS = {
    "type": "license_keys",
    "description": "A license key",
    "properties": {"activations": {"limit": 3, "enable_customer_admin": False}},
}


async def test_customers_are_listed_found_and_exported(world: World, desk: Desk, stranger_desk: Desk) -> None:
    """By name, address or own id, those who subscribe alone, and all in a file; a stranger's are nowhere."""
    assert "No customers yet" in (await desk.open("customers")).text
    shop = subscribing.Shop(world, desk.api)
    ada = await shop.customer("ada@example.com", external_id="lovelace-1")
    await shop.customer("grace@example.com", name="Grace")
    await shop.subscribe(await shop.product(), ada)
    await ordering.customer(stranger_desk.api, "eve@example.com", name="Eve")
    everything = (await desk.open("customers?sorting=name")).text
    assert everything.index("ada@example.com") < everything.index("grace@example.com")
    assert everything.count("Subscribed</span>") == 1
    assert "eve@example.com" not in everything
    for query, found in (("LOVELACE", "ada"), ("grac", "grace")):
        text = (await desk.open(f"customers?query={query}")).text
        assert {name for name in ("ada", "grace") if f"{name}@example.com" in text} == {found}
    assert "grace@" not in (await desk.open("customers?state=subscribed")).text
    assert "ada@" not in (await desk.open("customers?state=others")).text
    assert "Nothing fits" in (await desk.open("customers?query=nobody")).text
    export = await desk.open("customers/export")
    assert export.headers["content-type"].startswith("text/csv")
    assert "lovelace-1" in export.text
    assert "eve@" not in export.text


async def test_a_customer_is_made_and_changed(desk: Desk) -> None:
    """Each mistake is said at its field and what was typed stays; what cannot change any more is not offered."""
    mistakes = {
        "email": {"email": ""},
        "country": {"email": "ada@example.com", "city": "Paris"},
        "tax_id": {"email": "ada@example.com", "country": "FR", "tax_id": "1"},
        "type": {"email": "ada@example.com", "type": "robot"},
    }
    for field, typed in mistakes.items():
        answer = await desk.post("customers/new", **{"type": "individual", "name": "Ada, the first", **typed})
        assert (answer.status_code, list(desk.errors) or ["type"]) == (422, [field])
        assert "Ada, the first" in answer.text
    typed = {"type": "individual", "email": " Ada@Example.com ", "name": "Ada", "external_id": "a-1"}
    address = {"line1": "1 rue de la Paix", "postal_code": "75002", "city": "Paris", "country": "FR"}
    made = await desk.post("customers/new", **typed, **address, tax_id="FR 40 303265045")
    page = made.headers["location"].partition("?")[0].partition(f"{desk.slug}/")[2]
    customer_id = page.removeprefix("customers/")
    shown = (await desk.open(page)).text
    assert all(words in shown for words in ("75002 Paris", "France", "FR40303265045", "Nothing bought yet"))
    assert 'name="external_id"' not in (await desk.open(f"{page}/edit")).text
    await desk.post("customers/new", type="team", name="Nobody's")
    taken = await desk.post("customers/new", type="individual", email="ada@example.com")
    assert desk.errors == {"email": "Another customer of this organization has this email address."}
    assert taken.status_code == 422
    await desk.post(f"{page}/edit", email="ada@example.com", type="individual")
    assert list(desk.errors) == ["country"]
    saved = await desk.post(f"{page}/edit", type="team", name="Ada & Co", country="FR", line1="2 rue de la Paix")
    assert saved.headers["location"].endswith("saved")
    assert "A company or team" in (await desk.open(page)).text
    kept = (await desk.api.get(f"/v1/customers/{customer_id}")).json()
    assert (kept["name"], kept["email"], kept["external_id"], kept["tax_id"]) == ("Ada & Co", None, "a-1", None)
    assert kept["billing_address"]["line1"] == "2 rue de la Paix"


async def test_what_a_customer_has_is_shown_and_ends_with_it(world: World, desk: Desk) -> None:
    """Subscriptions, benefits, keys, orders and cards; what the page before a deletion names ends by it."""
    shop = subscribing.Shop(world, desk.api)
    lamp = await shop.product()
    benefit = (await desk.api.post("/v1/benefits/", _KEYS)).json()
    await desk.api.post(f"/v1/products/{lamp['id']}/benefits", {"benefits": [benefit["id"]]})
    ada = await shop.customer(name="Ada <b>", metadata={"shoe <i>": "38 <u>"})
    await shop.subscribe(lamp, ada)
    page = f"customers/{ada}"
    shown = (await desk.open(page)).text
    [key] = (await desk.api.get("/v1/license-keys/")).json()["items"]
    words = ("$10.00 a month", "A license key", key["key"], "Visa ending in 4242", "up to 3 devices")
    assert [each for each in words if each not in shown] == []
    assert "Ada &lt;b&gt;" in shown
    assert [tag for tag in ("<b>", "<i>", "<u>") if tag in shown] == []
    for disabled, status in (("true", "disabled"), ("false", "granted")):
        await desk.post(page, f"{page}/license-keys/{key['id']}", disabled=disabled)
        assert (await desk.api.get(f"/v1/license-keys/{key['id']}")).json()["status"] == status
    before = (await desk.open(f"{page}/delete")).text
    assert all(
        words in before for words in ("The subscription to <bdi>Night lamp</bdi> ends", "Their card is forgotten")
    )
    await desk.post(f"{page}/delete")
    gone = (await desk.open(page)).text
    assert all(words in gone for words in ("was deleted on", "Night lamp", "Ended", "Forget who it was"))
    assert key["key"] not in gone
    assert (await desk.open(f"{page}/edit")).status_code == 404
    forgotten = await desk.post(f"{page}/delete")
    assert forgotten.headers["location"].endswith("anonymized")
    assert "Ada" not in (await desk.open(page)).text
    assert (await desk.api.get(f"/v1/customers/{ada}")).status_code == 404


async def test_members_add_customers_too(desk: Desk, member_desk: Desk) -> None:
    """Their role covers customers; what they do stands in the audit log with their name."""
    made = await member_desk.post("customers/new", type="individual", email="ada@example.com")
    assert made.status_code == 303
    assert (await desk.api.get("/v1/customers/?email=ada@example.com")).json()["items"] != []

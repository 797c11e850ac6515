"""Customers: both addresses, changes, what is unique, deletion, lists and the export."""

import csv
from typing import Any

import pytest
from tests.world import NOW, Api, World, api_of, token_of

from polar_server.database import Statement
from polar_server.payments import Card, charge
from polar_server.resources.customers import export
from polar_server.resources.customers import payment_method_queries as cards
from polar_server.resources.products import queries as products
from polar_server.resources.subscriptions.starting import NewSubscription, start_subscription
from polar_server.settings import Settings

BODY = {"email": "ada@example.com"}
MISSING = {"error": "ResourceNotFound", "detail": "Not found"}
FRANCE = {"country": "FR", "line1": "1 rue de la Paix", "city": "Paris"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nothing is sent by itself, so that events stay where tests find them."""
    return Settings(
        issuer=settings.issuer, database_url=settings.database_url, data_dir=settings.data_dir, worker=False
    )


async def _create(api: Api, **members: Any) -> dict[str, Any]:
    response = await api.post("/v1/customers/", {**BODY, **members})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def _subscribe(world: World, api: Api, customer_id: str, **members: Any) -> str:
    """A subscription to a product that gives a flag, paid for; the product's id."""
    price = {"amount_type": "fixed", "price_amount": 1000}
    body = {"name": "Night lamp", "recurring_interval": "month", "prices": [price]}
    product_id = (await api.post("/v1/products/", body)).json()["id"]
    flag = {"type": "feature_flag", "description": "Beta", "properties": {}, "metadata": {"tier": "gold"}}
    benefit_id = (await api.post("/v1/benefits/", flag)).json()["id"]
    assert (await api.post(f"/v1/products/{product_id}/benefits", {"benefits": [benefit_id]})).status_code == 200
    organization_id = str(api.organization_id)
    async with world.server.database.write() as tx:
        reach = f'["{organization_id}"]'
        product = await products.find_product(tx, product_id, reach)
        [sold] = (await products.list_prices(tx, [product_id], reach))[product_id]
        assert product is not None
        new = NewSubscription(organization_id, customer_id, product, sold, 1000, "usd", **members)
        await start_subscription(tx, world.server, new, NOW)
    return str(product_id)


async def _refused(api: Api, path: str, body: dict[str, Any], method: str = "PATCH") -> list[Any]:
    """Where the one mistake is."""
    response = await api.call(method, path, body)
    assert response.status_code == 422, response.text
    (issue,) = response.json()["detail"]
    place: list[Any] = issue["loc"]
    return place


async def test_a_customer_is_created_and_read_by_both_addresses(api: Api) -> None:
    """All keys are there; the address is kept in lower case, the tax id with its format, the name as billing name."""
    made = await _create(
        api,
        email=" Ada@Example.com ",
        external_id="user 1",
        name="Ada",
        billing_address=FRANCE,
        tax_id="FR 61 954506077",
        locale="fr-CA",
        metadata={"tier": "gold"},
    )
    assert made == made | {
        "organization_id": api.organization_id,
        "type": "individual",
        "email": "ada@example.com",
        "email_verified": False,
        "external_id": "user 1",
        "billing_name": "Ada",
        "billing_address": {**FRANCE, "line2": None, "postal_code": None, "state": None},
        "tax_id": ["FR61954506077", "eu_vat"],
        "locale": "fr-CA",
        "metadata": {"tier": "gold"},
        "modified_at": None,
        "deleted_at": None,
        "default_payment_method_id": None,
        "first_user_event_at": None,
        "avatar_url": None,
    }
    state = {**made, "active_subscriptions": [], "granted_benefits": [], "active_meters": []}
    for path in (f"/v1/customers/{made['id']}", "/v1/customers/external/user%201"):
        assert (await api.get(path)).json() == made
        assert (await api.get(f"{path}/state")).json() == state


async def test_what_is_sent_changes_and_the_rest_stays(api: Api) -> None:
    """Absent keeps; null empties what can be empty and means nothing for an individual's address."""
    made = await _create(api, external_id="one", name="Ada", locale="en", metadata={"a": 1, "b": 2})
    path = f"/v1/customers/{made['id']}"
    changed = (await api.patch(path, {"email": "new@example.com", "name": None, "metadata": {"c": 3}})).json()
    assert changed == made | {
        "email": "new@example.com",
        "name": None,
        "billing_name": None,
        "metadata": {"c": 3},
        "modified_at": changed["modified_at"],
    }
    assert changed["modified_at"] is not None
    assert (await api.patch(path, {"email": None, "type": None})).json()["email"] == "new@example.com"
    external = "/v1/customers/external/one"
    changed = (await api.patch(external, {"name": "Countess", "external_id": "ignored", "type": "team"})).json()
    assert (changed["name"], changed["external_id"], changed["type"]) == ("Countess", "one", "individual")
    assert (await api.patch(path, {"type": "team", "email": None})).json()["email"] is None
    assert await _refused(api, path, {"type": "individual"}) == ["body", "type"]
    assert (await api.patch(path, {"type": "team"})).status_code == 200


async def test_what_is_set_once_stays(api: Api) -> None:
    """An external id never changes; an address can change, not go; a tax id fits its country at any time."""
    made = await _create(api)
    path = f"/v1/customers/{made['id']}"
    assert await _refused(api, path, {"tax_id": "123456789"}) == ["body", "tax_id"]
    assert (await api.patch(path, {"external_id": "one"})).json()["external_id"] == "one"
    assert (await api.patch(path, {"external_id": "one"})).status_code == 200
    for other in ("two", None):
        assert await _refused(api, path, {"external_id": other}) == ["body", "external_id"]
    assert (await api.patch(path, {"billing_address": None})).status_code == 200
    assert (await api.patch(path, {"billing_address": FRANCE, "tax_id": "61954506077"})).status_code == 200
    assert await _refused(api, path, {"billing_address": None}) == ["body", "billing_address"]
    assert await _refused(api, path, {"billing_address": {"country": "US"}}) == ["body", "tax_id"]
    changed = await api.patch(path, {"billing_address": {"country": "US"}, "tax_id": "12-3456789"})
    assert changed.json()["tax_id"] == ["123456789", "us_ein"]
    assert (await api.patch(path, {"tax_id": None})).json()["tax_id"] is None


async def test_address_and_external_id_are_unique_within_an_organization(api: Api, stranger: Api) -> None:
    """A second one is refused at its place, also by a change; another organization may have the same."""
    await _create(api, external_id="one")
    taken = [({"email": "ADA@example.com"}, "email"), ({"email": "b@example.com", "external_id": "one"}, "external_id")]
    for body, name in taken:
        assert await _refused(api, "/v1/customers/", body, "POST") == ["body", name]
    other = await _create(api, email="other@example.com")
    assert await _refused(api, f"/v1/customers/{other['id']}", BODY) == ["body", "email"]
    assert await _refused(api, f"/v1/customers/{other['id']}", {"external_id": "one"}) == ["body", "external_id"]
    await _create(stranger, external_id="one")
    for email in (None, None):
        await _create(api, type="team", email=email)


MISTAKES: list[tuple[dict[str, Any], list[str]]] = [
    ({"email": "nobody"}, ["email"]),
    ({"email": None}, ["email"]),
    ({"email": 7}, ["email"]),
    ({"name": "n" * 257}, ["name"]),
    ({"external_id": ""}, ["external_id"]),
    ({"locale": "not a locale"}, ["locale"]),
    ({"billing_address": {"line1": "x"}}, ["billing_address", "country"]),
    ({"billing_address": {"country": "XX"}}, ["billing_address", "country"]),
    ({"tax_id": "123456789"}, ["tax_id"]),
    ({"billing_address": {"country": "US"}, "tax_id": "12"}, ["tax_id"]),
    ({"metadata": {"k": ""}}, ["metadata", "k"]),
    ({"type": "robot"}, ["type"]),
    ({"owner": {"email": "o@example.com"}}, ["owner"]),
    ({"organization_id": "somebody"}, ["organization_id"]),
]


async def test_every_mistake_is_named_by_its_place(api: Api) -> None:
    """422 with the place of what is wrong, and nothing stored."""
    for body, place in MISTAKES:
        assert await _refused(api, "/v1/customers/", {**BODY, **body}, "POST") == ["body", *place]
    assert (await api.get("/v1/customers/")).json()["pagination"]["total_count"] == 0


async def test_a_deleted_customer_is_gone_and_its_addresses_are_free(world: World, api: Api) -> None:
    """404 everywhere and in no list; the row stays for orders, until it is anonymized, with the person's data."""
    made = await _create(api, external_id="one", name="Ada", metadata={"phone": "1"}, billing_address=FRANCE)
    path = f"/v1/customers/{made['id']}"
    assert (await api.delete(path)).status_code == 204
    for gone in (path, f"{path}/state", "/v1/customers/external/one"):
        response = await api.get(gone)
        assert (response.status_code, response.json()) == (404, MISSING)
    for method in ("PATCH", "DELETE"):
        assert (await api.call(method, path, {})).json() == MISSING
    assert (await api.get("/v1/customers/")).json()["items"] == []
    again = await _create(api, external_id="one")
    assert (await api.delete("/v1/customers/external/one")).status_code == 204

    kept = await _stored(world, made["id"], api)
    assert (kept.email, kept.name, kept.external_id) == ("ada@example.com", "Ada", None)
    assert kept.deleted_at is not None
    for customer in (made, again):
        assert (await api.delete(f"/v1/customers/{customer['id']}?anonymize=true")).status_code == 204
        kept = await _stored(world, customer["id"], api)
        assert kept.email == f"{customer['id']}@anonymous.invalid"
        assert (kept.name, kept.billing_address, kept.metadata) == (None, None, {})


async def _stored(world: World, customer_id: str, api: Api) -> Any:
    from polar_server.resources.customers.answers import customer_of
    from polar_server.resources.customers.queries import find_customer_also_deleted

    async with world.server.database.read() as tx:
        row = await find_customer_also_deleted(tx, customer_id, f'["{api.organization_id}"]')
    assert row is not None
    return customer_of(row)


async def test_lists_page_sort_and_filter(api: Api) -> None:
    """Pages, orders and filters; nobody is active, since nobody can subscribe yet."""
    await _create(api, email="a@example.com", name="Zoe", metadata={"tier": "a"})
    await _create(api, email="b@example.com", name="Ada", external_id="user_1", metadata={"tier": "b", "n": 7})
    await _create(api, email="c@shop.example", metadata={"tier": "b"})

    async def emails(query: str) -> str:
        response = await api.get(f"/v1/customers/?sorting=email&{query}")
        assert response.status_code == 200, response.text
        return "".join(item["email"][0] for item in response.json()["items"])

    assert await emails("") == "abc"
    assert await emails("limit=2&page=2") == "c"
    assert await emails("email=B@example.com") == "b"
    assert await emails("email=b") == ""
    assert await emails("query=ER_1") == "b"
    assert await emails("query=zo") == "a"
    assert await emails("query=shop") == "c"
    assert await emails("metadata[tier]=b&metadata[n]=7") == "b"
    assert await emails("active=true") == ""
    assert await emails("active=false") == "abc"
    named = (await api.get("/v1/customers/?sorting=-name&limit=3")).json()
    assert named["pagination"] == {"total_count": 3, "max_page": 1}
    assert {item["name"] for item in named["items"]} == {"Zoe", "Ada", None}
    response = await api.get("/v1/customers/?sorting=phone")
    assert response.json()["detail"][0]["loc"] == ["query", "sorting"]


async def test_another_organizations_customer_does_not_exist(api: Api, stranger: Api) -> None:
    """Read, change, delete, state and list answer as for a customer that never was."""
    made = await _create(api, external_id="one")
    for path in (f"/v1/customers/{made['id']}", "/v1/customers/external/one"):
        for method, suffix in (
            ("GET", ""),
            ("GET", "/state"),
            ("PATCH", ""),
            ("DELETE", ""),
            ("DELETE", "?anonymize=1"),
        ):
            response = await stranger.call(method, path + suffix, {} if method == "PATCH" else None)
            assert (response.status_code, response.json()) == (404, MISSING)
    listed = await stranger.get(f"/v1/customers/?organization_id={api.organization_id}")
    assert listed.json()["items"] == []
    exported = await stranger.get(f"/v1/customers/export?organization_id={api.organization_id}")
    assert len(exported.text.splitlines()) == 1
    assert (await api.get(f"/v1/customers/{made['id']}")).json() == made


async def test_the_export_has_every_customer_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """CSV over several pages, whatever the page's size; what a spreadsheet would run is text."""
    made = [await _create(api, email=f"{n}@example.com", name="=SUM(A1)" if n == 0 else None) for n in range(5)]
    for size in (1, 2, 5, 500):
        monkeypatch.setattr(export, "PAGE", size)
        response = await api.get("/v1/customers/export")
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        assert "attachment" in response.headers["content-disposition"]
        rows = list(csv.DictReader(response.text.splitlines()))
        assert sorted(row["id"] for row in rows) == sorted(customer["id"] for customer in made)
        assert [row["name"] for row in rows if row["name"]] == ["'=SUM(A1)"]


async def test_a_person_with_two_organizations_says_which(world: World) -> None:
    """One external id in two organizations is 409 for a person's token until the call is narrowed."""
    owner = await world.person("both@example.com")
    first, second = await world.organization("first", owner), await world.organization("second", owner)
    api = await token_of(world, owner, first, sub_type="user")
    for organization_id in (first, second):
        await _create(api, external_id="one", organization_id=organization_id)
    path = "/v1/customers/external/one"
    response = await api.get(path)
    assert (response.status_code, response.json()["error"]) == (409, "AmbiguousExternalCustomerID")
    narrowed = await api.get(path, **{"Polar-Organization": second})
    assert narrowed.json()["organization_id"] == second
    assert (await api.get("/v1/customers/")).json()["pagination"]["total_count"] == 2


async def test_scopes_are_enforced(world: World) -> None:
    """Reading takes read or write, writing takes write."""
    for number, (scope, read, write) in enumerate((("customers:read", 200, 403), ("customers:write", 200, 201))):
        api = await api_of(world, f"{number}@example.com", f"shop-{number}", scope=scope)
        for path in ("/v1/customers/", "/v1/customers/export"):
            assert (await api.get(path)).status_code == read
        assert (await api.post("/v1/customers/", BODY)).status_code == write
        assert (await api.patch("/v1/customers/none", {})).status_code == (403 if write == 403 else 404)


async def test_the_state_tells_what_a_customer_has(world: World, api: Api) -> None:
    """Running subscriptions and granted benefits with all their keys, by both addresses; `active` filters."""
    made = await _create(api, external_id="one")
    other = await _create(api, email="bob@example.com")
    product_id = await _subscribe(world, api, made["id"], trial=("day", 14))
    for address in (made["id"], "external/one"):
        state = (await api.get(f"/v1/customers/{address}/state")).json()
        [subscription], [grant] = state["active_subscriptions"], state["granted_benefits"]
        assert subscription == {
            "id": subscription["id"],
            "created_at": "2027-01-15T08:00:00Z",
            "modified_at": None,
            "status": "trialing",
            "amount": 1000,
            "currency": "usd",
            "recurring_interval": "month",
            "current_period_start": "2027-01-15T08:00:00Z",
            "current_period_end": "2027-01-29T08:00:00Z",
            "trial_start": "2027-01-15T08:00:00Z",
            "trial_end": "2027-01-29T08:00:00Z",
            "cancel_at_period_end": False,
            "canceled_at": None,
            "started_at": "2027-01-15T08:00:00Z",
            "ends_at": None,
            "product_id": product_id,
            "metadata": {},
            "custom_field_data": {},
            "discount_id": None,
            "seats": None,
            "units": None,
            "meters": [],
        }
        assert grant == {
            "id": grant["id"],
            "created_at": "2027-01-15T08:00:00Z",
            "modified_at": None,
            "granted_at": "2027-01-15T08:00:00Z",
            "benefit_id": grant["benefit_id"],
            "benefit_type": "feature_flag",
            "benefit_metadata": {"tier": "gold"},
            "properties": {},
        }
    for active, found in (("true", made), ("false", other)):
        assert [each["id"] for each in (await api.get(f"/v1/customers/?active={active}")).json()["items"]] == [
            found["id"]
        ]


async def _card(world: World, api: Api, customer_id: str, token: str, last4: str) -> str:
    async with world.server.database.write() as tx:
        card = Card(token, "visa", last4, 9, 2030)
        place: dict[str, Any] = {"organization_id": str(api.organization_id), "customer_id": customer_id}
        return await cards.add_payment_method(tx, **place, card=card, now=int(world.clock()))


async def test_cards_are_listed_and_the_last_one_is_the_default(world: World, api: Api, stranger: Api) -> None:
    """Newest first, in pages, by both addresses, for nobody else; the customer names the one that is charged."""
    made = await _create(api, external_id="one")
    first = await _card(world, api, made["id"], "test_success", "4242")
    world.clock.now += 10
    second = await _card(world, api, made["id"], "test_declined", "0002")
    for address in (made["id"], "external/one"):
        page = (await api.get(f"/v1/customers/{address}/payment-methods?limit=1")).json()
        assert page["pagination"] == {"total_count": 2, "max_page": 2}
        assert page["items"] == [
            {
                "id": second,
                "created_at": "2027-01-15T08:00:10Z",
                "modified_at": None,
                "processor": "stripe",
                "customer_id": made["id"],
                "type": "card",
                "method_metadata": {
                    "brand": "visa",
                    "last4": "0002",
                    "exp_month": 9,
                    "exp_year": 2030,
                    "wallet": None,
                },
                "is_default": True,
            }
        ]
    [older] = (await api.get(f"/v1/customers/{made['id']}/payment-methods?limit=1&page=2")).json()["items"]
    assert (older["id"], older["is_default"]) == (first, False)
    assert (await api.get(f"/v1/customers/{made['id']}")).json()["default_payment_method_id"] == second
    assert (await stranger.get(f"/v1/customers/{made['id']}/payment-methods")).json() == MISSING


_EVENTS = Statement("SELECT type FROM events WHERE type LIKE 'customer.%' OR type LIKE 'benefit_grant.%' ORDER BY id")


@pytest.mark.parametrize("anonymize", [False, True])
async def test_what_a_deleted_customer_had_ends(world: World, api: Api, anonymize: bool) -> None:
    """Subscriptions and benefits end, and it is told; no card can be charged, none of an anonymous one is known."""
    made = await _create(api)
    await _subscribe(world, api, made["id"])
    card_id = await _card(world, api, made["id"], "test_success", "4242")
    assert (await api.delete(f"/v1/customers/{made['id']}?anonymize={anonymize}")).status_code == 204
    assert (await api.get("/v1/benefit-grants/?is_granted=true")).json()["items"] == []
    [grant] = (await api.get("/v1/benefit-grants/")).json()["items"]
    [subscription] = (await api.get("/v1/subscriptions/")).json()["items"]
    assert (subscription["status"], subscription["ended_at"]) == ("canceled", "2027-01-15T08:00:00Z")
    async with world.server.database.read() as tx:
        told = [row["type"] for row in await tx.all(_EVENTS)]
    last = (
        ["customer.deleted", "customer.state_changed"] if anonymize else ["customer.state_changed", "customer.deleted"]
    )
    assert told[-3:] == ["benefit_grant.revoked", *last]
    assert (grant["is_revoked"], grant["customer"]["deleted_at"]) == (True, "2027-01-15T08:00:00Z")
    assert grant["customer"]["default_payment_method_id"] is None
    async with world.server.database.read() as tx:
        card = await cards.find_payment_method(tx, card_id, str(api.organization_id))
        assert await cards.find_default_payment_method(tx, made["id"], str(api.organization_id)) is None
    assert card is not None
    assert type(charge(card["token"])).__name__ == "Declined"
    assert card["last4"] == ("" if anonymize else "4242")

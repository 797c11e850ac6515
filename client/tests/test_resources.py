"""Every resource of the API, through the client and a running server."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from tests.sdks.conftest import Shop
from tests.servers import Server, serve

from polar_client import (
    UNSET,
    Api,
    NotFoundError,
    PermissionDeniedError,
    Polar,
    RateLimitError,
    UnauthorizedError,
    ValidationError,
)
from polar_client.resources.files import PART_SIZE
from polar_client.resources.products import Product
from polar_client.sending import Async, Sync


def lamp(polar: Api[Sync], name: str = "Night lamp") -> Product:
    return polar.products.create(name=name, prices=[{"amount_type": "fixed", "price_amount": 1000}])


def test_the_first_program(shop: Shop) -> None:
    """A client is registered and products are listed, as the first page of the documentation says."""
    polar = Polar(access_token=shop.token(), base_url=shop.server.issuer)
    client = polar.oauth2.create_client(client_name="My App", redirect_uris=["https://app.example/callback"])
    assert client.client_id.startswith("polar_ci_")
    try:
        response = polar.products.list()
    except UnauthorizedError:
        pytest.fail("the token is valid")
    assert response.items == []
    assert response.pagination.total_count == 0
    polar.close()


@pytest.mark.parametrize("token,error", [("polar_at_u_nonsense", "invalid_token"), (None, "Unauthorized")])
def test_a_token_that_is_none(server: Server, token: str | None, error: str) -> None:
    """Without a token, or with one that the server does not know, a call is an UnauthorizedError."""
    with Polar(access_token=token, base_url=server.issuer) as polar, pytest.raises(UnauthorizedError) as refused:
        polar.products.list()
    assert (refused.value.status, refused.value.error) == (401, error)


def test_clients_of_a_person(shop: Shop, person_polar: Polar) -> None:
    """A client belongs to the person who made it, and is read, changed and deleted with its own token."""
    polar = person_polar
    made = polar.oauth2.create_client(client_name="My App", redirect_uris=["https://app.example/callback"])
    assert made.registration_access_token
    token = made.registration_access_token
    assert [client.client_id for client in polar.oauth2.iter_clients(limit=1)] == [made.client_id]
    changed = polar.oauth2.update_client(
        made.client_id,
        registration_access_token=token,
        client_name="Your App",
        redirect_uris=["https://app.example/callback"],
    )
    assert changed.client_name == "Your App"
    assert polar.oauth2.get_client(made.client_id, registration_access_token=token).client_name == "Your App"
    polar.oauth2.delete_client(made.client_id, registration_access_token=token)
    assert polar.oauth2.list_clients().items == []
    assert polar.oauth2.userinfo().sub == shop.person.id


def test_a_person_and_their_organizations(shop: Shop, person_polar: Polar) -> None:
    """A user token tells who the person is, makes organizations, and is narrowed to one of them."""
    polar = person_polar
    assert [m.organization_id for m in polar.users.me().memberships] == [shop.organization_id]
    second = polar.organizations.create(name="Harbour", slug=f"harbour-{shop.organization_id[:8]}")
    assert {o.id for o in polar.organizations.iter_all(limit=1)} == {shop.organization_id, second.id}
    narrowed = polar.for_organization(second.id)
    assert [o.id for o in narrowed.organizations.list().items] == [second.id]
    changed = narrowed.organizations.update(second.id, email="port@example.com", website="https://harbour.example")
    assert (changed.email, changed.website) == ("port@example.com", "https://harbour.example")
    emptied = polar.organizations.update(second.id, email=None, website=UNSET)
    assert (emptied.email, emptied.website) == (None, "https://harbour.example")
    assert polar.organizations.get(second.id).subscription_settings.allow_customer_updates


def test_products_and_benefits(polar: Api[Sync]) -> None:
    """A product is made, given benefits, changed without touching what was left out, listed and deleted."""
    made = polar.products.create(
        name="Night lamp",
        description="It shines.",
        prices=[{"amount_type": "fixed", "price_amount": 1000}],
        metadata={"color": "green"},
    )
    assert (made.prices[0].amount_type, made.prices[0].price_amount) == ("fixed", 1000)
    note = polar.benefits.create(type="custom", description="A letter", properties={"note": "Thank you"})
    key = polar.benefits.create(
        type="license_keys", description="A key", properties={"expires": {"ttl": 1, "timeframe": "year"}}
    )
    assert key.properties.expires
    assert key.properties.expires.timeframe == "year"
    assert [b.id for b in polar.benefits.iter_all(type="custom", limit=1)] == [note.id]
    assert polar.benefits.update(note.id, type="custom", description="Two letters").properties.note == "Thank you"
    given = polar.products.update_benefits(made.id, [key.id, note.id])
    assert [benefit.description for benefit in given.benefits] == ["A key", "Two letters"]
    renamed = polar.products.update(made.id, name="Day lamp", description=UNSET)
    assert (renamed.name, renamed.description) == ("Day lamp", "It shines.")
    assert polar.products.update(made.id, description=None).description is None
    assert [p.id for p in polar.products.list(metadata={"color": ["green", "red"]}, is_archived=False).items] == [
        made.id
    ]
    assert polar.products.list(metadata={"color": "red"}).items == []
    assert polar.benefits.list_grants(note.id).items == []
    polar.benefits.delete(key.id)
    polar.products.delete(made.id)
    with pytest.raises(NotFoundError) as missing:
        polar.products.get(made.id)
    assert missing.value.error == "ResourceNotFound"


def test_a_mistake_has_its_place(polar: Api[Sync]) -> None:
    """A 422 is a ValidationError, whose issues name the member."""
    with pytest.raises(ValidationError) as refused:
        polar.products.create(name="x", prices=[{"amount_type": "fixed", "price_amount": 1000}])
    assert [issue.place for issue in refused.value.issues] == ["body.name"]
    assert "body.name" in str(refused.value)


def test_all_pages(polar: Api[Sync]) -> None:
    """Iterating goes through all pages, in the order that was asked for, and stops."""
    for number in range(5):
        lamp(polar, f"Lamp {number}")
    assert [p.name for p in polar.products.iter_all(sorting=["name"], limit=2)] == [f"Lamp {n}" for n in range(5)]
    assert [p.name for p in polar.products.iter_all(sorting="name", limit=2, page=3)] == ["Lamp 4"]
    assert polar.products.list(limit=2, page=9).items == []


def test_customers(polar: Api[Sync]) -> None:
    """Customers are found by both ids, told what they have, exported and deleted."""
    made = polar.customers.create(email="ada@example.com", external_id="user 1", billing_address={"country": "FR"})
    assert polar.customers.get_external("user 1").id == made.id
    assert made.billing_address
    assert made.billing_address.country == "FR"
    assert polar.customers.update(made.id, name="Ada", locale="fr").locale == "fr"
    assert polar.customers.update_external("user 1", locale=None).locale is None
    assert polar.customers.get_state(made.id).granted_benefits == []
    assert polar.customers.get_external_state("user 1").name == "Ada"
    assert "ada@example.com" in polar.customers.export()
    assert list(polar.customers.iter_payment_methods(made.id)) == []
    assert list(polar.customers.iter_external_payment_methods("user 1")) == []
    polar.customers.delete_external("user 1", anonymize=True)
    assert list(polar.customers.iter_all()) == []


def test_a_sale(polar: Api[Sync]) -> None:
    """A checkout is paid; order, grant, invoice, refund and metrics follow from it."""
    product = lamp(polar)
    benefit = polar.benefits.create(type="custom", description="A letter", properties={})
    polar.products.update_benefits(product.id, [benefit.id])
    checkout = polar.checkouts.create(products=[product.id], metadata={"source": "test"})
    assert polar.checkouts.update(checkout.id, metadata={"source": "both"}).metadata == {"source": "both"}
    assert polar.checkouts.client_get(checkout.client_secret).total_amount == 1000
    polar.checkouts.client_update(checkout.client_secret, customer_email="ada@example.com", customer_name="Ada")
    confirmed = polar.checkouts.client_confirm(checkout.client_secret, confirmation_token_id="test_success")
    assert confirmed.status == "confirmed"
    assert polar.checkouts.get(checkout.id).status == "succeeded"
    assert [c.id for c in polar.checkouts.iter_all(status="succeeded")] == [checkout.id]

    order = polar.orders.list(checkout_id=checkout.id).items[0]
    assert (order.status, order.total_amount, order.items[0].label) == ("paid", 1000, "Night lamp")
    grant = polar.benefit_grants.list(is_granted=True).items[0]
    assert (grant.benefit.id, grant.order_id) == (benefit.id, order.id)
    assert polar.customers.get_state(order.customer_id).granted_benefits[0].benefit_id == benefit.id
    named = polar.orders.update(order.id, billing_name="Ada Lovelace", billing_address={"country": "FR"})
    assert named.billing_name == "Ada Lovelace"
    polar.orders.create_invoice(order.id)
    assert httpx.get(polar.orders.get_invoice(order.id).url).status_code == 200
    assert httpx.get(polar.orders.get_receipt(order.id).url).status_code == 200
    assert named.invoice_number
    assert named.invoice_number in polar.orders.export()

    refund = polar.refunds.create(order_id=order.id, reason="customer_request", amount=400)
    assert (refund.status, refund.amount) == ("succeeded", 400)
    assert [r.id for r in polar.refunds.iter_all(order_id=order.id)] == [refund.id]
    assert polar.orders.get(order.id).refundable_amount == 600


def test_no_secret_in_the_log(shop: Shop, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """With every logger talking, neither the token nor the secret in a checkout's address is written anywhere."""
    caplog.set_level(logging.DEBUG)
    token = shop.token(of_organization=True)
    with Polar(token, base_url=shop.server.issuer) as polar:
        checkout = polar.checkouts.create(products=[lamp(polar).id])
        caplog.clear()
        polar.checkouts.client_get(checkout.client_secret)
        polar.products.list()
    assert "receive_response_headers" in caplog.text, "the loggers talk"
    for secret in (token, checkout.client_secret):
        assert secret not in caplog.text
        assert secret not in repr(checkout)
    assert capsys.readouterr() == ("", "")


def test_calls_that_are_used_up(tmp_path: Path) -> None:
    """Beyond the limit a call is a RateLimitError that says when to come back; so long a wait is not waited."""
    with serve(tmp_path, rate_limit_organization=2) as server:
        person = server.person()
        token = Shop(server, person, server.organization(person).id).token(of_organization=True)
        with Polar(token, base_url=server.issuer) as polar:
            polar.products.list()
            polar.products.list()
            with pytest.raises(RateLimitError) as refused:
                polar.products.list()
    assert refused.value.error == "RateLimitExceeded"
    assert refused.value.retry_after
    assert 60 < refused.value.retry_after <= 3661


def test_metrics(polar: Api[Sync]) -> None:
    """Metrics are numbers with names; those that were not asked for are None."""
    today = datetime.now(UTC).date()
    answer = polar.metrics.get(start_date=today, end_date=today, interval="day", metrics=["orders", "revenue"])
    assert (answer.totals.orders, answer.totals.revenue, answer.totals.churn_rate) == (0, 0, None)
    assert [period.orders for period in answer.periods] == [0]
    assert answer.metrics["orders"].type == "scalar"
    assert polar.metrics.limits().intervals["day"].max_days > 0
    assert polar.metrics.export(start_date=today, end_date=today, interval="day").count("\n") >= 1


def test_subscriptions(polar: Api[Sync]) -> None:
    """A free subscription is given away, changed, ended, listed and exported."""
    free = polar.products.create(name="Newsletter", prices=[{"amount_type": "free"}], recurring_interval="month")
    customer = polar.customers.create(email="ada@example.com", external_id="1")
    made = polar.subscriptions.create(product_id=free.id, external_customer_id="1")
    assert (made.status, made.customer.id, made.product.name) == ("active", customer.id, "Newsletter")
    ending = polar.subscriptions.update(made.id, cancel_at_period_end=True, customer_cancellation_reason="unused")
    assert (ending.cancel_at_period_end, ending.customer_cancellation_reason) == (True, "unused")
    assert polar.subscriptions.update(made.id, cancel_at_period_end=False).ends_at is None
    assert polar.subscriptions.revoke(made.id).status == "canceled"
    assert polar.subscriptions.get(made.id).ended_at is not None
    assert [s.id for s in polar.subscriptions.iter_all(status=["canceled"], active=False)] == [made.id]
    assert polar.subscriptions.export(product_id=free.id).count("\n") >= 2


def test_license_keys(polar: Api[Sync]) -> None:
    """A key is given, used in as many places as it allows, validated, changed, and found."""
    product = polar.products.create(name="Editor", prices=[{"amount_type": "free"}], recurring_interval="month")
    benefit = polar.benefits.create(
        type="license_keys",
        description="A key",
        properties={"prefix": "EDIT", "activations": {"limit": 1, "enable_customer_admin": True}},
    )
    polar.products.update_benefits(product.id, [benefit.id])
    customer = polar.customers.create(email="ada@example.com")
    polar.subscriptions.create(product_id=product.id, customer_id=customer.id)
    key = polar.license_keys.list(benefit_id=benefit.id, status="granted").items[0]
    assert key.key.startswith("EDIT_")
    assert key.key not in repr(key)

    text, seller = key.key, key.organization_id
    used = polar.license_keys.activate(key=text, organization_id=seller, label="A laptop")
    with pytest.raises(PermissionDeniedError):
        polar.license_keys.activate(key=text, organization_id=seller, label="Another")
    valid = polar.license_keys.validate(key=text, organization_id=seller, activation_id=used.id, increment_usage=1)
    assert valid.activation
    assert (valid.activation.label, valid.usage) == ("A laptop", 1)
    assert polar.license_keys.get_activation(key.id, used.id).license_key.id == key.id
    assert [a.id for a in polar.license_keys.get(key.id).activations] == [used.id]
    polar.license_keys.deactivate(key=text, organization_id=seller, activation_id=used.id)
    assert polar.license_keys.update(key.id, status="disabled", limit_activations=None).status == "disabled"
    with pytest.raises(NotFoundError):
        polar.license_keys.validate(key=text, organization_id=seller)


def test_a_file_in_parts(polar: Api[Sync], tmp_path: Path) -> None:
    """A file that is longer than a part is uploaded with checksums, found, renamed, downloaded and deleted."""
    data = b"x" * PART_SIZE + b"and the rest"
    path = tmp_path / "book.txt"
    path.write_bytes(data)
    with path.open("rb") as opened:
        file = polar.files.upload(opened, service="downloadable", name="book.txt", mime_type="text/plain", version="1")
    assert (file.is_uploaded, file.size, file.version) == (True, len(data), "1")
    assert httpx.get(polar.files.download(file.id).url).content == data
    assert polar.files.update(file.id, name="guide.txt", version=None).version is None
    assert [f.name for f in polar.files.iter_all(ids=[file.id])] == ["guide.txt"]
    benefit = polar.benefits.create(type="downloadables", description="A book", properties={"files": [file.id]})
    assert [f.downloads for f in polar.benefits.iter_files(benefit.id)] == [0]
    polar.files.delete(file.id)
    assert polar.files.list().items == []


def test_webhook_endpoints(polar: Api[Sync]) -> None:
    """An endpoint is made, changed, given a new secret, and deleted; deliveries are listed."""
    made = polar.webhooks.create_endpoint(url="https://shop.example/hooks", format="raw", events=["product.created"])
    assert polar.webhooks.get_endpoint(made.id).secret == made.secret
    assert polar.webhooks.update_endpoint(made.id, name="Shop", enabled=False).name == "Shop"
    assert polar.webhooks.reset_endpoint_secret(made.id).secret != made.secret
    assert [endpoint.id for endpoint in polar.webhooks.iter_endpoints()] == [made.id]
    assert list(polar.webhooks.iter_deliveries(endpoint_id=made.id)) == []
    with pytest.raises(NotFoundError):
        polar.webhooks.redeliver(made.id)
    polar.webhooks.delete_endpoint(made.id)


async def test_awaited(async_polar: Api[Async]) -> None:
    """The asynchronous client has the same methods: lists, pages, uploads and errors."""
    for name in ("Lamp 1", "Lamp 2", "Lamp 3"):
        await async_polar.products.create(name=name, prices=[{"amount_type": "free"}])
    assert [p.name async for p in async_polar.products.iter_all(limit=2, sorting="-name")] == [
        "Lamp 3",
        "Lamp 2",
        "Lamp 1",
    ]
    file = await async_polar.files.upload(b"words", service="downloadable", name="a.txt", mime_type="text/plain")
    assert file.size == 5
    with pytest.raises(NotFoundError):
        await async_polar.orders.get("00000000-0000-4000-8000-000000000000")

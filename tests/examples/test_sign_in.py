"""The sign-in of each framework, from the first page to the last."""

from collections.abc import Iterator
from html import escape

import httpx
import pytest
from tests.examples.programs import Example, running, tells_a_secret, without
from tests.sdks.conftest import Shop
from tests.servers import Server, free_port
from tests.visitors import Forms, Visitor

from polar_client import Polar
from polar_client.resources.webhooks import WebhookDelivery
from polar_server.accounts.people import Person

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiBleGFtcGxlcw=="
FRAMEWORKS = ["django", "fastapi", "flask", "starlette"]


@pytest.fixture(scope="module", params=FRAMEWORKS)
def example(request: pytest.FixtureRequest, server: Server) -> Iterator[Example]:
    """The example of each framework, running."""
    with running(server, request.param, POLAR_WEBHOOK_SECRET=SECRET) as example:
        yield example


@pytest.fixture
def web(example: Example) -> Iterator[httpx.Client]:
    """The person's browser, as it is at the example."""
    with httpx.Client(base_url=example.address) as web:
        yield web


@pytest.fixture
def visitor(server: Server) -> Iterator[Visitor]:
    """The same browser, as it is at Polar."""
    with Visitor(server) as visitor:
        yield visitor


def come_back(web: httpx.Client, visitor: Visitor, person: Person, action: str = "allow") -> httpx.Response:
    """From the example to Polar and back, and the page that is shown then."""
    started = web.get("/sign-in")
    callback = visitor.authorize(started.headers["location"], person.email, action).url
    return web.get(callback, follow_redirects=True)


@pytest.fixture
def shop(server: Server, person: Person) -> Iterator[Polar]:
    """The API as an organization sees it."""
    shop = Shop(server, person, server.organization(person).id)
    with Polar(shop.token(of_organization=True), base_url=server.issuer) as polar:
        yield polar


def sign_out(web: httpx.Client, page: httpx.Response) -> httpx.Response:
    (form,) = Forms(page.text).found
    return web.post(form.action, data=form.fields, follow_redirects=True)


def test_in_and_out(example: Example, web: httpx.Client, visitor: Visitor, person: Person) -> None:
    """A person is greeted, each page refreshes their token, signing out revokes it, and nothing secret is printed."""
    assert "Sign in with Polar" in web.get("/").text
    page = come_back(web, visitor, person)
    assert escape(f"Hello, {person.name}") in page.text
    assert person.email in page.text
    issued, alive = example.tokens()
    again = web.get(page.url)
    assert escape(person.name) in again.text
    assert example.tokens() == (issued + 1, alive + 1), "it was refreshed"
    assert "default-src 'none'" in again.headers["content-security-policy"]
    assert again.headers["cache-control"] == "no-store"
    kept = httpx.Cookies(web.cookies)
    assert "Sign in with Polar" in sign_out(web, again).text
    assert example.tokens() == (issued + 1, alive - issued), "all of this sign-in's tokens are dead"
    assert httpx.get(page.url, cookies=kept).status_code == 401, "the cookie of before opens nothing"
    assert not tells_a_secret(example.printed())


def test_a_second_sign_in_replaces_the_first(
    example: Example, web: httpx.Client, visitor: Visitor, person: Person
) -> None:
    """Who signs in twice leaves no token of the first time behind."""
    come_back(web, visitor, person)
    _, before = example.tokens()
    assert escape(person.name) in come_back(web, visitor, person).text
    _, after = example.tokens()
    assert after <= before


def test_a_person_who_says_no(web: httpx.Client, visitor: Visitor, person: Person) -> None:
    """Who denies reads that nothing was shared, and is not signed in."""
    page = come_back(web, visitor, person, "deny")
    assert page.status_code == 200
    assert "Nothing was shared" in page.text
    assert "The person did not allow it." in page.text
    assert "Sign in with Polar" in web.get("/").text


def test_a_callback_of_another_browser(example: Example, web: httpx.Client, visitor: Visitor, person: Person) -> None:
    """An address that another browser came back to signs nobody in, and nobody out."""
    page = come_back(web, visitor, person)
    with httpx.Client(base_url=example.address) as other:
        started = other.get("/sign-in").headers["location"]
    callback = visitor.authorize(started, person.email).url
    refused = web.get(callback)
    assert refused.status_code == 400
    assert "This sign-in is over" in refused.text
    assert escape(person.name) in web.get(page.url).text


def test_access_that_ended_at_polar(web: httpx.Client, visitor: Visitor, person: Person) -> None:
    """Who ends the access at Polar is signed out by the next page."""
    page = come_back(web, visitor, person)
    visitor.open("/account/apps")
    visitor.submit("/account/apps")
    ended = web.get(page.url)
    assert ended.status_code == 401
    assert "ended" in ended.text
    assert "Sign in with Polar" in web.get("/").text


@pytest.mark.parametrize("example", ["django", "fastapi"], indirect=True)
def test_webhooks(example: Example, web: httpx.Client, shop: Polar) -> None:
    """An order that the running server tells of is taken; what it did not sign is refused and not read."""
    endpoint = shop.webhooks.create_endpoint(
        url=f"{example.address}/webhooks", format="raw", events=["order.paid"], secret=SECRET
    )
    product = shop.products.create(name="Night lamp", prices=[{"amount_type": "free"}])
    checkout = shop.checkouts.create(products=[product.id], customer_email="buyer@example.com")
    shop.checkouts.client_confirm(checkout.client_secret)
    (order,) = shop.orders.list(checkout_id=checkout.id).items
    deliveries: list[WebhookDelivery] = []
    while not deliveries:
        deliveries = shop.webhooks.list_deliveries(endpoint_id=endpoint.id).items
    assert [(delivery.http_code, delivery.succeeded) for delivery in deliveries] == [(204, True)]
    assert f"order {order.id} over 0 usd\n" in example.printed()

    before = example.printed()
    forged = web.post("/webhooks", content=deliveries[0].webhook_event.payload or "{}")
    assert forged.status_code == 400
    assert "no timestamp" in forged.text
    assert example.printed().count("over 0 usd") == before.count("over 0 usd")


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_polar_does_not_answer(server: Server, name: str) -> None:
    """While nobody answers at Polar's address, the page says so and the log says why, and the example goes on."""
    nobody = {"POLAR_ISSUER": f"http://localhost:{free_port()}", "POLAR_CLIENT_ID": "x", "POLAR_CLIENT_SECRET": "x"}
    with running(server, name, **nobody) as example:
        page = httpx.get(f"{example.address}/sign-in")
        assert page.status_code == 502
        assert "Polar does not answer" in page.text
        assert httpx.get(example.address).status_code == 200
        assert "There was no answer" in example.printed()


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_what_is_not_set(name: str) -> None:
    """Without its variables an example says in one sentence which, and where they come from."""
    done = without(name)
    assert done.returncode == 1
    assert done.stderr == (
        "Set POLAR_ISSUER and POLAR_CLIENT_ID and POLAR_CLIENT_SECRET: "
        "`python examples/register.py` makes and prints them.\n"
    )

"""examples/several_organizations: each organization's things with its own tokens, and never with another's."""

from collections.abc import Iterator

import httpx
import pytest
from tests.examples.programs import Example, running, tells_a_secret, without
from tests.servers import Server
from tests.visitors import Visitor

from polar_server.accounts.people import Person


@pytest.fixture(scope="module")
def example(server: Server) -> Iterator[Example]:
    """The example, running."""
    with running(server, "several_organizations") as example:
        yield example


class Browser:
    """A person's browser, at the example and at Polar."""

    def __init__(self, example: Example, person: Person) -> None:
        self.web = httpx.Client(base_url=example.address, headers={"Origin": example.address}, follow_redirects=True)
        self.visitor = Visitor(example.server)
        self.person = person

    def connect(self, organization_id: str, action: str = "allow") -> httpx.Response:
        """Connect an organization, and the page that is shown then."""
        started = self.web.get("/connect", follow_redirects=False).headers["location"]
        answer = self.visitor.authorize(started, self.person.email, action, organization_id=organization_id)
        return self.web.get(answer.url)

    def create(self, organization_id: str, name: str, price: str = "9.50") -> httpx.Response:
        return self.web.post(f"/organizations/{organization_id}", data={"name": name, "price": price})

    def products(self, organization_id: str) -> httpx.Response:
        return self.web.get(f"/organizations/{organization_id}")

    def close(self) -> None:
        self.web.close()
        self.visitor.client.close()


@pytest.fixture
def browser(example: Example, person: Person) -> Iterator[Browser]:
    browser = Browser(example, person)
    yield browser
    browser.close()


@pytest.fixture
def both(server: Server, browser: Browser) -> tuple[str, str]:
    """Two organizations of the person, connected one after the other."""
    first, second = server.organization(browser.person, "First & Sons"), server.organization(browser.person, "Second")
    assert "<h1>First &amp; Sons</h1>" in browser.connect(first.id).text
    assert "<h1>Second</h1>" in browser.connect(second.id).text
    return first.id, second.id


def test_each_sees_only_its_own(example: Example, browser: Browser, both: tuple[str, str]) -> None:
    """What is made in one organization is in that one alone; each call's token is refreshed; nothing is printed."""
    first, second = both
    issued, _ = example.tokens()
    page = browser.create(first, "Night lamp")
    assert "Night lamp, 9.50 USD" in page.text
    assert "Day lamp" in browser.create(second, "Day lamp", "12").text
    assert example.tokens()[0] >= issued + 4, "a refresh for each call"
    assert "Night lamp" in browser.products(first).text
    assert "Day lamp" not in browser.products(first).text
    assert "Night lamp" not in browser.products(second).text
    assert f'<a href="/organizations/{first}">First &amp; Sons</a>' in browser.web.get("/").text
    assert not tells_a_secret(example.printed())


def test_disconnect_one(example: Example, browser: Browser, both: tuple[str, str]) -> None:
    """The tokens of the disconnected organization are revoked, those of the other work on."""
    first, second = both
    _, alive = example.tokens()
    page = browser.web.post(f"/organizations/{first}/disconnect")
    assert "First" not in page.text
    assert example.tokens()[1] < alive
    assert browser.products(first).status_code == 404
    assert browser.products(second).status_code == 200


def test_connect_one_again(example: Example, browser: Browser, both: tuple[str, str]) -> None:
    """An organization that is connected once more has the new tokens alone."""
    _, alive = example.tokens()
    assert "<h1>Second</h1>" in browser.connect(both[1]).text
    assert example.tokens()[1] <= alive


def test_another_browser(example: Example, server: Server, browser: Browser, both: tuple[str, str]) -> None:
    """Another person's browser has nothing of these organizations, whatever address it opens."""
    other = Browser(example, server.person())
    own = server.organization(other.person, "Third")
    assert "<h1>Third</h1>" in other.connect(own.id).text
    for organization_id in both:
        assert other.products(organization_id).status_code == 404
        assert other.create(organization_id, "Theirs").status_code == 404
    assert "First" not in other.web.get("/").text
    assert other.create(own.id, "Lantern").status_code == 200
    assert "Lantern" not in browser.products(both[0]).text + browser.products(both[1]).text
    other.close()


def test_what_is_refused(server: Server, browser: Browser, both: tuple[str, str]) -> None:
    """A denial, forms of other sites, prices that are none and names that Polar does not take each have their page."""
    first, _ = both
    denied = browser.connect(first, "deny")
    assert "Nothing was connected" in denied.text
    assert browser.web.get("/callback?code=polar_ac_x&state=y").status_code == 400
    forged = {"Origin": "http://localhost:1"}
    assert browser.web.post(f"/organizations/{first}/disconnect", headers=forged).status_code == 403
    assert "Say the price in dollars" in browser.create(first, "Lamp", "much").text
    refused = browser.create(first, "")
    assert refused.status_code == 422
    assert "Polar does not take it" in refused.text
    assert "<ul></ul>" in browser.products(first).text


def test_access_that_ended_at_polar(browser: Browser, both: tuple[str, str]) -> None:
    """An organization whose access was ended at Polar is forgotten here, and the others stay."""
    browser.visitor.open("/account/apps")
    browser.visitor.submit("/account/apps")
    pages = sorted(browser.products(organization_id).status_code for organization_id in both)
    assert pages == [200, 401]
    assert browser.web.get("/").text.count("/organizations/") == 1


def test_what_is_not_set() -> None:
    """Without its variables it says in one sentence which, and where they come from."""
    assert without("several_organizations").stderr.startswith("Set POLAR_ISSUER and POLAR_CLIENT_ID and")

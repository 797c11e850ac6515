"""A browser for each module, a page for each test, and an app that people sign in to."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.servers import Server

from polar_server.accounts.people import Person

from . import apps, chromium
from .apps import App


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the whole run: Playwright's event loop would be in the way of other modules' async tests.
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The origin of the apps."""
    with apps.site() as origin:
        yield origin


@pytest.fixture
def server(sqlite_server: Server) -> Server:
    """The server that most pages come from: what they show does not depend on the database."""
    return sqlite_server


@pytest.fixture
def person(server: Server) -> Person:
    """Somebody with an account."""
    return server.person()


@pytest.fixture
def app(server: Server, site: str) -> App:
    """A client that nobody knows yet."""
    return apps.registered(server, site)


@pytest.fixture
def page(browser: Browser, server: Server, site: str) -> Iterator[Page]:
    """A page in a browser that nobody has used yet."""
    with chromium.opened(browser, server.issuer, site) as page:
        yield page


@pytest.fixture
def plain_page(browser: Browser, server: Server, site: str) -> Iterator[Page]:
    """The same without JavaScript."""
    with chromium.opened(browser, server.issuer, site, java_script_enabled=False) as page:
        yield page


@pytest.fixture(params=["script", "no script"])
def any_page(request: pytest.FixtureRequest) -> Page:
    """Both, for the core stories."""
    page: Page = request.getfixturevalue("page" if request.param == "script" else "plain_page")
    return page

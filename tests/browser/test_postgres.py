"""One story on PostgreSQL with two workers: what the pages show does not depend on the database."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.servers import Server

from . import apps, chromium
from .steps import allow, expect_heading, fill_in_sign_in


@pytest.fixture
def page(postgres_server: Server, browser: Browser, site: str) -> Iterator[Page]:
    with chromium.opened(browser, postgres_server.issuer, site) as page:
        yield page


def test_sign_in_to_an_app(postgres_server: Server, page: Page, site: str) -> None:
    """Sign-in, the choice of an organization and consent lead to a token for it."""
    person, app = postgres_server.person(), apps.registered(postgres_server, site)
    organization = postgres_server.organization(person)
    page.goto(app.address(sub_type="organization", sub=organization.id))
    fill_in_sign_in(page, person.email)
    expect_heading(page, "Allow Tune Shop to act for an organization?")
    allow(page, app)
    assert app.introspect(app.token(page.url)["access_token"])["sub"] == organization.id

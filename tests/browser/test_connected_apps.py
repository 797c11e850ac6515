"""Connected apps: people see what they let in, and end it."""

from playwright.sync_api import Page, expect
from tests.servers import Server

from polar_server.accounts.people import Person

from .apps import App
from .steps import allow, expect_heading, sign_in


def test_end_an_app(any_page: Page, server: Server, person: Person, app: App) -> None:
    """Ending an app kills its tokens at once, and the next sign-in asks again."""
    page = any_page
    sign_in(page, server, person)
    page.goto(app.address())
    allow(page, app)
    token = app.token(page.url)
    assert app.introspect(token["access_token"])["active"]

    page.goto(f"{server.issuer}/account/apps")
    expect(page.get_by_role("heading", level=2)).to_have_text("Tune Shop")
    expect(page.get_by_text("See your email address")).to_be_visible()
    page.get_by_role("button", name="End access of Tune Shop").click()
    expect(page.get_by_role("status")).to_contain_text("Access is ended.")
    expect(page.get_by_text("Tune Shop")).to_have_count(0)
    assert app.introspect(token["access_token"]) == {"active": False}
    assert app.introspect(token["refresh_token"]) == {"active": False}

    page.goto(app.address())
    expect_heading(page, "Allow Tune Shop to use your account?")


def test_each_organization_is_its_own(page: Page, server: Server, person: Person, app: App) -> None:
    """An app connected for two organizations is listed twice, and ending one leaves the other."""
    tokens = {}
    sign_in(page, server, person)
    for name in ("Lighthouse", "Paper Kite"):
        organization = server.organization(person, name)
        page.goto(app.address(sub_type="organization", scope="openid", sub=organization.id))
        allow(page, app)
        tokens[name] = app.token(page.url)["access_token"]
    page.goto(f"{server.issuer}/account/apps")
    page.get_by_role("region").filter(has_text="For Paper Kite").get_by_role("button").click()
    expect(page.get_by_text("For Lighthouse")).to_be_visible()
    assert app.introspect(tokens["Paper Kite"]) == {"active": False}
    assert app.introspect(tokens["Lighthouse"])["active"]

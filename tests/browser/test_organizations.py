"""Organizations: made, filled by invitation, and their members' roles changed."""

from playwright.sync_api import Browser, Page, expect
from tests.servers import Server

from polar_server.accounts.people import Person

from . import chromium
from .apps import App
from .steps import allow, expect_heading, sign_in


def test_life_of_an_organization(browser: Browser, any_page: Page, server: Server, person: Person) -> None:
    """An owner makes an organization, invites somebody, changes their role, and removes them."""
    page, guest = any_page, server.person(name="Mary Somerville")
    sign_in(page, server, person)
    page.goto(f"{server.issuer}/dashboard/organizations")
    page.get_by_label("Name", exact=True).fill("Acme Coffee")
    page.get_by_label("Short name").fill(f"acme-{person.id[:8]}")
    page.get_by_role("button", name="Create organization").click()
    expect_heading(page, "Overview")
    page.get_by_role("link", name="Members").click()
    expect_heading(page, "Members")

    page.get_by_label("Email").fill(guest.email)
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("heading", name="Waiting for an answer")).to_be_visible()
    with chromium.opened(browser, server.issuer) as theirs:
        accept(theirs, server, guest)

    page.reload()
    role = page.get_by_label(f"Role of {guest.email}")
    expect(role).to_have_value("member")
    role.select_option("admin")
    page.get_by_role("listitem").filter(has_text=guest.email).get_by_role("button", name="Change").click()
    expect(page.get_by_label(f"Role of {guest.email}")).to_have_value("admin")

    page.get_by_role("button", name=f"Remove {guest.email}").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_text(guest.email)).to_have_count(0)


def accept(page: Page, server: Server, guest: Person) -> None:
    """Open the mailed invitation, sign in by way of it, and join."""
    page.goto(server.mailed_link(guest.email))
    expect_heading(page, "Join Acme Coffee")
    page.get_by_role("link", name="Sign in to accept").click()
    page.get_by_label("Email").fill(guest.email)
    page.get_by_label("Password").fill("a quiet green lamp")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Accept the invitation").click()
    expect_heading(page, "Members")
    expect(page.get_by_role("button", name="Send invitation")).to_have_count(0)


def test_removed_members_token_dies(browser: Browser, page: Page, server: Server, person: Person, app: App) -> None:
    """What a member let act for the organization stops with the membership."""
    owner = server.person(name="Owner")
    organization = server.organization(owner, "Acme Coffee")
    server.member(organization, person)
    sign_in(page, server, person)
    page.goto(app.address(sub_type="organization", scope="openid", sub=organization.id))
    allow(page, app)
    token = app.token(page.url)["access_token"]
    assert app.introspect(token)["active"]
    with chromium.opened(browser, server.issuer) as owners:
        sign_in(owners, server, owner)
        owners.goto(f"{server.issuer}/dashboard/{organization.slug}/members")
        owners.get_by_role("button", name=f"Remove {person.email}").click()
        expect(owners.get_by_role("status")).to_be_visible()
    assert app.introspect(token) == {"active": False}

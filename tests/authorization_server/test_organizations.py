"""Tokens for an organization: chosen, checked when shown, submitted, redeemed and used."""

import re

from tests.world import NOW, SCOPE, App, Browser, World, answer_of, error_of

from polar_server.accounts import organizations, people
from polar_server.accounts.roles import Role
from polar_server.audit import Actor
from polar_server.authorization_server.clients import Ownership
from polar_server.oauth import registration

ORGANIZATION = {"sub_type": "organization"}


async def test_an_organization_token_stands_for_the_organization(
    world: World, app: App, browser: Browser, person: str
) -> None:
    """Sub is the organization, act.sub the person who consented (RFC 8693 §4.1), everywhere."""
    organization = await world.organization("lighthouse", person)
    tokens = await world.tokens(app, browser, organization)
    assert tokens["access_token"].startswith("polar_at_o_")
    assert tokens["refresh_token"].startswith("polar_rt_o_")
    answer = await app.introspect(tokens["access_token"])
    claims = (await app.userinfo(tokens["access_token"])).json()
    for members in (answer, claims):
        assert members["sub"] == organization
        assert members["sub_type"] == "organization"
        assert members["act"] == {"sub": person}
    assert answer["organizations"] == [organization]


async def test_the_choice_must_be_one_of_the_persons_organizations(
    world: World, app: App, browser: Browser, person: str
) -> None:
    """A foreign, missing or made-up organization shows the page again, and gives no code."""
    await world.organization("lighthouse", person)
    foreign = await world.organization("harbour", await world.person("grace@example.com"))
    for chosen in ({}, {"organization_id": foreign}, {"organization_id": "nonsense"}):
        await browser.open(app.authorize_path(**ORGANIZATION))
        page = await browser.submit("/oauth2/consent", action="allow", **chosen)
        assert page.status_code == 400
        assert "Choose one of your organizations" in page.text
        assert "Harbour" not in page.text


async def test_sub_preselects_an_organization_of_the_person_only(
    world: World, app: App, browser: Browser, person: str
) -> None:
    """`sub` marks the choice; a foreign one is neither shown nor chosen."""
    await world.organization("harbour", person)
    lighthouse = await world.organization("lighthouse", person)
    page = await browser.open(app.authorize_path(**ORGANIZATION, sub=lighthouse))
    assert re.search(rf'value="{lighthouse}"[^>]* checked', page.text)
    foreign = await world.organization("secret", await world.person("grace@example.com"))
    page = await browser.open(app.authorize_path(**ORGANIZATION, sub=foreign))
    assert " checked" not in page.text
    assert "Secret" not in page.text


async def test_the_only_organization_is_marked(world: World, app: App, browser: Browser, person: str) -> None:
    """Who belongs to one organization has nothing to choose."""
    only = await world.organization("lighthouse", person)
    page = await browser.open(app.authorize_path(**ORGANIZATION))
    assert re.search(rf'value="{only}"[^>]* checked', page.text)


async def test_a_decision_is_remembered_for_its_organization_only(
    world: World, app: App, browser: Browser, person: str
) -> None:
    """Another organization, or none named, is asked for again."""
    lighthouse = await world.organization("lighthouse", person)
    harbour = await world.organization("harbour", person)
    await world.allowed(app, browser, lighthouse, **ORGANIZATION)
    assert "code" in answer_of(await browser.open(app.authorize_path(**ORGANIZATION, sub=lighthouse, prompt="none")))
    for silent in ({"sub": harbour}, {}):
        page = await browser.open(app.authorize_path(**ORGANIZATION, prompt="none", **silent))
        assert error_of(page) == "consent_required"
    assert error_of(await browser.open(app.authorize_path(prompt="none"))) == "consent_required", "the person's own"


async def test_a_client_may_default_to_organizations(world: World, browser: Browser, person: str) -> None:
    """default_sub_type decides when the request does not say."""
    app = await world.app(default_sub_type="organization")
    organization = await world.organization("lighthouse", person)
    code = await world.allowed(app, browser, organization)
    assert (await app.redeem(code)).json()["access_token"].startswith("polar_at_o_")


async def test_leaving_the_organization_ends_its_tokens(world: World, app: App, browser: Browser, person: str) -> None:
    """Membership is live: code, access and refresh token fail at the next request."""
    owner = await world.person("grace@example.com")
    organization = await world.organization("lighthouse", owner)
    await world.join(organization, person, Role.ADMIN)
    tokens = await world.tokens(app, browser, organization)
    code = await world.allowed(app, browser, **ORGANIZATION, sub=organization)
    async with world.server.database.write() as tx:
        await organizations.remove_member(tx, organization, person, Actor(owner), NOW)
    assert (await app.introspect(tokens["access_token"])) == {"active": False}
    assert (await app.userinfo(tokens["access_token"])).status_code == 401
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"
    page = await browser.open(app.authorize_path(**ORGANIZATION, sub=organization, prompt="none"))
    assert error_of(page) == "consent_required", "the remembered decision no longer stands"


async def test_who_is_taken_in_again_is_asked_again(world: World, app: App, browser: Browser, person: str) -> None:
    """A membership that ended takes its grants along for good: a new one, within the same second, revives none."""
    owner = await world.person("grace@example.com")
    organization = await world.organization("lighthouse", owner)
    await world.join(organization, person, Role.MEMBER)
    tokens = await world.tokens(app, browser, organization)
    async with world.server.database.write() as tx:
        await organizations.remove_member(tx, organization, person, Actor(owner), NOW)
        await organizations.add_member(tx, organization, person, Role.MEMBER, NOW)
    assert (await app.introspect(tokens["access_token"])) == {"active": False}
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    page = await browser.open(app.authorize_path(**ORGANIZATION, sub=organization, prompt="none"))
    assert error_of(page) == "consent_required"
    again = await world.tokens(app, browser, organization)
    assert (await app.introspect(again["access_token"]))["active"] is True


async def test_a_member_grants_only_what_the_role_covers(world: World, app: App, browser: Browser, person: str) -> None:
    """A member's token lacks webhooks; when the role rises, so does what the grant covers, never beyond it."""
    owner = await world.person("grace@example.com")
    organization = await world.organization("lighthouse", owner)
    await world.join(organization, person, Role.MEMBER)
    tokens = await world.tokens(app, browser, organization, scope="openid products:read webhooks:read")
    assert tokens["scope"] == "openid products:read"
    assert (await app.introspect(tokens["access_token"]))["scope"] == "openid products:read"


async def test_a_role_that_falls_narrows_the_token_at_once(
    world: World, app: App, browser: Browser, person: str
) -> None:
    """An admin's token that could see webhooks no longer can after the demotion, without a new token."""
    owner = await world.person("grace@example.com")
    organization = await world.organization("lighthouse", owner)
    await world.join(organization, person, Role.ADMIN)
    tokens = await world.tokens(app, browser, organization, scope="openid webhooks:read")
    assert (await app.introspect(tokens["access_token"]))["scope"] == "openid webhooks:read"
    async with world.server.database.write() as tx:
        await organizations.change_role(tx, organization, person, Role.MEMBER, Actor(owner), NOW)
    assert (await app.introspect(tokens["access_token"]))["scope"] == "openid"
    assert (await app.refresh(tokens["refresh_token"])).json()["scope"] == "openid"


async def test_a_role_that_covers_nothing_is_told_so(world: World, app: App, browser: Browser, person: str) -> None:
    """A member who is asked for webhooks alone cannot allow it, and reads why."""
    organization = await world.organization("lighthouse", await world.person("grace@example.com"))
    await world.join(organization, person, Role.MEMBER)
    await browser.open(app.authorize_path(**ORGANIZATION, scope="webhooks:read"))
    page = await browser.submit("/oauth2/consent", action="allow", organization_id=organization)
    assert page.status_code == 400
    assert "role" in page.text


async def test_a_disabled_person_loses_everything(world: World, app: App, browser: Browser, person: str) -> None:
    """Disabling a person ends tokens, codes, refresh tokens and the session at the next request."""
    tokens = await world.tokens(app, browser)
    code = await world.allowed(app, browser)
    async with world.server.database.write() as tx:
        await people.disable_user(tx, person, NOW, ())
    assert (await app.introspect(tokens["access_token"])) == {"active": False}
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"
    assert (await browser.open("/account/apps")).headers["location"].startswith("/sign-in")


async def test_userinfo_lists_organizations_for_a_user_token_that_may_see_them(
    world: World, browser: Browser, person: str
) -> None:
    """With organizations:read, a user token's claims name the person's organizations and roles."""
    app = await world.app(scope=f"{SCOPE} organizations:read")
    organization = await world.organization("lighthouse", person)
    tokens = await world.tokens(app, browser, scope="openid organizations:read")
    claims = (await app.userinfo(tokens["access_token"])).json()
    assert [(o["id"], o["slug"], o["role"]) for o in claims["organizations"]] == [(organization, "lighthouse", "owner")]
    assert set(claims) == {"sub", "organizations"}


def test_the_metadata_of_a_client_knows_no_ownership() -> None:
    """What only the operator decides cannot come with a registration (no mass assignment)."""
    read = registration.read(
        {"client_name": "x", "redirect_uris": ["https://a.example/"], "is_resource_server": True, "owner_id": "me"}
    )
    assert not set(read.as_dict()) & {"is_resource_server", "owner_id", "require_pkce", "is_anonymous"}
    assert Ownership() == Ownership(None, False, True, False)

"""Organization access tokens: what calls the API for an organization without a client."""

import pytest
from tests.world import Api, App, World

from polar_server.accounts import organizations, people
from polar_server.accounts.fields import Unacceptable
from polar_server.accounts.organizations import NotAllowed
from polar_server.accounts.roles import Role
from polar_server.audit import OPERATOR, Actor
from polar_server.authorization_server import organization_tokens
from polar_server.authorization_server.clients import Ownership
from polar_server.authorization_server.organization_tokens import OrganizationToken, TooManyTokens, read_new
from polar_server.authorization_server.sweep import KEPT, sweep
from polar_server.oauth.tokens import Token

DAY = 86_400
SCOPES = ("products:read", "webhooks:read")

pytestmark = pytest.mark.anyio


async def issue(
    world: World, organization_id: str, user_id: str, *names: str, days: int | None = 30, name: str = "Nightly export"
) -> Token:
    new = read_new(name, names or SCOPES, days)
    now_ms = int(world.clock() * 1000)
    async with world.server.database.write() as tx:
        return await organization_tokens.issue_token(
            tx, world.server.server_keys, new, organization_id, Actor(user_id), now_ms
        )


async def listed(world: World, organization_id: str) -> list[OrganizationToken]:
    async with world.server.database.read() as tx:
        return await organization_tokens.list_tokens(tx, organization_id, int(world.clock()))


async def revoke(world: World, organization_id: str, token: Token) -> bool:
    async with world.server.database.write() as tx:
        return await organization_tokens.revoke_token(tx, organization_id, token.id, Actor(None), int(world.clock()))


async def status(world: World, token: Token, path: str = "/v1/products/") -> int:
    return (await Api(world.http, token.text).get(path)).status_code


async def test_the_api_takes_it_for_the_organization(world: World, person: str) -> None:
    """It reads and writes what is the organization's, within its scopes, and reaches no other."""
    own, other = await world.organization("harbour", person), await world.organization("lighthouse", person)
    api = Api(world.http, (await issue(world, own, person, "customers:read", "customers:write")).text)
    made = await api.post("/v1/customers/", {"email": "eve@example.com"})
    assert (made.status_code, made.json()["organization_id"]) == (201, own)
    assert (await api.get("/v1/customers/")).json()["pagination"]["total_count"] == 1
    refused = await api.get("/v1/products/")
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    named = await api.post("/v1/customers/", {"email": "bob@example.com", "organization_id": other})
    assert (named.status_code, named.json()["detail"][0]["type"]) == (422, "organization_token")


async def test_it_counts_as_an_organization(world: World, person: str) -> None:
    """Each token has the limit of an organization's client, of its own."""
    organization_id = await world.organization("harbour", person)
    first, second = [await issue(world, organization_id, person) for _ in range(2)]
    left = []
    for token in (first, first, second):
        answer = await Api(world.http, token.text).get("/v1/products/")
        left.append(answer.headers["RateLimit"].split(";")[:2])
        assert answer.headers["RateLimit-Policy"].startswith('"organization";q=5000;')
    assert left == [['"organization"', f"r={r}"] for r in (4999, 4998, 4999)]


async def test_it_lives_as_long_as_what_it_stands_on(world: World, person: str) -> None:
    """It is dead once it expires, is revoked, or its maker leaves or is shut out; who comes back makes another."""
    organization_id = await world.organization("harbour", person)
    admin = await world.person("bob@example.com")
    await world.join(organization_id, admin, Role.ADMIN)
    tokens = [await issue(world, organization_id, admin, days=days) for days in (7, None, None)]
    assert [await status(world, token) for token in tokens] == [200, 200, 200]
    world.clock.now += 7 * DAY - 1
    assert await status(world, tokens[0]) == 200
    world.clock.now += 1
    assert await revoke(world, organization_id, tokens[1])
    assert [await status(world, token) for token in tokens] == [401, 401, 200]
    assert [seen.id for seen in await listed(world, organization_id) if seen.is_alive] == [tokens[2].id]
    async with world.server.database.write() as tx:
        await organizations.remove_member(tx, organization_id, admin, OPERATOR, int(world.clock()))
    assert await status(world, tokens[2]) == 401
    await world.join(organization_id, admin, Role.ADMIN)
    assert await status(world, tokens[2]) == 401
    assert not [token for token in await listed(world, organization_id) if token.is_alive]
    another = await issue(world, organization_id, admin)
    assert await status(world, another) == 200
    async with world.server.database.write() as tx:
        await people.disable_user(tx, admin, int(world.clock()), ())
    assert await status(world, another) == 401


async def test_the_role_of_its_maker_narrows_it(world: World, person: str) -> None:
    """Whose role no longer covers a scope cannot use it through the token either."""
    organization_id = await world.organization("harbour", person)
    admin = await world.person("bob@example.com")
    await world.join(organization_id, admin, Role.ADMIN)
    token = await issue(world, organization_id, admin)
    assert await status(world, token, "/v1/webhooks/endpoints") == 200
    async with world.server.database.write() as tx:
        await organizations.change_role(tx, organization_id, admin, Role.MEMBER, OPERATOR, int(world.clock()))
    assert await status(world, token, "/v1/webhooks/endpoints") == 403
    assert await status(world, token) == 200


async def test_only_owners_and_admins_make_one(world: World, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member and a stranger make none, and nobody makes more than the organization may have."""
    organization_id = await world.organization("harbour", person)
    member, stranger = await world.person("bob@example.com"), await world.person("eve@example.com")
    await world.join(organization_id, member, Role.MEMBER)
    for nobody in (member, stranger):
        with pytest.raises(NotAllowed):
            await issue(world, organization_id, nobody)
    assert await listed(world, organization_id) == []
    monkeypatch.setattr(organization_tokens, "MOST_LIVE", 1)
    first = await issue(world, organization_id, person)
    with pytest.raises(TooManyTokens):
        await issue(world, organization_id, person)
    assert await revoke(world, organization_id, first)
    await issue(world, organization_id, person)


@pytest.mark.parametrize(
    "name,names,days",
    [
        ("", SCOPES, 7),
        ("x" * 101, SCOPES, 7),
        ("Export", (), 7),
        ("Export", ("openid",), 7),
        ("Export", ("products:read", "payouts:read"), 7),
        ("Export", SCOPES, 8),
        ("Export", SCOPES, 0),
    ],
)
def test_what_cannot_be_asked_for(name: str, names: tuple[str, ...], days: int | None) -> None:
    """A token has a name, scopes of an organization, and one of the ends."""
    with pytest.raises(Unacceptable):
        read_new(name, names, days)


async def test_it_is_kept_as_a_digest_and_seen_by_its_organization(world: World, person: str) -> None:
    """The list shows everything but the token, and another organization can neither see nor end it."""
    own, other = await world.organization("harbour", person), await world.organization("lighthouse", person)
    token = await issue(world, own, person, days=None)
    (seen,) = await listed(world, own)
    assert (seen.name, seen.scopes, seen.maker_email, seen.expires_at) == (
        "Nightly export",
        SCOPES,
        "ada@example.com",
        None,
    )
    assert token.text not in repr(seen) + repr(token)
    assert token.text.startswith(seen.shown)
    assert await listed(world, other) == []
    assert not await revoke(world, other, token)
    assert await status(world, token) == 200


async def test_its_use_is_noted_once_a_minute(world: World, person: str) -> None:
    """The list tells when it was last used, to the minute; a refused call is no use."""
    organization_id = await world.organization("harbour", person)
    token = await issue(world, organization_id, person)
    begun = int(world.clock())
    noted = []
    for pause in (0, 59, 1):
        world.clock.now += pause
        await status(world, token)
        noted.append((await listed(world, organization_id))[0].last_used_at)
    assert noted == [begun, begun, begun + 60]
    await revoke(world, organization_id, token)
    world.clock.now += 600
    await status(world, token)
    assert (await listed(world, organization_id))[0].last_used_at == begun + 60


async def test_no_client_learns_of_it(world: World, person: str, app: App) -> None:
    """A client, a resource server too, introspects nothing and revokes nothing; userinfo and registration refuse it."""
    organization_id = await world.organization("harbour", person)
    token = await issue(world, organization_id, person)
    resource_server = await world.app(ownership=Ownership(is_resource_server=True))
    for asking in (app, resource_server):
        assert await asking.introspect(token.text) == {"active": False}
        revoked = await asking.revoke(token.text)
        assert (revoked.status_code, revoked.json()) == (200, {})
    assert (await app.userinfo(token.text)).json()["error"] == "invalid_token"
    registered = await world.http.post(
        "/v1/oauth2/register",
        json={"client_name": "App", "redirect_uris": ["https://app.example/"]},
        headers={"Authorization": f"Bearer {token.text}"},
    )
    assert registered.status_code == 401
    assert await status(world, token) == 200


async def test_what_ended_is_swept(world: World, person: str) -> None:
    """A token goes thirty days after its end, and not before; one without an end stays."""
    organization_id = await world.organization("harbour", person)
    for days in (7, None):
        await issue(world, organization_id, person, days=days)
    ended = int(world.clock()) + 7 * DAY
    for now, left in ((ended + KEPT, 2), (ended + KEPT + 1, 1)):
        await sweep(world.server.database, world.server.settings, now)
        assert len(await listed(world, organization_id)) == left

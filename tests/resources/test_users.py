"""`/v1/users/me`: the person behind a token."""

from tests.world import Api, World, api_of, token_of

from polar_server.accounts.roles import Role


async def test_a_person_sees_their_profile_and_memberships(world: World) -> None:
    """Name, address and every organization with the role in it; a narrowed call shows one."""
    person = await world.person("ada@example.com")
    own = await world.organization("lighthouse", person)
    other = await world.organization("harbour", await world.person("other@example.com"))
    await world.join(other, person, Role.MEMBER)
    api = await token_of(world, person, own, scope="user:read", sub_type="user")
    me = (await api.get("/v1/users/me")).json()
    roles = {membership["slug"]: membership["role"] for membership in me["memberships"]}
    assert roles == {"lighthouse": "owner", "harbour": "member"}
    assert me == me | {"id": person, "email": "ada@example.com", "email_verified": True, "name": "Ada Example"}
    assert me["created_at"].endswith("Z")
    narrowed = (await api.get("/v1/users/me", **{"Polar-Organization": other})).json()
    assert [membership["organization_id"] for membership in narrowed["memberships"]] == [other]


async def test_an_organization_is_no_person(api: Api) -> None:
    """403 NotPermitted for an organization's token."""
    response = await api.get("/v1/users/me")
    assert (response.status_code, response.json()["error"]) == (403, "NotPermitted")


async def test_the_scope_is_needed(world: World) -> None:
    """Without user:read a person's token tells nothing about them."""
    api = await api_of(world, "ada@example.com", "lighthouse", scope="organizations:read", sub_type="user")
    response = await api.get("/v1/users/me")
    assert (response.status_code, response.json()["error"]) == (403, "insufficient_scope")

"""`/v1/users/me`: who the person behind a token is, and where they belong."""

from datetime import datetime
from typing import Literal

from litestar import get
from msgspec import Struct

from polar_server.accounts.organizations import Membership, list_memberships
from polar_server.accounts.people import Person, find_user
from polar_server.authorization_server.server import GivenServer
from polar_server.resource_server.caller import GivenCaller
from polar_server.resource_server.errors import NotPermitted, ResourceNotFound
from polar_server.resource_server.times import moment


class UserMembership(Struct):
    """An organization as its member has it."""

    organization_id: str
    slug: str
    name: str
    avatar_url: str | None
    is_test: bool
    role: Literal["owner", "admin", "member"]


class User(Struct):
    """A person, as they see themselves."""

    id: str
    created_at: datetime
    email: str
    email_verified: bool
    name: str
    avatar_url: str | None
    memberships: list[UserMembership]


@get("/v1/users/me", scopes=["user:read"])
async def get_me(caller: GivenCaller, server: GivenServer) -> User:
    """The person behind a user token, with their organizations; those only that the call is narrowed to."""
    if caller.is_organization:
        raise NotPermitted("This token is an organization's; only a person's token tells about a person.")
    person = await find_user(server.database, caller.subject.user_id)
    if person is None:
        raise ResourceNotFound
    memberships = await list_memberships(server.database, person.id)
    return _user(person, [m for m in memberships if m.organization_id in caller.organizations])


def _user(person: Person, memberships: list[Membership]) -> User:
    return User(
        id=person.id,
        created_at=moment(person.created_at),
        email=person.email,
        email_verified=person.email_verified_at is not None,
        name=person.name,
        avatar_url=person.picture,
        memberships=[
            UserMembership(m.organization_id, m.slug, m.name, m.avatar_url, m.is_test, m.role.value)
            for m in memberships
        ],
    )


routes = [get_me]

"""The person behind a user token."""

from datetime import datetime

from polar_client.calls import Call
from polar_client.operations import Resource, Way, operation
from polar_client.shapes import Shape


class UserMembership(Shape, kw_only=True):
    """An organization as its member has it; `role` is owner, admin or member."""

    organization_id: str
    slug: str
    name: str
    avatar_url: str | None = None
    is_test: bool = False
    role: str


class User(Shape, kw_only=True):
    """A person, as they see themselves."""

    id: str
    created_at: datetime
    email: str
    email_verified: bool
    name: str
    avatar_url: str | None = None
    memberships: list[UserMembership] = []


class Users(Resource[Way]):
    """`/v1/users`."""

    @operation
    def me(self) -> Call[User]:
        """The person behind the token, with their organizations."""
        return Call("GET", "/v1/users/me", User)

"""Tokens as an app has them, and what the server says about one."""

from typing import ClassVar

from msgspec import Struct

from polar_client.oauth.id_tokens import Claims
from polar_client.shapes import Shape


class TokenAnswer(Struct):
    """The answer of the token endpoint (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int = 0
    scope: str = ""
    refresh_token: str | None = None
    id_token: str | None = None

    def __repr__(self) -> str:
        return "<TokenAnswer>"


class Tokens(Shape, kw_only=True):
    """The tokens of one grant. `expires_at` is that of the access token, in epoch seconds.

    `claims` are those of the ID token, checked; None without the scope `openid`.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"access_token", "refresh_token", "id_token"})

    access_token: str
    expires_at: int
    scope: str = ""
    refresh_token: str | None = None
    id_token: str | None = None
    claims: Claims | None = None

    def is_fresh(self, now: float, margin: int = 30) -> bool:
        """Whether the access token will live for another `margin` seconds."""
        return now + margin < self.expires_at


class Introspection(Shape, kw_only=True):
    """What the server says about a token (RFC 7662 §2.2). Nothing more about one that is not active."""

    active: bool
    client_id: str | None = None
    token_type: str | None = None
    scope: str = ""
    sub: str | None = None
    sub_type: str | None = None
    organizations: list[str] = []
    aud: str | None = None
    iss: str | None = None
    iat: int | None = None
    exp: int | None = None

"""Subjects: whom a token stands for (OpenID Connect Core §2 `sub`, RFC 8693 §4.1 `act`)."""

from enum import StrEnum
from typing import NamedTuple

from polar_server.oauth.tokens import TokenKind


class SubjectType(StrEnum):
    """A person, or one organization on the word of a person."""

    USER = "user"
    ORGANIZATION = "organization"


class Subject(NamedTuple):
    """The subject of a grant. `user_id` is the person who consented, whatever the type."""

    type: SubjectType
    user_id: str
    organization_id: str | None = None

    @property
    def id(self) -> str:
        """The `sub` claim."""
        return self.user_id if self.organization_id is None else self.organization_id

    def claims(self) -> dict[str, object]:
        """`sub`, `sub_type`, and for an organization the person who acts for it."""
        if self.organization_id is None:
            return {"sub": self.user_id, "sub_type": SubjectType.USER}
        return {"sub": self.organization_id, "sub_type": SubjectType.ORGANIZATION, "act": {"sub": self.user_id}}


ACCESS_TOKEN_KINDS = {
    SubjectType.USER: TokenKind.USER_ACCESS_TOKEN,
    SubjectType.ORGANIZATION: TokenKind.ORGANIZATION_ACCESS_TOKEN,
}
REFRESH_TOKEN_KINDS = {
    SubjectType.USER: TokenKind.USER_REFRESH_TOKEN,
    SubjectType.ORGANIZATION: TokenKind.ORGANIZATION_REFRESH_TOKEN,
}

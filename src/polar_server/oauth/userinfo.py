"""Claims about the subject (OpenID Connect Core §5.1 and §5.4)."""

from typing import NamedTuple

from polar_server.oauth.subjects import Subject, SubjectType


class Profile(NamedTuple):
    """What is known of a subject: of the person, or of the organization (`name`, `picture` then are its own)."""

    name: str | None
    picture: str | None
    email: str | None
    email_verified: bool


def claims(subject: Subject, scopes: frozenset[str], profile: Profile) -> dict[str, object]:
    """The claims that the scopes open. Without profile and email scopes, nothing but the subject."""
    members: dict[str, object] = {"sub": subject.id}
    if subject.type is SubjectType.ORGANIZATION:
        members = dict(subject.claims())
    if "profile" in scopes:
        members["name"] = profile.name
        members["picture"] = profile.picture
    # An organization has no mail address, and the person's is not the organization's to give.
    if "email" in scopes and subject.type is SubjectType.USER:
        members["email"] = profile.email
        members["email_verified"] = profile.email_verified
    return {name: value for name, value in members.items() if value is not None}

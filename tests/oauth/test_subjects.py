"""Subjects (OpenID Connect Core §2, RFC 8693 §4.1)."""

from tests.oauth.samples import ORGANIZATION, PERSON

from polar_server.oauth.subjects import ACCESS_TOKEN_KINDS, REFRESH_TOKEN_KINDS, SubjectType
from polar_server.oauth.tokens import ACCESS_TOKENS, REFRESH_TOKENS


def test_person() -> None:
    """A person is the subject, and nobody acts for somebody else."""
    assert PERSON.id == "person-1"
    assert PERSON.claims() == {"sub": "person-1", "sub_type": "user"}


def test_organization() -> None:
    """An organization is the subject; the person who consented is the actor (RFC 8693 §4.1)."""
    assert ORGANIZATION.id == "organization-1"
    assert ORGANIZATION.claims() == {
        "sub": "organization-1",
        "sub_type": "organization",
        "act": {"sub": "person-1"},
    }


def test_kinds_of_tokens() -> None:
    """Each type of subject has tokens of its own, which can be told apart by their prefix."""
    assert set(ACCESS_TOKEN_KINDS) == set(REFRESH_TOKEN_KINDS) == set(SubjectType)
    assert set(ACCESS_TOKEN_KINDS.values()) == ACCESS_TOKENS
    assert set(REFRESH_TOKEN_KINDS.values()) == REFRESH_TOKENS
    assert all("_o_" in ACCESS_TOKEN_KINDS[t] for t in SubjectType if t is SubjectType.ORGANIZATION)

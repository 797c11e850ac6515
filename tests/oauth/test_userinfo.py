"""Claims about the subject (OpenID Connect Core §5.1, §5.4)."""

import pytest
from tests.oauth.samples import ORGANIZATION, PERSON

from polar_server.oauth import userinfo
from polar_server.oauth.userinfo import Profile

ADA = Profile("Ada", "https://pictures.example/ada.png", "ada@example.com", email_verified=True)


@pytest.mark.parametrize(
    "scopes, claims",
    [
        ({"openid"}, {"sub"}),
        ({"openid", "products:read"}, {"sub"}),
        ({"openid", "profile"}, {"sub", "name", "picture"}),
        ({"openid", "email"}, {"sub", "email", "email_verified"}),
        ({"openid", "profile", "email"}, {"sub", "name", "picture", "email", "email_verified"}),
    ],
)
def test_scopes_open_claims(scopes: set[str], claims: set[str]) -> None:
    """Core §5.4: each scope opens its claims, and `sub` is always there (§5.3.2)."""
    assert set(userinfo.claims(PERSON, frozenset(scopes), ADA)) == claims


def test_values() -> None:
    """Core §5.1: the claims have the types that clients expect."""
    assert userinfo.claims(PERSON, frozenset({"profile", "email"}), ADA) == {
        "sub": "person-1",
        "name": "Ada",
        "picture": "https://pictures.example/ada.png",
        "email": "ada@example.com",
        "email_verified": True,
    }


def test_unknown_values_are_left_out() -> None:
    """Core §5.3.2: what is not known is left out rather than null, and false is a value."""
    nobody = Profile(None, None, "ada@example.com", email_verified=False)
    assert userinfo.claims(PERSON, frozenset({"profile", "email"}), nobody) == {
        "sub": "person-1",
        "email": "ada@example.com",
        "email_verified": False,
    }


def test_organization() -> None:
    """An organization's claims are its own; the person's address is not given away with them."""
    acme = Profile("Acme", None, "ada@example.com", email_verified=True)
    assert userinfo.claims(ORGANIZATION, frozenset({"profile", "email"}), acme) == {
        "sub": "organization-1",
        "sub_type": "organization",
        "act": {"sub": "person-1"},
        "name": "Acme",
    }

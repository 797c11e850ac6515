"""`polar-server organization`."""

from typing import Any

import pytest

from .conftest import CommandLine


@pytest.fixture
def people(polar: CommandLine) -> dict[str, str]:
    """The ids of two people by address."""
    addresses = ("ada@example.com", "bob@example.com")
    return {
        email: polar.json("user", "create", "--email", email, "--password", "eight quiet rivers")["id"]
        for email in addresses
    }


def create(polar: CommandLine, slug: str = "acme", *more: str) -> Any:
    return polar.json(
        "organization", "create", "--slug", slug, "--name", "Acme Inc", "--owner", "ada@example.com", *more
    )


def test_create_prints_the_organization(polar: CommandLine, people: dict[str, str]) -> None:
    """A new organization is printed as one object."""
    organization = create(polar)
    assert organization.pop("id").count("-") == 4
    assert organization.pop("created_at").endswith("Z")
    assert organization == {"slug": "acme", "name": "Acme Inc", "avatar_url": None, "is_test": False}
    assert create(polar, "acme-test", "--test")["is_test"] is True


def test_create_refuses_what_cannot_be(polar: CommandLine, people: dict[str, str]) -> None:
    """A taken or malformed slug and an unknown owner are refused, each with its reason."""
    create(polar)
    for slug, owner, reason in (
        ("acme", "ada@example.com", "Another organization is called acme."),
        ("No Slug", "ada@example.com", "lower-case letters, digits and hyphens"),
        ("other", "eve@example.com", "Nobody has an account for eve@example.com."),
    ):
        outcome = polar("organization", "create", "--slug", slug, "--name", "Acme", "--owner", owner)
        assert outcome.exit_code == 1
        assert reason in outcome.err
    assert len(polar.json("organization", "list")) == 1


def test_list_prints_an_array(polar: CommandLine, people: dict[str, str]) -> None:
    """All organizations are listed."""
    assert polar.json("organization", "list") == []
    organization = create(polar)
    assert polar.json("organization", "list") == [organization]
    assert "Acme Inc" in polar("organization", "list").out


def test_add_member_gives_a_role(polar: CommandLine, people: dict[str, str]) -> None:
    """A person becomes a member, and adding them again gives them the new role."""
    organization = create(polar)
    expected = {"organization_id": organization["id"], "user_id": people["bob@example.com"]}
    assert polar.json("organization", "add-member", "acme", "bob@example.com") == expected | {"role": "member"}
    promoted = polar.json("organization", "add-member", "acme", "bob@example.com", "--role", "admin")
    assert promoted == expected | {"role": "admin"}


def test_the_last_owner_stays(polar: CommandLine, people: dict[str, str]) -> None:
    """An organization never loses its last owner."""
    create(polar)
    outcome = polar("organization", "add-member", "acme", "ada@example.com", "--role", "member")
    assert outcome.exit_code == 1
    assert "is the last owner of acme" in outcome.err


def test_add_member_names_what_is_unknown(polar: CommandLine, people: dict[str, str]) -> None:
    """An unknown organization is refused; an unknown role is wrong usage."""
    outcome = polar("organization", "add-member", "nowhere", "bob@example.com")
    assert outcome.exit_code == 1
    assert "No organization is called nowhere." in outcome.err
    outcome = polar("organization", "add-member", "nowhere", "bob@example.com", "--role", "emperor")
    assert outcome.exit_code == 2
    assert "emperor" in outcome.err

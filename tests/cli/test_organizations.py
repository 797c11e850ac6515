"""`polar-server organization`."""

from pathlib import Path
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
    expected = {"slug": "acme", "name": "Acme Inc", "avatar_url": None, "is_test": False, "deleted_at": None}
    assert organization == expected
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


def test_delete_says_what_it_ended(polar: CommandLine, people: dict[str, str], tmp_path: Path) -> None:
    """A test organization goes with subscriptions that renew; its slug stays taken, and its owners are told by mail."""
    create(polar, "acme-test", "--test")
    assert polar("organization", "reset", "acme-test").exit_code == 0
    deleted = polar.json("organization", "delete", "acme-test")
    ended = deleted.pop("ended")
    assert (deleted["slug"], deleted["is_test"]) == ("acme-test", True)
    assert (ended["memberships"], ended["webhook_endpoints"]) == (1, 0)
    assert min(ended["subscriptions"], ended["products"]) > 1
    [listed] = polar.json("organization", "list")
    assert listed["deleted_at"] == deleted["deleted_at"]
    [mail] = (tmp_path / "data" / "mail").glob("*.eml")
    assert "an operator of the server deleted the organization Acme Inc" in mail.read_text()
    for command in (("delete", "acme-test"), ("add-member", "acme-test", "bob@example.com"), ("reset", "acme-test")):
        outcome = polar("organization", *command)
        assert (outcome.exit_code, "No organization is called acme-test." in outcome.err) == (1, True)
    outcome = polar("organization", "create", "--slug", "acme-test", "--name", "A", "--owner", "ada@example.com")
    assert "Another organization is called acme-test." in outcome.err


def test_add_member_names_what_is_unknown(polar: CommandLine, people: dict[str, str]) -> None:
    """An unknown organization is refused; an unknown role is wrong usage."""
    outcome = polar("organization", "add-member", "nowhere", "bob@example.com")
    assert outcome.exit_code == 1
    assert "No organization is called nowhere." in outcome.err
    outcome = polar("organization", "add-member", "nowhere", "bob@example.com", "--role", "emperor")
    assert outcome.exit_code == 2
    assert "emperor" in outcome.err

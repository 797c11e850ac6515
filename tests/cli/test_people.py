"""`polar-server user`."""

from typing import Any

from .conftest import CommandLine

PASSWORD = "eight quiet rivers"


def create(polar: CommandLine, email: str = "ada@example.com", *more: str) -> Any:
    return polar.json("user", "create", "--email", email, "--password", PASSWORD, *more)


def test_create_prints_the_person(polar: CommandLine) -> None:
    """A new account is printed as one object, its address normalized and its name taken from it."""
    person = create(polar, " Ada@Example.com ")
    assert person.pop("id").count("-") == 4
    assert person.pop("created_at").endswith("Z")
    assert person == {
        "email": "ada@example.com",
        "email_verified": False,
        "name": "ada",
        "picture": None,
        "operator": False,
        "disabled_at": None,
    }


def test_create_takes_a_name_and_a_verified_address(polar: CommandLine) -> None:
    """--name and --verified are kept."""
    person = create(polar, "ada@example.com", "--name", "Ada Lovelace", "--verified")
    assert (person["name"], person["email_verified"]) == ("Ada Lovelace", True)


def test_a_second_account_for_an_address_is_refused(polar: CommandLine) -> None:
    """One address has one account; the message says where to look, and the password is not repeated."""
    create(polar)
    outcome = polar("user", "create", "--email", "ADA@example.com", "--password", PASSWORD)
    assert outcome.exit_code == 1
    assert "ada@example.com has an account already" in outcome.err
    assert PASSWORD not in outcome.out + outcome.err


def test_a_weak_password_is_refused(fresh: CommandLine) -> None:
    """The command line keeps the rules of the sign-up page."""
    outcome = fresh("user", "create", "--email", "ada@example.com", "--password", "short")
    assert outcome.exit_code == 1
    assert "at least 8 characters" in outcome.err


def test_an_address_that_is_none_is_refused(fresh: CommandLine) -> None:
    """What is no address is refused with an example of one."""
    outcome = fresh("user", "create", "--email", "ada", "--password", PASSWORD)
    assert outcome.exit_code == 1
    assert "ada@example.com" in outcome.err


def test_the_password_can_come_from_standard_input(fresh: CommandLine) -> None:
    """A password need not stand in the list of processes."""
    outcome = fresh("user", "create", "--email", "ada@example.com", "--json", stdin=f"{PASSWORD}\n")
    assert outcome.exit_code == 0, outcome.err
    assert outcome.json["email"] == "ada@example.com"


def test_list_prints_an_array(polar: CommandLine) -> None:
    """Everybody is listed in the order they came; nobody is an empty array."""
    assert polar.json("user", "list") == []
    people = [create(polar, "ada@example.com"), create(polar, "bob@example.com")]
    listed = polar.json("user", "list")
    assert sorted(listed, key=lambda person: person["email"]) == people


def test_list_for_people_is_a_table(fresh: CommandLine) -> None:
    """Without --json a table is printed, one person a line."""
    assert "Nobody has an account yet" in fresh("user", "list").out
    create(fresh)
    header, row = fresh("user", "list").out.strip().splitlines()
    assert header.split()[:2] == ["id", "email"]
    assert "ada@example.com" in row


def test_the_right_to_run_the_server_is_given_and_taken(polar: CommandLine) -> None:
    """The flag is set at the creation or later, and taken again, also from the last one."""
    made = polar.json("user", "create", "--email", "ada@example.com", "--password", PASSWORD, "--operator")
    assert made["operator"] is True
    assert polar.json("user", "operator", "ada@example.com", "--end") == made | {"operator": False}
    assert polar.json("user", "operator", "Ada@example.com") == made
    assert polar.json("user", "list") == [made]


def test_disable_shuts_a_person_out(polar: CommandLine) -> None:
    """A disabled person has a time when it happened, and keeps it when disabled again."""
    create(polar)
    disabled = polar.json("user", "disable", "ada@example.com")
    assert disabled["disabled_at"] is not None
    assert polar.json("user", "disable", "Ada@example.com") == disabled
    assert polar.json("user", "list") == [disabled]


def test_disabling_nobody_is_refused(polar: CommandLine) -> None:
    """An unknown address is named, with the command that lists the known ones."""
    outcome = polar("user", "disable", "eve@example.com")
    assert outcome.exit_code == 1
    assert "Nobody has an account for eve@example.com. `polar-server user list`" in outcome.err

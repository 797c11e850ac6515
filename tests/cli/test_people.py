"""`polar-server user`."""

import asyncio
from pathlib import Path
from typing import Any

from polar_server.accounts.one_time_codes import codes
from polar_server.database import connect
from polar_server.oauth.server_keys import ServerKeys

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


def _turn_codes_on(polar: CommandLine, user_id: str) -> None:
    async def turn_on() -> None:
        database = connect(polar.variables["POLAR_DATABASE_URL"], 1)
        await database.open()
        async with database.write() as transaction:
            await codes.turn_on(transaction, ServerKeys([bytes(32)]), user_id, b"a secret", 1, 0)
        await database.close()

    asyncio.run(turn_on())


def test_a_lost_second_factor_is_taken_away(polar: CommandLine) -> None:
    """It is told what was taken and whether a mail went out; a second time there is nothing to take."""
    person = create(polar)
    _turn_codes_on(polar, person["id"])
    told = {"passkeys_removed": 0, "codes_removed": True}
    assert polar.json("user", "reset-second-factor", "Ada@example.com") == person | told | {"mailed": True}
    [mail] = Path(polar.variables["POLAR_DATA_DIR"], "mail").glob("*.eml")
    assert "You sign in with your password alone now." in mail.read_text()
    again = polar("user", "reset-second-factor", "ada@example.com")
    assert (again.exit_code, "neither passkeys nor one-time codes" in again.out) == (0, True)
    _turn_codes_on(polar, person["id"])
    outcome = polar("user", "reset-second-factor", "ada@example.com", smtp_url="smtp://127.0.0.1:1")
    assert "signs in with their password alone. The mail about it could not be sent: tell them yourself." in outcome.out
    polar.json("user", "disable", "ada@example.com")
    refused = polar("user", "reset-second-factor", "ada@example.com")
    assert (refused.exit_code, "is shut out. Let them in again first" in refused.err) == (1, True)

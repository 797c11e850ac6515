"""What all commands share: help, wrong usage, and how errors are told."""

import json

from .conftest import CommandLine, MakeCommandLine

COMMANDS = (
    "serve",
    "migrate",
    "user",
    "organization",
    "client",
    "keys",
    "settings",
    "demo",
    "sweep",
    "doctor",
    "--json",
)


def test_help_names_every_command(fresh: CommandLine) -> None:
    """Without arguments and with --help the commands are listed."""
    for arguments in ((), ("--help",)):
        outcome = fresh(*arguments)
        assert outcome.exit_code == 0
        for name in [
            "serve",
            "migrate",
            "user",
            "organization",
            "client",
            "keys",
            "settings",
            "demo",
            "sweep",
            "doctor",
            "--json",
        ]:
            assert name in outcome.out


def test_wrong_usage_is_told_apart(fresh: CommandLine) -> None:
    """An unknown command and a missing option end with 2 and one line."""
    for arguments in (("frobnicate",), ("user", "create"), ("serve", "--port", "many")):
        outcome = fresh(*arguments)
        assert (outcome.exit_code, outcome.out) == (2, "")
        assert outcome.err.startswith("Error: ")
        assert len(outcome.err.strip().splitlines()) == 1


def test_errors_are_json_for_programs(fresh: CommandLine) -> None:
    """With --json an error is one object on standard error."""
    outcome = fresh("--json", "user", "disable", "eve@example.com")
    assert (outcome.exit_code, outcome.out) == (1, "")
    assert list(json.loads(outcome.err)) == ["error"]


def test_an_unknown_setting_is_an_error(fresh: CommandLine) -> None:
    """A misspelt variable stops every command instead of being overlooked."""
    outcome = fresh("user", "list", isuer="https://id.example.com")
    assert outcome.exit_code == 1
    assert "POLAR_ISUER is not a setting." in outcome.err


def test_a_database_that_is_not_there_is_an_error(make_command_line: MakeCommandLine) -> None:
    """An unreachable database is told in one line, without its password."""
    polar = make_command_line("postgresql://polar:hunter2@127.0.0.1:1/polar")
    outcome = polar("user", "list")
    assert outcome.exit_code == 1
    assert "Check POLAR_DATABASE_URL" in outcome.err
    assert "hunter2" not in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_a_url_of_no_database_is_an_error(make_command_line: MakeCommandLine) -> None:
    """A database we cannot use is refused with what a URL looks like."""
    outcome = make_command_line("mysql://localhost/polar")("user", "list")
    assert outcome.exit_code == 1
    assert "sqlite:///path/polar.db" in outcome.err


def test_commands_run_as_processes(fresh: CommandLine) -> None:
    """`python -m polar_server` gives its answer, its errors and its exit codes to the shell."""
    created = fresh.process(
        "user", "create", "--email", "ada@example.com", "--password", "eight quiet rivers", "--json"
    )
    assert (created.exit_code, created.err) == (0, "")
    assert fresh.process("user", "list", "--json").json == [created.json]
    refused = fresh.process("user", "disable", "eve@example.com")
    assert (refused.exit_code, refused.out) == (1, "")
    assert refused.err.startswith("Error: ")
    assert fresh.process("frobnicate").exit_code == 2

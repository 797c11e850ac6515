"""The real commands, each test with a data folder of its own."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import asyncpg
import pytest

from polar_server.cli import main


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended and what it printed."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """`polar-server` with the variables of one test."""

    variables: dict[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> Outcome:
        """Run a command in this process: half a second of imports less than in one of its own."""
        out, err = StringIO(), StringIO()
        with (
            patch.dict(os.environ, self.environment(variables), clear=True),
            patch.object(sys, "stdin", StringIO(stdin)),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(list(arguments))
        return Outcome(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def process(self, *arguments: str, **variables: str) -> Outcome:
        """Run a command as people do."""
        process = self.start(*arguments, **variables)
        out, err = process.communicate(timeout=60)
        return Outcome(process.returncode, out, err)

    def json(self, *arguments: str, **variables: str) -> Any:
        """What the command prints with --json. It must succeed."""
        outcome = self(*arguments, "--json", **variables)
        assert outcome.exit_code == 0, outcome.err
        return outcome.json

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """The command, running; it is killed at the end of the test."""
        process = subprocess.Popen(
            [sys.executable, "-m", "polar_server", *arguments],
            env=self.environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def environment(self, variables: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("POLAR_")}
        return kept | self.variables | {f"POLAR_{name.upper()}": value for name, value in variables.items()}


MakeCommandLine = Callable[[str], CommandLine]


@pytest.fixture
def make_command_line(tmp_path: Path) -> Iterator[MakeCommandLine]:
    """A command line for the database at a URL; empty for the SQLite file of the data folder."""
    made = []

    def make(url: str) -> CommandLine:
        line = CommandLine({"POLAR_DATA_DIR": str(tmp_path / "data"), "POLAR_DATABASE_URL": url})
        made.append(line)
        return line

    yield make
    for process in (process for line in made for process in line.started):
        process.kill()
        process.communicate()


@pytest.fixture
def polar(make_command_line: MakeCommandLine, database_url: str) -> CommandLine:
    """The command line on an empty, migrated database, on each engine."""
    return make_command_line(database_url)


@pytest.fixture
def fresh(make_command_line: MakeCommandLine) -> CommandLine:
    """The command line on a machine that has no database yet."""
    return make_command_line("")


@pytest.fixture
def unmigrated(make_command_line: MakeCommandLine, postgres_url: str) -> Iterator[CommandLine]:
    """The command line on a PostgreSQL database without tables."""
    _execute(postgres_url, "CREATE DATABASE unmigrated")
    yield make_command_line(postgres_url.replace("/postgres?", "/unmigrated?"))
    _execute(postgres_url, "DROP DATABASE unmigrated WITH (FORCE)")


def _execute(url: str, command: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(command)
        await connection.close()

    asyncio.run(run())

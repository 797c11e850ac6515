"""The examples as processes, started as their readers start them, with a client that examples/register.py made."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
from tests import servers
from tests.servers import Server

from polar_server.database import Statement, Transaction

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
_STARTUP = 30.0
_TOKENS = Statement(
    "SELECT count(*), count(*) FILTER (WHERE g.revoked_at IS NULL) FROM access_tokens t"
    " JOIN grants g ON g.id = t.grant_id WHERE g.client_id = :client_id"
)


def environment(**variables: str) -> dict[str, str]:
    """That of a reader who has installed the client, and set these variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POLAR_")}
    return {**kept, "PYTHONPATH": str(ROOT / "client" / "src"), "PYTHONUNBUFFERED": "1", **variables}


def register(server: Server, *options: str) -> dict[str, str]:
    """The variables that examples/register.py prints."""
    command = [sys.executable, str(EXAMPLES / "register.py"), "--server", server.issuer, *options]
    done = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True)
    words = shlex.split(done.stdout)
    return dict(word.split("=", 1) for word in words if word != "export")


@dataclass
class Example:
    """One of them, running."""

    server: Server
    address: str
    client_id: str
    output: IO[str]

    def printed(self) -> str:
        """Everything that it has written so far."""
        self.output.seek(0)
        return self.output.read()

    def tokens(self) -> tuple[int, int]:
        """Those of its client."""
        return tokens(self.server, self.client_id)


def tokens(server: Server, client_id: str) -> tuple[int, int]:
    """How many access tokens the server has given to a client, and how many of them have a grant that lives."""

    async def count(transaction: Transaction) -> tuple[int, int]:
        issued, alive = await transaction.one(_TOKENS, client_id=client_id)
        return issued, alive

    return server.write(count)


def tells_a_secret(printed: str) -> bool:
    """Whether a code, a token or a client secret is in a text."""
    return re.search(r"polar_(ac|at|rt|cs)_|whsec_", printed) is not None


@contextmanager
def running(server: Server, name: str, *options: str, **variables: str) -> Iterator[Example]:
    """Run an example until the end of the block; `options` are those of register.py.

    A client that is given is not registered.
    """
    port = servers.free_port()
    address = f"http://localhost:{port}"
    made = {} if "POLAR_CLIENT_ID" in variables else register(server, "--address", address, *options)
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / name / "app.py")],
            env=environment(PORT=str(port), **made, **variables),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        example = Example(server, address, made.get("POLAR_CLIENT_ID", ""), output)
        try:
            _wait_until_ready(process, example)
            yield example
        finally:
            process.terminate()
            process.wait(15)


def without(name: str) -> "subprocess.CompletedProcess[str]":
    """What an example does when nothing is set."""
    command = [sys.executable, str(EXAMPLES / name / "app.py")]
    return subprocess.run(command, env=environment(), check=False, capture_output=True, text=True, timeout=30)


def _wait_until_ready(process: "subprocess.Popen[Any]", example: Example) -> None:
    deadline = time.monotonic() + _STARTUP
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(example.address)
        except httpx.TransportError:
            continue
        return
    raise AssertionError(example.printed())

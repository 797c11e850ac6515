"""Server processes for tests: `polar-server serve` on a free port, with a data folder and a database of its own."""

import asyncio
import email
import email.policy
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx
from argon2 import PasswordHasher

from polar_server import settings as configuration
from polar_server.accounts import organizations, people
from polar_server.accounts.organizations import NewOrganization, Organization
from polar_server.accounts.people import NewPerson, Person
from polar_server.accounts.roles import Role
from polar_server.authorization_server.clients import CreatedClient, Ownership, create_client
from polar_server.database import Database, Transaction, connect
from polar_server.oauth import registration
from polar_server.oauth.server_keys import ServerKeys
from polar_server.settings import Settings

PASSWORD = "a quiet green lamp"
# Comparing costs what the stored hash says: tests wait for real hashes only where people change passwords.
_CHEAP_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_STARTUP = 30.0
_NUMBERS = count(1)

Value = TypeVar("Value")
Work = Callable[[Transaction], Awaitable[Value]]


@dataclass(eq=False)
class Server:
    """A server, and ways to fill its database past its pages. Its `variables` are those of its process."""

    settings: Settings
    variables: dict[str, str]
    port: int
    workers: int
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it and wait until it answers. After `kill` it comes back on the same port and data."""
        path = self.settings.data_dir / "server.log"
        with path.open("ab") as log:
            self.process = start(self.port, self.workers, self.variables, log)
        _wait_until_ready(self.process, self.port, path)

    def kill(self) -> None:
        """Pull the plug: neither the first process nor its workers run on."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def issuer(self) -> str:
        return self.settings.issuer

    @cached_property
    def server_keys(self) -> ServerKeys:
        return ServerKeys([configuration.development_server_key(self.settings.data_dir)])

    def person(self, address: str = "", *, name: str = "Ada Lovelace", verified: bool = True) -> Person:
        """A new person whose password is PASSWORD, with an address of their own unless one is given."""
        new = NewPerson(address or f"person{next(_NUMBERS)}@example.com", name, _CHEAP_HASH, verified)
        return self.write(lambda transaction: people.create_user(transaction, new, int(time.time())))

    def organization(self, owner: Person, name: str = "Lighthouse", *, is_test: bool = False) -> Organization:
        """A new organization with a slug of its own."""
        new = NewOrganization(f"organization-{next(_NUMBERS)}", name, is_test)
        now = int(time.time())
        return self.write(lambda transaction: organizations.create_organization(transaction, new, owner.id, now))

    def member(self, organization: Organization, person: Person, role: Role = Role.MEMBER) -> None:
        """Make the person a member."""
        now = int(time.time())
        self.write(lambda transaction: organizations.add_member(transaction, organization.id, person.id, role, now))

    def client(
        self, redirect_uri: str, *, pkce: bool = True, resource_server: bool = False, **metadata: Any
    ) -> CreatedClient:
        """A new client with these metadata (RFC 7591 §2), owned by a person; gives what its maker is shown once."""
        owner = self.person(name="Owner of a client")
        kept = registration.read({"client_name": "Example App", "redirect_uris": [redirect_uri], **metadata})
        ownership = Ownership(owner.id, require_pkce=pkce, is_resource_server=resource_server)

        async def create(transaction: Transaction) -> CreatedClient:
            return await create_client(transaction, self.server_keys, kept, ownership, time.time_ns() // 1_000_000)

        return self.write(create)

    def write(self, work: Work[Value]) -> Value:
        """Run one write transaction on the server's database."""

        async def run() -> Value:
            database: Database = connect(self.settings.database, connections=1)
            await database.open()
            try:
                async with database.write() as transaction:
                    return await work(transaction)
            finally:
                await database.close()

        return run_apart(run())

    def mailed_link(self, address: str, subject: str = "") -> str:
        """The last link mailed to this address, once the mail is there; `subject` is a part of the mail's subject."""
        for _ in _until(_STARTUP):
            for path in sorted((self.settings.data_dir / "mail").glob("*.eml"), reverse=True):
                mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if mail["To"] == address and subject in mail["Subject"]:
                    return _link(self.issuer, mail.get_content())
        raise AssertionError(f"no mail came for {address}")

    def command(self, *arguments: str) -> str:
        """What `polar-server` prints with the variables of this server."""
        command = [sys.executable, "-m", "polar_server", *arguments]
        return subprocess.run(command, env=self.variables, check=True, capture_output=True, text=True).stdout


@contextmanager
def serve(data_dir: Path, database_url: str = "", *, workers: int = 1, **settings: object) -> Iterator[Server]:
    """Run a server until the end of the block. An empty URL is the SQLite file of the data folder.

    `settings` are POLAR_* variables by their lower-case names without the prefix. Limits per network address
    are wide by default, since every test comes from the same one.
    """
    port = free_port()
    values: dict[str, object] = {
        "issuer": f"http://localhost:{port}",
        "data_dir": data_dir,
        "database_url": database_url,
        "registration_quota": 100_000,
        "guesses_per_address": 100_000,
        "mails_per_address": 100_000,
        "rate_limit_user": 100_000,
        "rate_limit_organization": 100_000,
        "rate_limit_checkout": 100_000,
        "rate_limit_confirmation": 100_000,
        **settings,
    }
    variables = _environment({f"POLAR_{name.upper()}": str(value) for name, value in values.items()})
    data_dir.mkdir(parents=True, exist_ok=True)
    server = Server(configuration.load(variables), variables, port, workers)
    try:
        server.start()
        yield server
    finally:
        stop(server.process)


def run_apart(work: Coroutine[Any, Any, Value]) -> Value:
    """Run a coroutine on a thread of its own: Playwright and async tests keep an event loop on this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def start(port: int, workers: int, variables: dict[str, str], log: Any) -> "subprocess.Popen[bytes]":
    """Start the command; nobody has waited for it yet."""
    command = [sys.executable, "-m", "polar_server", "serve", "--port", str(port), "--workers", str(workers)]
    return subprocess.Popen(command, env=variables, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a server, kindly at first."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    # A first process that was killed leaves its workers behind.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _link(issuer: str, text: str) -> str:
    found = re.search(rf"{re.escape(issuer)}/\S+", text)
    assert found, "the mail has a link"
    return found[0]


def free_port() -> int:
    """A port that nobody listens on.

    It is below those that the system gives to connections: who asks whether a server has started on one of these may
    get the very same port for the question, and be connected to themselves.
    """
    while True:
        port = random.randrange(18_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def migrate(database_url: str, data_dir: Path) -> None:
    """Give a database its tables, by the command that people use."""
    variables = _environment({"POLAR_DATABASE_URL": database_url, "POLAR_DATA_DIR": str(data_dir)})
    command = [sys.executable, "-m", "polar_server", "migrate"]
    subprocess.run(command, env=variables, check=True, capture_output=True)


def _environment(variables: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("POLAR_")} | variables


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in _until(_STARTUP):
        if process.poll() is not None:
            raise AssertionError(f"the server ended at once: {log.read_text()}")
        try:
            httpx.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration", timeout=10)
        except httpx.TransportError:
            continue
        return
    raise AssertionError(f"the server does not answer: {log.read_text()}")


def _until(seconds: float) -> Iterator[Literal[True]]:
    """Tries, 50 ms apart."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield True
        time.sleep(0.05)

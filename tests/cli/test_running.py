"""`polar-server serve`, `migrate`, `settings` and `sweep`."""

import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.servers import free_port

from polar_server import settings

from .conftest import CommandLine


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    return free_port()


def wait_for(process: subprocess.Popen[str], url: str) -> Any:
    """The JSON document at a URL of a server that is starting."""
    for _ in range(200):
        if process.poll() is not None:
            raise AssertionError(process.communicate()[1])
        try:
            return httpx.get(url, timeout=10).json()
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_answers_until_it_is_stopped(polar: CommandLine, port: int, workers: str) -> None:
    """The server starts, answers with its issuer, and ends soon after SIGTERM."""
    issuer = f"http://localhost:{port}"
    process = polar.start("serve", "--workers", workers, issuer=issuer)
    metadata = wait_for(process, f"http://127.0.0.1:{port}/.well-known/oauth-authorization-server")
    assert metadata["issuer"] == issuer
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGTERM)
    assert issuer in output
    assert "Traceback" not in errors
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/")


def test_serve_makes_its_database_and_key(fresh: CommandLine, port: int, tmp_path: Path) -> None:
    """On a fresh machine the server makes its SQLite file, and a server key that only its owner reads."""
    process = fresh.start("serve", issuer=f"http://localhost:{port}")
    wait_for(process, f"http://127.0.0.1:{port}/.well-known/openid-configuration")
    assert (tmp_path / "data" / "polar.db").exists()
    assert (tmp_path / "data" / "server.key").stat().st_mode & 0o777 == 0o600


def test_serve_refuses_a_database_behind_the_schema(unmigrated: CommandLine, port: int) -> None:
    """A shared database is changed on purpose only: the command that does it is named."""
    outcome = unmigrated("serve", "--port", str(port))
    assert outcome.exit_code == 1
    assert "Run `polar-server migrate`" in outcome.err


def test_serve_refuses_a_taken_port(fresh: CommandLine) -> None:
    """A port that somebody listens on is refused with a way out."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = other.getsockname()[1]
        outcome = fresh("serve", "--port", str(number))
    assert outcome.exit_code == 1
    assert f"Cannot listen on 127.0.0.1 port {number}" in outcome.err
    assert "POLAR_ISSUER=http://localhost:" in outcome.err


STRONG = "q4-Zr1YV3l2P0kGx7cT9uWmE8sJbHnDf5AoKiLtRyXg"


@pytest.mark.parametrize(
    "issuer,server_key,reason",
    [
        ("http://id.example.com", STRONG, "POLAR_ISSUER must be an https URL in production"),
        ("https://id.example.com", "", "POLAR_SERVER_KEY is not set. Make one with"),
        ("https://id.example.com", "c2hvcnQ", "POLAR_SERVER_KEY is weak"),
        ("https://id.example.com", "A" * 43, "POLAR_SERVER_KEY is weak"),
        ("https://id.example.com", "not base64!", "POLAR_SERVER_KEY is not base64url"),
    ],
)
def test_serve_refuses_weak_production_settings(
    fresh: CommandLine, port: int, issuer: str, server_key: str, reason: str
) -> None:
    """In production an http issuer and a missing or weak server key stop the server before it listens."""
    variables = {"environment": "production", "issuer": issuer, "server_key": server_key}
    outcome = fresh("serve", "--port", str(port), **variables)
    assert outcome.exit_code == 1
    assert reason in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_migrate_brings_a_database_up_to_date(unmigrated: CommandLine) -> None:
    """Migrations are applied once, and other commands wait for them."""
    outcome = unmigrated("user", "list")
    assert outcome.exit_code == 1
    assert "Run `polar-server migrate`" in outcome.err
    applied = unmigrated.json("migrate")["applied"]
    assert applied[0] == "polar_server.audit 0001_audit", "the lowest floor comes first"
    assert "polar_server.accounts 0001_accounts" in applied
    assert unmigrated.json("migrate") == {"applied": []}
    assert "up to date" in unmigrated("migrate").out
    assert unmigrated.json("user", "list") == []


def test_settings_lists_every_setting(fresh: CommandLine) -> None:
    """Each variable is listed with its default and what it means."""
    listed = fresh.json("settings")
    assert [(one["name"], one["default"], one["text"]) for one in listed] == settings.describe()
    assert "POLAR_ISSUER" in fresh("settings").out


def test_sweep_counts_what_it_removed(polar: CommandLine) -> None:
    """A database in which nothing has expired keeps everything."""
    polar.json("demo")
    removed = polar.json("sweep")
    assert removed
    assert set(removed.values()) == {0}
    assert len(polar.json("client", "list")) == 2

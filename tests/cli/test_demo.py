"""`polar-server demo`."""

import json
import stat
from pathlib import Path

from .conftest import CommandLine, MakeCommandLine


def test_demo_makes_something_to_try(polar: CommandLine, tmp_path: Path) -> None:
    """There is a person, two organizations, a test organization, a confidential and a public client."""
    demo = polar.json("demo")
    (person,) = polar.json("user", "list")
    assert (person["email"], person["email_verified"]) == (demo["email"], True)
    organizations = polar.json("organization", "list")
    assert {one["slug"] for one in organizations} == set(demo["organizations"])
    assert sorted(one["is_test"] for one in organizations) == [False, False, True]
    clients = {one["client_id"]: one["type"] for one in polar.json("client", "list")}
    assert clients == {demo["client"]["client_id"]: "confidential", demo["public_client"]["client_id"]: "public"}
    assert demo["client"]["client_secret"].startswith("polar_cs_")


def test_demo_is_remembered_for_its_owner_alone(fresh: CommandLine, tmp_path: Path) -> None:
    """The clients' credentials are kept in the data folder, where an example application finds them."""
    demo = fresh.json("demo")
    path = tmp_path / "data" / "demo.json"
    assert json.loads(path.read_text()) == demo
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_demo_again_adds_nothing(polar: CommandLine) -> None:
    """The second time gives the same people and clients."""
    demo = polar.json("demo")
    assert polar.json("demo") == demo
    assert polar.json("demo", "--if-empty") == demo
    assert [len(polar.json(noun, "list")) for noun in ("user", "organization", "client")] == [1, 3, 2]


def test_demo_follows_the_issuer(fresh: CommandLine, make_command_line: MakeCommandLine, tmp_path: Path) -> None:
    """The remembered sign-in is told with today's address, and not for another database."""
    demo = fresh.json("demo")
    moved = fresh.json("demo", "--if-empty", issuer="http://localhost:8010")
    assert moved == demo | {"issuer": "http://localhost:8010"}
    elsewhere = make_command_line(f"sqlite:///{tmp_path / 'other.db'}")
    elsewhere.json("user", "create", "--email", "ada@example.com", "--password", "eight quiet rivers")
    assert elsewhere("demo", "--if-empty").out == ""


def test_demo_replaces_a_client_that_is_gone(fresh: CommandLine) -> None:
    """A deleted demo client is made anew."""
    before = fresh.json("demo")
    fresh.json("client", "delete", before["client"]["client_id"])
    after = fresh.json("demo")
    assert after["client"]["client_id"] != before["client"]["client_id"]
    assert after["public_client"] == before["public_client"]


def test_demo_leaves_a_used_server_alone(fresh: CommandLine) -> None:
    """With --if-empty nothing is added beside somebody's accounts."""
    fresh.json("user", "create", "--email", "ada@example.com", "--password", "eight quiet rivers")
    outcome = fresh("demo", "--if-empty")
    assert (outcome.exit_code, outcome.out) == (0, "")
    assert fresh.json("client", "list") == []


def test_demo_says_what_to_try(fresh: CommandLine) -> None:
    """People read the sign-in, and what to do next."""
    text = fresh("demo").out
    for part in ("demo@example.com", "try polar today", "http://localhost:8000/sign-in", "--demo-app"):
        assert part in text


def test_demo_refuses_production(fresh: CommandLine) -> None:
    """A known password never gets into production."""
    production = {
        "environment": "production",
        "issuer": "https://id.example.com",
        "server_key": fresh("keys", "new-server-key").out.strip(),
    }
    outcome = fresh("demo", **production)
    assert outcome.exit_code == 1
    assert "not for production" in outcome.err
    assert fresh("demo", "--if-empty", **production).exit_code == 0
    assert fresh.json("user", "list", **production) == []


def test_a_test_organization_is_reset(fresh: CommandLine) -> None:
    """The test organization gets its sample data anew, once in a while; a real one keeps what is in it."""
    fresh.json("demo")
    organizations = {one["slug"]: one["id"] for one in fresh.json("organization", "list")}
    done = fresh.json("organization", "reset", "lighthouse-test")
    assert done == {"organization_id": organizations["lighthouse-test"]}
    for slug, reason in (
        ("lighthouse-test", "was reset a moment ago"),
        ("lighthouse", "is no test organization"),
        ("nobody", "No organization is called nobody."),
    ):
        refused = fresh("organization", "reset", slug)
        assert (refused.exit_code, reason in refused.err) == (1, True), refused.err

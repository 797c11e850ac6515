"""`polar-server doctor`."""

import socket
from pathlib import Path
from typing import Any

import pytest
from tests.storage.buckets import BUCKET, bucket

from polar_server import settings

from .conftest import CommandLine


def examine(polar: CommandLine, exit_code: int, **variables: str) -> dict[str, Any]:
    """The findings by the name of their check."""
    outcome = polar("doctor", "--json", **variables)
    assert outcome.exit_code == exit_code, outcome.out + outcome.err
    return {finding["check"]: finding for finding in outcome.json}


def test_a_healthy_server_passes(polar: CommandLine) -> None:
    """Nothing is found on a server that has started once."""
    polar.json("keys", "list")
    findings = examine(polar, 0)
    checks = ["settings", "server key", "mail", "files", "database", "clock", "migrations", "RS256 key", "ES256 key"]
    assert list(findings) == checks
    assert all(finding["ok"] and not finding["remedy"] for finding in findings.values())


def test_a_new_machine_passes(fresh: CommandLine) -> None:
    """What the first start makes is not missing before it, save the tables."""
    findings = examine(fresh, 1)
    assert [check for check, finding in findings.items() if not finding["ok"]] == ["migrations"]


def test_wrong_settings_are_found(fresh: CommandLine) -> None:
    """A wrong setting is told instead of stopping the doctor."""
    findings = examine(fresh, 1, environment="staging")
    assert list(findings) == ["settings"]
    assert "POLAR_ENVIRONMENT must be development or production" in findings["settings"]["detail"]


def test_missing_migrations_are_found(unmigrated: CommandLine) -> None:
    """A database behind the schema is found, with the command that helps."""
    assert examine(unmigrated, 1)["migrations"]["remedy"] == "Run `polar-server migrate`."


def test_an_unreachable_database_is_found(fresh: CommandLine) -> None:
    """A database that does not answer is found."""
    findings = examine(fresh, 1, database_url="postgresql://polar:hunter2@127.0.0.1:1/polar")
    assert findings["database"]["ok"] is False
    assert "hunter2" not in str(findings)


def test_a_bucket_is_tried(fresh: CommandLine) -> None:
    """An upload is begun and given up in the bucket; one that is not there, or a URL without keys, is found."""
    with bucket() as endpoint:
        for name, access_key, expected in (
            (BUCKET, "key", "kept"),
            ("other", "key", "NoSuchBucket"),
            ("other", "", "KEY"),
        ):
            url = f"s3://{name}?endpoint={endpoint}"
            keys = {"storage_url": url, "storage_access_key": access_key, "storage_secret_key": "secret"}
            assert expected in examine(fresh, 1, **keys)["files"]["detail"]


def test_a_folder_that_cannot_be_written_is_found(fresh: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder of somebody else is found. Root may write everywhere, so the system's answer is made up."""
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "cannot be written" in examine(fresh, 1)["files"]["detail"]


def test_a_key_that_others_can_read_is_found(fresh: CommandLine, tmp_path: Path) -> None:
    """A development key with open permissions is found."""
    fresh.json("keys", "list")
    path = tmp_path / "data" / "server.key"
    path.chmod(0o644)
    assert examine(fresh, 1)["server key"]["remedy"] == f"chmod 600 {path}"


def test_a_key_that_does_not_open_the_database_is_found(polar: CommandLine) -> None:
    """Signing keys that were sealed under another server key are found."""
    polar.json("keys", "list")
    findings = examine(polar, 1, server_key=settings.new_server_key())
    assert "POLAR_SERVER_KEY" in findings["ES256 key"]["remedy"]


def test_a_mail_server_that_does_not_answer_is_found(polar: CommandLine) -> None:
    """An SMTP server that refuses connections is found."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        number = closed.getsockname()[1]
        findings = examine(polar, 1, smtp_url=f"smtp://127.0.0.1:{number}")
    assert findings["mail"]["remedy"] == "Check POLAR_SMTP_URL."


def test_people_read_a_table(polar: CommandLine) -> None:
    """Without --json the findings are a table, one check a line."""
    lines = polar("doctor").out.strip().splitlines()
    assert lines[0].split() == ["check", "ok", "detail", "remedy"]
    assert any(line.startswith("clock") and "yes" in line for line in lines)

"""Settings: where they come from, and which are refused."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest

from polar_server import settings
from polar_server.settings import Settings, SettingsError, server_key

KEY, OLD_KEY = "q4-Zr1YV3l2P0kGx7cT9uWmE8sJbHnDf5AoKiLtRyXg", "N8sQ2vBz6XcM1kLpO9iUyT5rEwQ7aSdFgHjK3lZxCvA"
PRODUCTION = {
    "POLAR_ENVIRONMENT": "production",
    "POLAR_ISSUER": "https://id.example.com",
    "POLAR_SERVER_KEY": KEY,
}


def test_defaults() -> None:
    """Without any variable, the settings of a development machine."""
    assert settings.load({"PATH": "/bin", "polar_issuer": "x"}) == Settings()
    assert (Settings().issuer, Settings().is_production) == ("http://localhost:8000", False)
    assert Settings().server_keys() == []


def test_environment() -> None:
    """A variable sets the field of its name, as text, number or path; an empty one sets nothing."""
    loaded = settings.load(
        {
            "POLAR_ISSUER": "https://id.example.com/",
            "POLAR_ACCESS_TOKEN_LIFETIME": "60",
            "POLAR_DATA_DIR": "/var/lib/polar",
            "POLAR_SMTP_URL": "",
            "POLAR_REFRESH_GRACE": "0",
        }
    )
    assert loaded == Settings(
        issuer="https://id.example.com",
        access_token_lifetime=60,
        data_dir=Path("/var/lib/polar"),
        refresh_grace=0,
    )


def test_switches() -> None:
    """A switch is true or false, in a variable and in the table; anything else is refused by name."""
    loaded = settings.load({"POLAR_WORKER": "False", "POLAR_OUTBOUND_LOOPBACK": "true"})
    assert (loaded.worker, loaded.outbound_loopback) == (False, True)
    assert ("POLAR_WORKER", "true") in [row[:2] for row in settings.describe()]
    for value in ("yes", "1"):
        with pytest.raises(SettingsError, match="POLAR_WORKER must be true or false"):
            settings.load({"POLAR_WORKER": value})


def test_production_never_calls_its_own_machine() -> None:
    """The setting for development would let whoever sets a webhook reach what listens there."""
    with pytest.raises(SettingsError, match="POLAR_OUTBOUND_LOOPBACK is for development"):
        settings.load({**PRODUCTION, "POLAR_OUTBOUND_LOOPBACK": "true"})


@pytest.mark.parametrize("token", ["short", "x" * 31, "x" * 31 + "é", "x" * 40 + " x"])
def test_figures_need_a_token_that_nobody_guesses(token: str) -> None:
    """One that is short, or that no header can carry, is refused; a long one is never shown."""
    with pytest.raises(SettingsError, match="POLAR_METRICS_TOKEN") as refused:
        settings.load({"POLAR_METRICS_TOKEN": token})
    assert token not in str(refused.value)
    assert KEY not in repr(settings.load({"POLAR_METRICS_TOKEN": KEY}))


def test_process_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument, the environment of the process is read."""
    monkeypatch.setenv("POLAR_PASSWORD_WORKERS", "7")
    assert settings.load().password_workers == 7


def test_file(tmp_path: Path) -> None:
    """POLAR_CONFIG names a TOML file; variables win over it."""
    path = tmp_path / "polar.toml"
    path.write_text('issuer = "https://id.example.com"\naccess_token_lifetime = 60\nregistration = "closed"\n')
    loaded = settings.load({"POLAR_CONFIG": str(path), "POLAR_ACCESS_TOKEN_LIFETIME": "90"})
    assert loaded == Settings(issuer="https://id.example.com", access_token_lifetime=90, registration="closed")


@pytest.mark.parametrize(
    "content, words",
    [
        (b"issuer = ", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"isuer = 'x'", "POLAR_ISUER is not a setting"),
        (b"issuer = 1", "POLAR_ISSUER must be a text"),
        (b"data_dir = ['x']", "POLAR_DATA_DIR must be a text"),
        (b"[smtp_url]\nhost = 'x'", "POLAR_SMTP_URL must be a text"),
        (b"refresh_grace = true", "POLAR_REFRESH_GRACE must be a whole number"),
        (b"refresh_grace = 1.5", "POLAR_REFRESH_GRACE must be a whole number"),
        (b"refresh_grace = [1]", "POLAR_REFRESH_GRACE must be a whole number"),
    ],
)
def test_wrong_file(tmp_path: Path, content: bytes, words: str) -> None:
    """A file that is no TOML, or sets something else, is refused by name."""
    path = tmp_path / "polar.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=words):
        settings.load({"POLAR_CONFIG": str(path)})


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is said to be missing."""
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        settings.load({"POLAR_CONFIG": str(tmp_path / "nowhere.toml")})


@pytest.mark.parametrize(
    "variable, value",
    [
        ("POLAR_ISUER", "https://id.example.com"),
        ("POLAR_ISSUER", "id.example.com"),
        ("POLAR_ISSUER", "ftp://id.example.com"),
        ("POLAR_ISSUER", "https://"),
        ("POLAR_ISSUER", "https://id.example.com/path"),
        ("POLAR_ISSUER", "https://id.example.com//"),
        ("POLAR_ISSUER", "https://id.example.com?x=1"),
        ("POLAR_ISSUER", "https://id.example.com#x"),
        ("POLAR_ISSUER", "https://user@id.example.com"),
        ("POLAR_ISSUER", "https://id.example.com\n"),
        ("POLAR_ISSUER", " https://id.example.com"),
        ("POLAR_ISSUER", "https://ID.example.com"),
        ("POLAR_ISSUER", "https://id.example.com:port"),
        ("POLAR_ENVIRONMENT", "prod"),
        ("POLAR_REGISTRATION", "maybe"),
        ("POLAR_ACCESS_TOKEN_LIFETIME", "1h"),
        ("POLAR_ACCESS_TOKEN_LIFETIME", "-1"),
        ("POLAR_ACCESS_TOKEN_LIFETIME", "0"),
        ("POLAR_ACCESS_TOKEN_LIFETIME", "1.5"),
        ("POLAR_ACCESS_TOKEN_LIFETIME", "٣"),
        ("POLAR_ACCESS_TOKEN_LIFETIME", "9" * 10),
        ("POLAR_ACCESS_TOKEN_LIFETIME", "9" * 5000),
        ("POLAR_DATABASE_CONNECTIONS", "0"),
        ("POLAR_PASSWORD_WORKERS", "0"),
        ("POLAR_SERVER_KEY", "not base64url!"),
        ("POLAR_SERVER_KEY", "é"),
        ("POLAR_SERVER_KEY", KEY[:-4]),
        ("POLAR_SERVER_KEY", "A" * 43),
        ("POLAR_SERVER_KEY", f"{KEY},short"),
    ],
)
def test_wrong_value(variable: str, value: str) -> None:
    """A wrong value is refused at the start, and the message names its variable in a line that can be read."""
    with pytest.raises(SettingsError, match=variable) as refused:
        settings.load({variable: value})
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("issuer", ["http://localhost:8000", "https://id.example.com:8443", "http://[::1]:8000"])
def test_issuer(issuer: str) -> None:
    """RFC 8414 §2: an issuer is a URL without path, query and fragment; cookies are secure exactly on https."""
    loaded = settings.load({"POLAR_ISSUER": issuer})
    assert loaded.issuer == issuer
    assert loaded.secure_cookies == issuer.startswith("https:")


def test_production() -> None:
    """Production starts with an https issuer and a strong server key."""
    assert settings.load(PRODUCTION).is_production


@pytest.mark.parametrize(
    "variable, value",
    [
        ("POLAR_ISSUER", "http://id.example.com"),
        ("POLAR_ISSUER", ""),
        ("POLAR_SERVER_KEY", ""),
        ("POLAR_SERVER_KEY", " , "),
        ("POLAR_SERVER_KEY", "A" * 43),
    ],
)
def test_not_in_production(variable: str, value: str) -> None:
    """Production refuses an http issuer and a missing or weak server key, and names the remedy."""
    with pytest.raises(SettingsError, match=variable):
        settings.load({**PRODUCTION, variable: value})


def test_server_keys() -> None:
    """Several server keys are read newest first, with white space around them."""
    keys = settings.load({"POLAR_SERVER_KEY": f"{KEY} , {OLD_KEY},"}).server_keys()
    assert keys == [server_key.key_bytes(KEY), server_key.key_bytes(OLD_KEY)]
    assert [len(key) for key in keys] == [32, 32]


def test_repr_shows_no_secret() -> None:
    """Settings in a traceback or a log show no key and no password."""
    loaded = Settings(server_key=KEY, database_url="postgresql://u:quiet-lamp@h/d", smtp_url="smtp://u:quiet-lamp@h")
    assert KEY not in repr(loaded)
    assert "quiet-lamp" not in repr(loaded)


@pytest.mark.parametrize(
    "values, database",
    [
        ({}, "sqlite:///data/polar.db"),
        ({"data_dir": Path("/var/lib/polar")}, "sqlite:////var/lib/polar/polar.db"),
        ({"database_url": "postgresql://u@h/d"}, "postgresql://u@h/d"),
    ],
)
def test_database(values: dict[str, Path | str], database: str) -> None:
    """Without a URL, the database is a file in the data folder."""
    assert Settings(**values).database == database  # type: ignore[arg-type]


def test_development_key(tmp_path: Path) -> None:
    """A development machine's key is made once, in a folder made for it, and only its owner can read it."""
    folder = tmp_path / "new" / "data"
    key = settings.development_server_key(folder)
    assert settings.development_server_key(folder) == key
    assert stat.S_IMODE((folder / "server.key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["server.key"]


def test_development_key_of_workers_that_start_together(tmp_path: Path) -> None:
    """Workers that start at the same moment have the same key."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(settings.development_server_key, [tmp_path] * 32))
    assert len(keys) == 1


def test_the_second_key_is_not_written(tmp_path: Path) -> None:
    """A key that another worker wrote first stays."""
    path = tmp_path / "server.key"
    server_key._write_once(path, "first")
    server_key._write_once(path, "second")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_documentation() -> None:
    """Every setting has its variable, default and a sentence; secrets have no default to show."""
    rows = settings.describe()
    assert len(rows) == len(fields(Settings))
    assert rows[0] == ("POLAR_ISSUER", "http://localhost:8000", rows[0][2])
    assert all(variable.startswith("POLAR_") and text.endswith(".") for variable, _, text in rows)


def test_variables_of_other_programs_are_left_alone() -> None:
    """POLAR_ACCESS_TOKEN belongs to the SDKs; a name that looks like a setting of ours is a typing error."""
    assert settings.load({"POLAR_ACCESS_TOKEN": "x", "POLAR_ORGANIZATION_ID": "y"}) == settings.load({})
    with pytest.raises(SettingsError, match="Did you mean POLAR_ISSUER"):
        settings.load({"POLAR_ISUER": "x"})

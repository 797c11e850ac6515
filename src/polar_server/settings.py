"""Every setting of the server, in one frozen value; the only reader of the environment."""

import base64
import contextlib
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

PREFIX = "POLAR_"
# RFC 8414 §2: an https URL without query or fragment. We have no use for a path or a user name either.
_ISSUER = re.compile(r"https?://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
# Ten years in seconds fit, and sums of them stay far from the end of BIGINT.
_MOST = 10**9


class SettingsError(Exception):
    """A setting is missing or wrong. The message names the variable and the remedy."""


def _setting(default: Any, text: str, *, least: int = 1, secret: bool = False) -> Any:
    """A field with its text for the documentation; `least` is the smallest number, a secret stays out of the repr."""
    return field(default=default, repr=not secret, metadata={"text": text, "least": least})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings, each named as its variable without the prefix: `issuer` is `POLAR_ISSUER`.

    Durations are seconds. The text of each field is the documentation table's row.
    """

    issuer: str = _setting(
        "http://localhost:8000",
        "Public URL of this server, without a trailing slash. Every published URL starts with it.",
    )
    environment: str = _setting(
        "development",
        "`development` or `production`. Production refuses an http issuer and a missing or weak server key.",
    )
    data_dir: Path = field(
        default=Path("data"),
        metadata={"text": "Folder for the SQLite file, the development key and development mail."},
    )
    database_url: str = _setting(
        "",
        "`postgresql://user:password@host/name` or `sqlite:///path`. Empty: `polar.db` in the data folder.",
        secret=True,
    )
    database_connections: int = _setting(10, "PostgreSQL connections per worker.")
    server_key: str = _setting(
        "",
        "Server keys, newest first, separated by commas; each 32 random bytes in base64url. "
        "They digest tokens and seal secrets. In development one is made in the data folder.",
        secret=True,
    )
    access_token_lifetime: int = _setting(3600, "How long an access token works.")
    authorization_code_lifetime: int = _setting(600, "How long an authorization code waits to be redeemed.")
    refresh_token_lifetime: int = _setting(0, "How long an unused refresh token works. 0: until revoked.", least=0)
    refresh_grace: int = _setting(
        30,
        "For how long a repeated refresh gets the same answer again, for clients that lost the first. 0: never.",
        least=0,
    )
    id_token_lifetime: int = _setting(3600, "How long an ID token is valid.")
    registration: str = _setting(
        "open", "`open`: anyone may register a client (RFC 7591). `closed`: only people with an account."
    )
    registration_quota: int = _setting(20, "Clients one address may register in an hour without an account.", least=0)
    key_publish_ahead: int = _setting(86_400, "How long a new signing key is published before it signs.", least=0)
    key_retirement: int = _setting(2_592_000, "How long a replaced signing key stays published.", least=0)
    jwks_max_age: int = _setting(3600, "Cache lifetime that the key set and metadata announce.", least=0)
    session_lifetime: int = _setting(2_592_000, "Absolute lifetime of a browser session.")
    session_idle_lifetime: int = _setting(1_209_600, "A browser session ends after this long without use.")
    audit_retention: int = _setting(400, "Days for which the audit log keeps what was done.")
    password_workers: int = _setting(2, "Password hashes computed at the same time, per worker.")
    guesses_per_account: int = _setting(10, "Wrong passwords for one account, in fifteen minutes.")
    guesses_per_address: int = _setting(100, "Wrong passwords from one address, in fifteen minutes.")
    mails_per_address: int = _setting(20, "Mails one address may ask for in an hour.", least=0)
    smtp_url: str = _setting(
        "",
        "`smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`. "
        "Empty: mail becomes .eml files in the data folder.",
        secret=True,
    )
    mail_from: str = _setting("Polar <no-reply@localhost>", "Sender of every mail.")
    rate_limit_user: int = _setting(
        1000, "Calls of the API in any hour, for each person and client. 0: no limit.", least=0
    )
    rate_limit_organization: int = _setting(
        5000, "Calls of the API in any hour, for each organization and client. 0: no limit.", least=0
    )
    rate_limit_failed_authentication: int = _setting(
        60,
        "Failed authentications of one client from one address in any hour, and a tenth of those of all clients "
        "from that address. 0: no limit.",
        least=0,
    )
    rate_limit_checkout: int = _setting(
        2000, "Looks at checkouts and changes of them from one address, in any hour. 0: no limit.", least=0
    )
    rate_limit_confirmation: int = _setting(
        60, "Payments tried from one address, and those tried for one checkout, in any hour. 0: no limit.", least=0
    )
    rate_limit_url: str = _setting(
        "",
        "`redis://`, `rediss://` or `unix://` URL of a Valkey or Redis that counts calls for several hosts. "
        "Empty: the workers of this host count together in the data folder.",
        secret=True,
    )
    worker: bool = _setting(
        True, "Whether `serve` also delivers webhooks, in each worker. `false`: `polar-server worker` does, elsewhere."
    )
    outbound_loopback: bool = _setting(
        False,
        "Whether webhooks may go to this machine, over http and to any port. For development: production refuses it.",
    )
    storage_url: str = _setting(
        "",
        "`s3://bucket/folder?endpoint=https://host&region=name`, the folder and the endpoint only where needed: the "
        "bucket that files are in. Empty: `files` in the data folder, which all workers must share.",
    )
    storage_access_key: str = _setting("", "The access key id for POLAR_STORAGE_URL.")
    storage_secret_key: str = _setting("", "The secret access key for POLAR_STORAGE_URL.", secret=True)
    storage_quota: int = _setting(
        10_240, "MiB of files that one organization may keep, begun uploads included. 0: no limit.", least=0
    )
    secret_scanning_keys: str = _setting(
        "",
        "Public keys of a secret scanner, as GitHub lists its own: an https URL such as "
        "`https://api.github.com/meta/public_keys/secret_scanning`, or a file. "
        "Empty: no reports of leaked tokens are taken.",
    )
    trusted_proxies: str = _setting(
        "", "Addresses of reverse proxies, separated by commas, whose X-Forwarded-For names the client."
    )
    metrics_token: str = _setting(
        "",
        "Whoever sends this as a Bearer token to `/metrics` sees what Prometheus collects; at least 32 characters. "
        "Empty: there is no such page.",
        secret=True,
    )
    log_format: str = _setting("auto", "`json`, `text`, or `auto`: text on a terminal, json elsewhere.")

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry Secure and the __Host- prefix: an http issuer cannot set those in every browser."""
        return self.issuer.startswith("https://")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'polar.db'}"

    def server_keys(self) -> list[bytes]:
        """The server keys as bytes, newest first. Empty when none is set."""
        return [_key_bytes(text) for text in self.server_key.split(",") if text.strip()]


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from a TOML file, when POLAR_CONFIG names one, and from POLAR_* variables, which win.

    Raises SettingsError for an unknown name, a value of the wrong type, or values that do not go together.
    """
    environ = os.environ if environ is None else environ
    texts = _from_toml(environ.get(f"{PREFIX}CONFIG")) | _from_environ(environ)
    settings = Settings(**{name: _typed(name, text) for name, text in texts.items()})
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """Refuse settings that would start an unsafe or a broken server."""
    if not _ISSUER.fullmatch(settings.issuer):
        raise SettingsError(
            f"POLAR_ISSUER must look like https://id.example.com, without a path; it is {settings.issuer!r}."
        )
    if settings.environment not in ("development", "production"):
        raise SettingsError(f"POLAR_ENVIRONMENT must be development or production; it is {settings.environment!r}.")
    if settings.registration not in ("open", "closed"):
        raise SettingsError(f"POLAR_REGISTRATION must be open or closed; it is {settings.registration!r}.")
    if settings.rate_limit_url and not settings.rate_limit_url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError("POLAR_RATE_LIMIT_URL must begin with redis://, rediss:// or unix://.")
    if settings.metrics_token and not re.fullmatch("[!-~]{32,}", settings.metrics_token):
        raise SettingsError("POLAR_METRICS_TOKEN must be at least 32 visible ASCII characters, picked at random.")
    settings.server_keys()
    if settings.is_production:
        _check_production(settings)


def _check_production(settings: Settings) -> None:
    if not settings.issuer.startswith("https://"):
        raise SettingsError("POLAR_ISSUER must be an https URL in production: tokens would travel in clear.")
    if not settings.server_keys():
        raise SettingsError(
            "POLAR_SERVER_KEY is not set. Make one with `polar-server keys new-server-key`,"
            " and keep it outside the database and its backups."
        )
    if settings.outbound_loopback:
        raise SettingsError(
            "POLAR_OUTBOUND_LOOPBACK is for development: in production, whoever sets a webhook could call this machine."
        )


def development_server_key(data_dir: Path) -> bytes:
    """The server key of a development machine: made once, readable by its owner alone."""
    path = data_dir / "server.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _write_once(path, new_server_key() + "\n")
    return _key_bytes(path.read_text())


def _write_once(path: Path, text: str) -> None:
    """Write a private file unless there is one by now: workers that start together never see half a key."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        Path(draft).unlink()


def new_server_key() -> str:
    """32 random bytes as base64url, for POLAR_SERVER_KEY."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def describe() -> list[tuple[str, str, str]]:
    """(variable, default, text) of every setting, in order: the documentation table."""
    return [(f"{PREFIX}{f.name.upper()}", _shown(f.default), f.metadata["text"]) for f in fields(Settings)]


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _key_bytes(text: str) -> bytes:
    text = text.strip()
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise SettingsError("POLAR_SERVER_KEY is not base64url.") from error
    if len(key) < 32 or len(set(key)) < 8:
        raise SettingsError(
            "POLAR_SERVER_KEY is weak: it must be 32 random bytes. Make one with `polar-server keys new-server-key`."
        )
    return key


def _from_toml(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"POLAR_CONFIG names {path}, which cannot be read: {error}") from error


def _from_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables with our prefix; an empty one is not set."""
    found = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG" and value
    }
    return {name: value for name, value in found.items() if _is_meant_for_us(name)}


def _is_meant_for_us(name: str) -> bool:
    """Other programs share the prefix (POLAR_ACCESS_TOKEN of the SDKs); what looks like a setting is a typing error."""
    return name in _FIELDS or bool(get_close_matches(name, _FIELDS, n=1, cutoff=0.8))


_FIELDS = {f.name: f for f in fields(Settings)}


def _typed(name: str, value: object) -> Any:
    """The value of one setting, from the text of a variable or from a TOML value."""
    variable = f"{PREFIX}{name.upper()}"
    if name not in _FIELDS:
        likely = get_close_matches(name, _FIELDS, n=1)
        meant = f" Did you mean {PREFIX}{likely[0].upper()}?" if likely else ""
        raise SettingsError(f"{variable} is not a setting.{meant} `polar-server settings` lists them.")
    default = _FIELDS[name].default
    if isinstance(default, bool):
        return _boolean(variable, value)
    if isinstance(default, int):
        return _number(variable, value, _FIELDS[name].metadata["least"])
    if not isinstance(value, str):
        raise SettingsError(f"{variable} must be a text.")
    if name == "issuer":
        return value.removesuffix("/")
    return Path(value) if isinstance(default, Path) else value


def _boolean(variable: str, value: object) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise SettingsError(f"{variable} must be true or false; it is {str(value)[:20]!r}.")
    return str(value).lower() == "true"


def _number(variable: str, value: object, least: int) -> int:
    text = str(value)
    if not re.fullmatch("[0-9]{1,10}", text):
        raise SettingsError(f"{variable} must be a whole number; it is {text[:20]!r}.")
    if not least <= int(text) <= _MOST:
        raise SettingsError(f"{variable} must be between {least} and {_MOST}; it is {text}.")
    return int(text)

"""The settings themselves, each with its default and its row of the documentation."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from polar_server.settings.server_key import key_bytes

PREFIX = "POLAR_"


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
    database_connections: int = _setting(
        10, "PostgreSQL connections per worker, a third of them for requests of tokens.", least=2
    )
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
    password_workers: int = _setting(1, "Passwords hashed at once, per worker. Each takes 64 MiB and up to four cores.")
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
        return [key_bytes(text) for text in self.server_key.split(",") if text.strip()]


def describe() -> list[tuple[str, str, str]]:
    """(variable, default, text) of every setting, in order: the documentation table."""
    return [(f"{PREFIX}{f.name.upper()}", _shown(f.default), f.metadata["text"]) for f in fields(Settings)]


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)

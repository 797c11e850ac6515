"""What settings must be, each alone and together: an unsafe or broken server does not start."""

import re

from polar_server.settings.errors import SettingsError
from polar_server.settings.fields import Settings

# RFC 8414 §2: an https URL without query or fragment. We have no use for a path or a user name either.
_ISSUER = re.compile(r"https?://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


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

"""Every setting of the server, in one frozen value, read once and checked together."""

from polar_server.settings.checks import check
from polar_server.settings.errors import SettingsError
from polar_server.settings.fields import Settings, describe
from polar_server.settings.reading import load
from polar_server.settings.server_key import development_server_key, new_server_key

__all__ = [
    "Settings",
    "SettingsError",
    "check",
    "describe",
    "development_server_key",
    "load",
    "new_server_key",
]

"""Settings read from a TOML file and from variables: the only reader of the environment."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from polar_server.settings.checks import check
from polar_server.settings.errors import SettingsError
from polar_server.settings.fields import PREFIX, Settings

# Ten years in seconds fit, and sums of them stay far from the end of BIGINT.
_MOST = 10**9
_FIELDS = {f.name: f for f in fields(Settings)}


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from a TOML file, when POLAR_CONFIG names one, and from POLAR_* variables, which win.

    Raises SettingsError for an unknown name, a value of the wrong type, or values that do not go together.
    """
    environ = os.environ if environ is None else environ
    texts = _from_toml(environ.get(f"{PREFIX}CONFIG")) | _from_environ(environ)
    settings = Settings(**{name: _typed(name, text) for name, text in texts.items()})
    check(settings)
    return settings


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
    return name in _FIELDS or bool(_likely(name, 0.8))


def _likely(name: str, similar: float) -> list[str]:
    from difflib import get_close_matches  # noqa: PLC0415 - only for names that are wrong

    return get_close_matches(name, _FIELDS, n=1, cutoff=similar)


def _typed(name: str, value: object) -> Any:
    """The value of one setting, from the text of a variable or from a TOML value."""
    variable = f"{PREFIX}{name.upper()}"
    if name not in _FIELDS:
        likely = _likely(name, 0.6)
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

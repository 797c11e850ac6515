"""The server key as it is set, or as a development machine makes its own."""

import base64
import contextlib
import os
import tempfile
from pathlib import Path

from polar_server.settings.errors import SettingsError


def development_server_key(data_dir: Path) -> bytes:
    """The server key of a development machine: made once, readable by its owner alone."""
    path = data_dir / "server.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        _write_once(path, new_server_key() + "\n")
    return key_bytes(path.read_text())


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


def key_bytes(text: str) -> bytes:
    """The bytes of one key. Raises SettingsError for what is no base64url, or weak."""
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

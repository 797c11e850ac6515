"""Where this computer keeps its sign-ins: the system's keyring, or a file that only its owner may read."""

import importlib
import os
import secrets
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from polar_client.errors import PolarError
from polar_client.oauth import Store

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

SERVICE = "polar-client"
"""The name under which the keyring shows what is kept."""

Place: TypeAlias = Literal["keyring", "file"]


def folder() -> Path:
    """The folder of `polar`: POLAR_CONFIG_DIR, or where the platform has such things."""
    if chosen := os.environ.get("POLAR_CONFIG_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "polar"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "polar"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "polar"


def store_at(place: Place, folder: Path) -> Store:
    """What keeps the sign-ins."""
    return KeyringStore() if place == "keyring" else FileStore(folder / "sign-ins.json")


def best_place() -> Place:
    """The keyring if it is installed and gives back what it is given, else the file."""
    name, value = f"test {secrets.token_hex(8)}", secrets.token_bytes(8).hex().encode()
    try:
        keyring = KeyringStore()
        keyring.put(name, value)
        found = keyring.get(name)
        keyring.remove(name)
    except KeyringFailed:
        return "file"
    return "keyring" if found == value else "file"


class KeyringFailed(PolarError):
    """The keyring does not answer."""


class KeyringStore:
    """Keeps texts in the system's keyring, by the library `keyring`. Its methods raise KeyringFailed."""

    def get(self, name: str) -> bytes | None:
        """What is kept, or None."""
        value: str | None = self._ask("get_password", name)
        return None if value is None else value.encode()

    def put(self, name: str, value: bytes) -> None:
        """Keep it, in place of what was there."""
        self._ask("set_password", name, value.decode())

    def remove(self, name: str) -> None:
        """Forget it, if it is there."""
        if self.get(name) is not None:
            self._ask("delete_password", name)

    def _ask(self, method: str, *arguments: str) -> Any:
        try:
            return getattr(importlib.import_module("keyring"), method)(SERVICE, *arguments)
        except Exception as error:  # noqa: BLE001  backends fail in ways of their own: none there, locked, no session
            reason = type(error).__name__
        # Raised out here, so that no report shows the keyring's own error, which may quote what it was given.
        raise KeyringFailed(
            f"The keyring, where the sign-in is kept, does not answer ({reason}). Unlock it, or delete the folder "
            f"{folder()} and sign in again."
        )


class FileStore:
    """Keeps texts in one file with mode 0600. Whoever writes holds the lock of the folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> bytes | None:
        """What is kept, or None."""
        value = self._all().get(name)
        return None if value is None else value.encode()

    def put(self, name: str, value: bytes) -> None:
        """Keep it, in place of what was there."""
        write_privately(self._path, msgspec.json.encode({**self._all(), name: value.decode()}))

    def remove(self, name: str) -> None:
        """Forget it, if it is there."""
        others = {other: value for other, value in self._all().items() if other != name}
        write_privately(self._path, msgspec.json.encode(others))

    def _all(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}


def write_privately(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Let one process at a time change what is kept. The lock ends with the process, however that ends."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600), "wb") as file:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield

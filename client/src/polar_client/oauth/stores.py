"""Where tokens are kept, encrypted: in memory, in a SQLite file, or in whatever has these three methods."""

import os
import secrets
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from polar_client.oauth.tokens import Tokens

_NONCE = 12
_PURPOSE = b"polar_client tokens\n"


class Store(Protocol):
    """Keeps bytes under names. Threads use it at the same time."""

    def get(self, name: str) -> bytes | None:
        """What is kept, or None."""
        ...

    def put(self, name: str, value: bytes) -> None:
        """Keep it, in place of what was there."""
        ...

    def remove(self, name: str) -> None:
        """Forget it, if it is there."""
        ...


class MemoryStore:
    """Keeps it as long as the process runs."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        """What is kept, or None."""
        return self._kept.get(name)

    def put(self, name: str, value: bytes) -> None:
        """Keep it, in place of what was there."""
        self._kept[name] = value

    def remove(self, name: str) -> None:
        """Forget it, if it is there."""
        self._kept.pop(name, None)


class SQLiteStore:
    """Keeps it in a file that only its owner may read. Processes may share one."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._writing() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS tokens (name TEXT PRIMARY KEY, value BLOB NOT NULL)")

    def get(self, name: str) -> bytes | None:
        """What is kept, or None."""
        with self._writing() as connection:
            row = connection.execute("SELECT value FROM tokens WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, name: str, value: bytes) -> None:
        """Keep it, in place of what was there."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO tokens (name, value) VALUES (?, ?)", (name, value))

    def remove(self, name: str) -> None:
        """Forget it, if it is there."""
        with self._writing() as connection:
            connection.execute("DELETE FROM tokens WHERE name = ?", (name,))

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        # A connection of its own costs less than a refresh, and belongs to one thread.
        with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
            yield connection


class Vault:
    """Tokens in a store, sealed with AES-256-GCM. What is sealed under one name cannot be opened under another.

    The first key seals, all of them open: put a new key in front to change it. Keys come from `new_key` and do not
    belong beside the store.
    """

    def __init__(self, store: Store, *keys: bytes) -> None:
        if not keys or any(len(key) != 32 for key in keys):
            raise ValueError("A vault needs a key of 32 bytes: see new_key().")
        self._store = store
        self._ciphers = [AESGCM(key) for key in keys]

    def load(self, name: str) -> Tokens | None:
        """The tokens of this name, None when there are none that these keys open."""
        sealed = self._store.get(name)
        return None if sealed is None else self._opened(name, sealed)

    def save(self, name: str, tokens: Tokens) -> None:
        """Keep tokens."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._ciphers[0].encrypt(nonce, msgspec.json.encode(tokens), _PURPOSE + name.encode())
        self._store.put(name, nonce + sealed)

    def remove(self, name: str) -> None:
        """Forget tokens."""
        self._store.remove(name)

    def _opened(self, name: str, sealed: bytes) -> Tokens | None:
        for cipher in self._ciphers:
            try:
                opened = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _PURPOSE + name.encode())
            except InvalidTag:
                continue
            return msgspec.json.decode(opened, type=Tokens)
        return None


def new_key() -> bytes:
    """A key for a vault: 32 random bytes."""
    return secrets.token_bytes(32)

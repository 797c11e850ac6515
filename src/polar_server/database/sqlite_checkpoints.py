"""Moving SQLite's write-ahead log into the database file, in a thread of its own, so that no request waits for it."""

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

_EVERY = 1000
"""Changed rows between two checkpoints."""
_LARGE_LOG = 16 * 1024 * 1024
"""Bytes after which the log is emptied, which holds up writers (never readers) for a moment."""


class Checkpoints:
    """The thread and its connection. Readers and writers go on while it copies."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._log = path.with_name(f"{path.name}-wal")
        self._changes = 0
        self._due = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="polar-sqlite-checkpoints", daemon=True)
        self._thread.start()

    def notice(self, changes: int) -> None:
        """Hear how many rows the writer has changed since it was opened."""
        if changes - self._changes >= _EVERY:
            self._changes = changes
            self._due.set()

    def close(self) -> None:
        self._closing = True
        self._due.set()
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while self._due.wait() and not self._closing:
            self._due.clear()
            # A checkpoint that cannot run now is made up for by the next one.
            with suppress(sqlite3.Error, OSError):
                self._checkpoint()

    def _checkpoint(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        # Under a steady load of writes the passive kind never reaches the end, and the log would grow for ever.
        if self._log.stat().st_size > _LARGE_LOG:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

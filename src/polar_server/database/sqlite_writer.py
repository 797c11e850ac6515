"""SQLite's one writer: bodies run one after the other and are committed together, off the event loop."""

import asyncio
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from polar_server.database.interface import Unavailable

_BEGIN_WAIT = 10.0
"""Seconds to wait for another process's transaction."""


class Writer:
    """A group is one BEGIN IMMEDIATE ... COMMIT; each body in it is a SAVEPOINT.

    The connection belongs to the event loop, except while it is `_away`: then the thread begins or commits with it,
    and bodies wait for their turn; together they form the next group.
    """

    def __init__(
        self, connection: sqlite3.Connection, loop: asyncio.AbstractEventLoop, committed: Callable[[int], None]
    ) -> None:
        self.execute: Callable[..., sqlite3.Cursor] = connection.execute
        self._connection = connection
        self._loop = loop
        self._committed = committed
        self._inside = self._away = self._ending = self._closed = False
        self._waiters: list[asyncio.Future[None]] = []
        self._members: list[asyncio.Future[None]] = []
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="polar-sqlite-writer", daemon=True)
        self._thread.start()

    def enter(self) -> bool:
        """Begin a body; False when it must wait for its `turn` and try again."""
        if self._inside or self._away:
            return False
        if self._closed:
            raise Unavailable("The database is closed.")
        try:
            if not self._connection.in_transaction and not self._begin():
                return False
            self.execute("SAVEPOINT body")
        except sqlite3.Error as error:
            self._end_soon()
            raise Unavailable(f"SQLite: {error}") from error
        self._inside = True
        return True

    async def turn(self) -> None:
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiters.append(waiter)
        await waiter

    async def leave(self) -> None:
        """End a body and wait until its group is on disk. Raises Unavailable when that fails."""
        try:
            self.execute("RELEASE body")
        except sqlite3.Error as error:
            self._left()
            raise Unavailable(f"SQLite: {error}") from error
        committed: asyncio.Future[None] = self._loop.create_future()
        self._members.append(committed)
        self._left()
        await committed

    def undo(self) -> None:
        """End a body and forget what it did."""
        # A full disk or an I/O error has already ended the whole transaction: no savepoint is left.
        with suppress(sqlite3.Error):
            self.execute("ROLLBACK TO body")
            self.execute("RELEASE body")
        self._left()

    async def close(self) -> None:
        while self._inside or self._away or self._ending:
            with suppress(Unavailable):
                await self.turn()
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _left(self) -> None:
        self._inside = False
        if not self._connection.in_transaction:
            self._settle("the transaction was lost")
        self._wake(None)
        self._end_soon()

    def _end_soon(self) -> None:
        """Commit after everyone who is ready now has had a turn: that is how groups form."""
        if not self._ending:
            self._ending = True
            self._loop.call_soon(self._end)

    def _end(self) -> None:
        self._ending = False
        if self._inside or self._away or not self._connection.in_transaction:
            return self._wake(None)
        self._away = True
        return self._jobs.put(self._commit)

    def _begin(self) -> bool:
        try:
            self.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            self._away = True
            self._jobs.put(self._begin_patiently)
            return False
        return True

    def _settle(self, failure: str | None) -> None:
        members, self._members = self._members, []
        _resolve(members, failure)

    def _wake(self, failure: str | None) -> None:
        waiters, self._waiters = self._waiters, []
        _resolve(waiters, failure)

    # What follows runs in the thread, except the two that it calls back.

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _commit(self) -> None:
        before, failure = self._connection.total_changes, None
        try:
            self.execute("COMMIT")
        except sqlite3.Error as error:
            failure = str(error)
            with suppress(sqlite3.Error):
                self.execute("ROLLBACK")
        self._call_back(self._after_commit, failure)
        self._committed(before)

    def _begin_patiently(self) -> None:
        # Short waits of different lengths: SQLite's own grow to 100 ms, and other processes would always be faster.
        deadline, failure = time.monotonic() + _BEGIN_WAIT, None
        while True:
            try:
                self.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.Error as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    failure = str(error)
                    break
            time.sleep(random.uniform(0.0002, 0.002))  # noqa: S311
        self._call_back(self._after_begin, failure)

    def _call_back(self, callback: Callable[[str | None], None], failure: str | None) -> None:
        # A loop that was closed without close() has nobody left to tell.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, failure)

    def _after_commit(self, failure: str | None) -> None:
        self._away = False
        self._settle(failure)
        self._wake(None)

    def _after_begin(self, failure: str | None) -> None:
        self._away = False
        self._wake(failure)
        # Everyone who waited may be gone; the transaction must not stay.
        self._end_soon()


def _resolve(futures: list[asyncio.Future[Any]], failure: str | None) -> None:
    for future in futures:
        if future.done():
            continue
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(Unavailable(f"SQLite: {failure}"))

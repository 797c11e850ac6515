"""Connections to PostgreSQL: the last one given back is the next one taken, so few of them are kept warm."""

import asyncio
import socket
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from typing import Any

import asyncpg

from polar_server.database.interface import Row, Unavailable
from polar_server.database.postgres_errors import translated

_OPEN_WAIT = 5.0
"""Seconds to wait for a new connection."""
_TURN_WAIT = 5.0
"""Seconds to wait for another request's connection."""
_MOST_PREPARED = 1000

_SERVER_SETTINGS = {
    "application_name": "polar-server",
    "jit": "off",  # compiling costs more than any of our statements
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}
# A host that vanished is noticed after about 30 seconds, without a timer for each statement.
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 30_000}


class Connection:
    """One connection and what was prepared on it."""

    __slots__ = ("_has_place", "_names", "_prepared", "raw")

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self._has_place = True
        self._prepared: dict[str, Any] = {}
        self._names = count(1)

    async def first(self, text: str, arguments: Sequence[Any]) -> Row | None:
        prepared = self._prepared.get(text) or await self._prepare(text)
        return await prepared.fetchrow(*arguments)  # type: ignore[no-any-return]

    async def all(self, text: str, arguments: Sequence[Any]) -> list[Row]:
        prepared = self._prepared.get(text) or await self._prepare(text)
        return await prepared.fetch(*arguments)  # type: ignore[no-any-return]

    async def run(self, text: str, arguments: Sequence[Any]) -> int:
        prepared = self._prepared.get(text) or await self._prepare(text)
        await prepared.fetch(*arguments)
        # "UPDATE 3", "INSERT 0 1", "CREATE TABLE"
        number: str = prepared.get_statusmsg().rpartition(" ")[2]
        return int(number) if number.isdecimal() else 0

    def leave_place(self) -> bool:
        """End the connection at once; True the first time, when its place becomes free."""
        self.raw.terminate()
        had_place, self._has_place = self._has_place, False
        return had_place

    async def _prepare(self, text: str) -> Any:
        if len(self._prepared) >= _MOST_PREPARED:
            self._prepared.clear()
        prepared = self._prepared[text] = await self.raw.prepare(text, name=f"polar_{next(self._names)}")
        return prepared


class Connections:
    """At most `limit` connections to `url`, with these settings. Waiting for one is bounded: Unavailable."""

    def __init__(self, url: str, limit: int, **settings: str) -> None:
        self._url = url
        self._settings = _SERVER_SETTINGS | settings
        self._places = limit  # how many more may be opened
        self._idle: list[Connection] = []
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = True

    def open(self) -> None:
        self._closed = False

    async def close(self) -> None:
        """Close what is idle; what is in use is closed when it is given back."""
        self._closed = True
        while self._idle:
            connection = self._idle.pop()
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.raw.close(timeout=2)
            self.drop(connection)

    def idle(self) -> Connection | None:
        """The connection given back last, if one is idle and alive."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.raw.is_closed():
                return connection
            self.drop(connection)
        return None

    async def take(self) -> Connection:
        """A connection: idle, new, or another request's when that gives it back."""
        if self._closed:
            raise Unavailable("The database is not open.")
        connection = self.idle()
        if connection is None and self._places:
            self._places -= 1
        elif connection is None:
            connection = await self._turn()
        return connection or await self._open()

    async def replace(self, connection: Connection) -> Connection:
        """A new connection for a broken one. The idle ones, likely as dead, are dropped with it."""
        self._idle, idle = [], self._idle
        for each in idle:
            self.drop(each)
        connection.leave_place()
        return await self._open()

    def give(self, connection: Connection) -> None:
        """Give back a connection that has no transaction open."""
        if self._closed or connection.raw.is_closed():
            self.drop(connection)
        elif not self._pass_on(connection):
            self._idle.append(connection)

    def drop(self, connection: Connection) -> None:
        """Give back a connection in an unknown state: the server rolls back what was open."""
        if connection.leave_place():
            self._free_place()

    def _free_place(self) -> None:
        if not self._pass_on(None):
            self._places += 1

    def _pass_on(self, connection: Connection | None) -> bool:
        """Give the longest waiter a connection, or (None) the place to open one."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False

    async def _turn(self) -> Connection | None:
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(_TURN_WAIT):
                return await waiter
        except BaseException as error:
            # The turn may have come together with the end of the wait.
            if waiter.done() and not waiter.cancelled():
                self._pass_back(waiter.result())
            if isinstance(error, TimeoutError):
                raise Unavailable("All connections to PostgreSQL are busy.") from None
            raise

    def _pass_back(self, connection: Connection | None) -> None:
        if connection is None:
            self._free_place()
        else:
            self.give(connection)

    async def _open(self) -> Connection:
        """Open a connection in a place that the caller holds."""
        try:
            raw = await asyncpg.connect(
                self._url, timeout=_OPEN_WAIT, statement_cache_size=0, server_settings=self._settings
            )
        except BaseException as error:
            self._free_place()
            if isinstance(error, Exception):
                raise _unreachable(error) from None
            raise
        _keep_alive(raw)
        return Connection(raw)


def _unreachable(error: Exception) -> Exception:
    if isinstance(error, asyncpg.PostgresError):  # also a wrong password or a missing database
        return Unavailable(f"PostgreSQL: {error.message or error}")
    return translated(error)


def _keep_alive(raw: Any) -> None:
    peer = raw._transport.get_extra_info("socket")  # noqa: SLF001 - asyncpg has no public way to its socket
    if peer is None or peer.family not in (socket.AF_INET, socket.AF_INET6):
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

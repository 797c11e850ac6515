"""Shared statements on PostgreSQL: who asks while a run is on its way is answered by the next one, all at once."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from polar_server.database.interface import Row, Unavailable
from polar_server.database.postgres_blocks import Read, Single
from polar_server.database.postgres_connections import Connection, Connections
from polar_server.database.statements import SharedStatement

_MOST = 64
"""Requests in one run. The cost of a round trip is next to nothing for each of so many."""


class _Request(NamedTuple):
    """The values of one request, and where its row goes."""

    values: list[Any]
    row: "asyncio.Future[Row | None]"


class SharedRuns:
    """Every shared statement that was asked, each with its own queue."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._queues: dict[SharedStatement, _Queue] = {}

    def ask(self, statement: SharedStatement, values: list[Any]) -> "asyncio.Future[Row | None]":
        """The row of one request, whose columns end with a number that means nothing to it."""
        queue = self._queues.get(statement)
        if queue is None:
            queue = self._queues[statement] = _Queue(statement, self._connections)
        return queue.ask(values)


class _Queue:
    """The requests of one statement, which runs once at a time.

    A run begins after everybody in it has asked, so nobody sees less than what was committed when they did.
    """

    def __init__(self, statement: SharedStatement, connections: Connections) -> None:
        self._text = statement.postgres
        self._only_reads = statement.only_reads
        self._connections = connections
        self._requests: list[_Request] = []
        self._work: asyncio.Task[None] | None = None

    def ask(self, values: list[Any]) -> "asyncio.Future[Row | None]":
        loop = asyncio.get_running_loop()
        request = _Request(values, loop.create_future())
        self._requests.append(request)
        if self._work is None:
            # The task begins when everyone who is ready now has asked.
            self._work = loop.create_task(self._answer_all())
        return request.row

    async def _answer_all(self) -> None:
        try:
            while self._requests:
                requests, self._requests = self._requests[:_MOST], self._requests[_MOST:]
                if waiting := [request for request in requests if not request.row.done()]:
                    await self._answer(waiting)
        finally:
            self._work = None

    async def _answer(self, requests: list[_Request]) -> None:
        try:
            rows = await self._run(requests)
        except Exception as error:  # noqa: BLE001 - everybody gets it
            await self._refuse(requests, error)
            return
        for request, row in zip(requests, rows, strict=True):
            if not request.row.done():
                request.row.set_result(row)

    async def _refuse(self, requests: list[_Request], error: Exception) -> None:
        """Tell whom it may concern: what one request asks must not fail another's."""
        if isinstance(error, Unavailable) or len(requests) == 1:
            for request in requests:
                if not request.row.done():
                    request.row.set_exception(error)
            return
        for request in requests:
            await self._answer([request])

    async def _run(self, requests: list[_Request]) -> Sequence[Row | None]:
        if not self._only_reads:
            # Every process locks rows in the same order, so two runs never wait for each other.
            requests.sort(key=lambda request: request.values[0])
        async with (Read if self._only_reads else Single)(self._connections) as tx:
            arrays = list(zip(*(request.values for request in requests), strict=True))
            found = {row[-1]: row for row in await tx.do(Connection.all, self._text, arrays)}
        return [found.get(number) for number in range(1, len(requests) + 1)]

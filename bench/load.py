"""The load generator: keep-alive connections on raw sockets, each sending its next request when it has its answer."""

import asyncio
import gc
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import uvloop


@dataclass(frozen=True, slots=True)
class Job:
    """Requests as bytes, ready to be sent, and the status that each must be answered with."""

    port: int
    connections: int
    status: int
    requests: list[bytes]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job. `latencies` are nanoseconds, ascending; `answer` is the last body; `wrong` is a sample."""

    seconds: float
    latencies: list[int]
    sent_bytes: int
    received_bytes: int
    answer: bytes
    failures: int
    wrong: bytes


def start(core: int) -> None:
    """Make this process a load generator on a core of its own."""
    os.sched_setaffinity(0, {core})


def run(job: Job) -> Outcome:
    """Send every request once. Raises ConnectionError when the server closes a connection."""
    gc.disable()
    try:
        return uvloop.run(_run(job))
    finally:
        gc.enable()


async def _run(job: Job) -> Outcome:
    loop, requests = asyncio.get_running_loop(), iter(job.requests)
    connections = [_Connection(requests, b"HTTP/1.1 %d " % job.status) for _ in range(job.connections)]
    for connection in connections:
        await loop.create_connection(connection.protocol, "127.0.0.1", job.port)
    _stay_awake(loop)
    began = time.perf_counter()
    for connection in connections:
        connection.send_next()
    await asyncio.gather(*(connection.finished for connection in connections))
    seconds = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return _outcome(job, connections, seconds)


def _stay_awake(loop: asyncio.AbstractEventLoop) -> None:
    """Never sleep: the server would pay for waking this core, which no client elsewhere costs it."""
    loop.call_soon(_stay_awake, loop)


def _outcome(job: Job, connections: list["_Connection"], seconds: float) -> Outcome:
    return Outcome(
        seconds,
        sorted(latency for connection in connections for latency in connection.latencies),
        sum(len(request) for request in job.requests),
        sum(connection.received for connection in connections),
        connections[0].answer,
        sum(connection.failures for connection in connections),
        next((connection.wrong for connection in connections if connection.wrong), b""),
    )


class _Connection(asyncio.Protocol):
    """One keep-alive connection; all of them take from the same requests."""

    def __init__(self, requests: Iterator[bytes], expected: bytes) -> None:
        self._requests, self._expected = requests, expected
        self._transport: asyncio.Transport
        self._buffer = b""
        self._sent_at = 0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[int] = []
        self.received = self.failures = 0
        self.answer = self.wrong = b""

    def protocol(self) -> "_Connection":
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send_next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.finished.set_result(None)
            return
        self._sent_at = time.perf_counter_ns()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end or len(body) < _content_length(head):
            return
        self.latencies.append(time.perf_counter_ns() - self._sent_at)
        self.received += len(self._buffer)
        if not self._buffer.startswith(self._expected):
            self.failures += 1
            self.wrong = self._buffer
        self.answer, self._buffer = body, b""
        self.send_next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(error or ConnectionError("The server closed a connection."))

    def close(self) -> None:
        self._transport.close()


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0])

"""The HTTP protocol of the plain endpoints: no ASGI between parser and endpoint, and one write for an answer."""

import asyncio
from collections.abc import Coroutine, Generator, Sequence
from functools import lru_cache
from types import coroutine
from typing import Any, cast

import structlog
from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE

from polar_server.idle_connections import PatientProtocol
from polar_server.plain import Headers, Request, Response
from polar_server.plain_asgi import MAX_BODY, PlainEndpoints

Answer = Coroutine[Any, Any, Response]

log = structlog.get_logger()


class _NoEvent:
    """Nobody waits for the messages of an exchange."""

    def set(self) -> None: ...


class Exchange:
    """A plain request until it is answered, with the attributes that uvicorn looks at in its RequestResponseCycle."""

    __slots__ = ("body", "disconnected", "headers", "keep_alive", "method", "more_body", "path", "response_complete")
    message_event = _NoEvent()

    def __init__(self, method: str, path: str, headers: Headers, *, keep_alive: bool) -> None:
        self.method, self.path, self.headers, self.keep_alive = method, path, headers, keep_alive
        self.body, self.more_body = bytearray(), True
        self.disconnected = self.response_complete = False


class PlainProtocol(PatientProtocol):
    """uvicorn's protocol, with a shorter way for what PlainEndpoints answers by exact path.

    uvicorn still parses, and decides about keep-alive, pipelining and shutdown. Whatever is unusual takes its own way.
    """

    app: Any
    cycle: Any

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        is_usual = isinstance(self.app, PlainEndpoints) and self.limit_concurrency is None and not self.access_log
        self._urls = self.app.urls if is_usual else frozenset[bytes]()

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        if self._is_plain():
            method, path = self.parser.get_method().decode("ascii"), self.url.decode("ascii")
            self.cycle = Exchange(method, path, self.headers, keep_alive=self.parser.should_keep_alive())
            return
        # What uvicorn would have made when the message began: a scope.
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _is_plain(self) -> bool:
        return (
            self.url in self._urls
            and (self.cycle is None or self.cycle.response_complete)
            and not self.expect_100_continue
            and not self.flow.write_paused
            and self.parser.get_http_version() == "1.1"
            and not self.parser.should_upgrade()
        )

    def on_body(self, body: bytes) -> None:
        exchange = self.cycle
        if type(exchange) is not Exchange:
            super().on_body(body)
        elif exchange.more_body:
            exchange.body += body
            if len(exchange.body) > MAX_BODY:
                self._begin(exchange)

    def on_message_complete(self) -> None:
        exchange = self.cycle
        if type(exchange) is not Exchange:
            super().on_message_complete()
        elif exchange.more_body:
            self._begin(exchange)

    def _begin(self, exchange: Exchange) -> None:
        exchange.more_body = False
        peer = self.client[0] if self.client else ""
        answer = self.app.answer(Request(exchange.method, exchange.path, exchange.headers, bytes(exchange.body), peer))
        if exchange.path not in self.app.at_once:
            self._go_on(exchange, answer)
            return
        try:
            awaited = answer.send(None)
        except StopIteration as ended:
            self._reply(exchange, ended.value)
        else:
            self._go_on(exchange, _rest(answer, awaited))

    def _go_on(self, exchange: Exchange, answer: Answer) -> None:
        task = self.loop.create_task(self._finish(exchange, answer))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _finish(self, exchange: Exchange, answer: Answer) -> None:
        try:
            response = await answer
        except asyncio.CancelledError:
            # The server stops, and its patience has ended.
            self.transport.close()
            raise
        if not exchange.disconnected:
            self._reply(exchange, response)

    def _reply(self, exchange: Exchange, response: Response) -> None:
        self.app.count_request(response.status)
        try:
            head = self._head(exchange, response)
        except ValueError:
            log.error("invalid_header", path=exchange.path)  # noqa: TRY400 - the header may hold what logs must not
            self.transport.close()
            return
        self.transport.write(head if exchange.method == "HEAD" else head + response.body)
        exchange.response_complete = True
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _head(self, exchange: Exchange, response: Response) -> bytes:
        """The status line and the headers of an answer. Raises ValueError for a value that cannot be one."""
        before = _kept_lines(tuple(self.server_state.default_headers))
        after = _kept_lines(response.headers)
        own = _lines(response.own) if response.own else b""
        added = _kept_lines(self.app.added_headers(exchange.headers))
        end = b"\r\n" if exchange.keep_alive else b"connection: close\r\n\r\n"
        length = b"content-length: %d\r\n" % len(response.body)
        return b"".join((STATUS_LINE[response.status], before, length, after, own, added, end))


def _lines(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Headers as they are sent. Raises ValueError for a value with a line's end in it."""
    if HEADER_VALUE_RE.search(b"".join([value for _, value in headers])):
        raise ValueError("a header has an invalid value")
    return b"".join([b"%b: %b\r\n" % header for header in headers])


_kept_lines = lru_cache(maxsize=128)(_lines)
"""The same for headers that many answers have."""


@coroutine
def _rest(answer: Answer, awaited: Any) -> Generator[Any, Any, Response]:
    """What is left of a coroutine that has come to await something, for a task to go on with."""
    while True:
        try:
            step, value = answer.send, (yield awaited)
        except BaseException as error:  # noqa: BLE001 - it is the coroutine's to handle
            step, value = answer.throw, error
        try:
            awaited = step(value)
        except StopIteration as ended:
            return cast("Response", ended.value)

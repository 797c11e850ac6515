"""The protocol of the plain endpoints, beside uvicorn's own, which says what each exchange has to look like."""

import asyncio
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from polar_server import plain_asgi
from polar_server.plain import Request, Response
from polar_server.plain_asgi import MAX_BODY, PlainEndpoints
from polar_server.plain_protocol import PlainProtocol

DATE = [(b"date", b"Tue, 24 Nov 2026 12:00:00 GMT")]
POST = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"
LATER = b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
PAGE = b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n"
TOO_LONG = b"x" * (MAX_BODY + 1)

ORDINARY: dict[str, list[bytes]] = {
    "get": [GET],
    "head": [GET.replace(b"GET", b"HEAD")],
    "post": [POST + b"Content-Length: 3\r\n\r\nabc"],
    "a head in pieces": [POST[:9], POST[9:] + b"Content-", b"Length: 3\r\n\r\nabc"],
    "a body in pieces": [POST + b"Content-Length: 6\r\n\r\nab", b"cd", b"ef"],
    "a chunked body": [POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"],
    "the longest body": [POST + b"Content-Length: %d\r\n\r\n" % MAX_BODY, TOO_LONG[1:]],
    "one after the other": [GET, POST + b"Content-Length: 3\r\n\r\nabc", GET],
    "several in one piece": [GET + POST + b"Content-Length: 3\r\n\r\nabc" + GET],
    "a script of another origin": [GET.replace(b"Host", b"Origin: https://a.example\r\nHost")],
    "what another method may do": [GET.replace(b"GET", b"OPTIONS")],
    "a method that is none of its": [GET.replace(b"GET", b"PUT")],
    "close": [GET.replace(b"Host", b"Connection: close\r\nHost")],
    "the endpoint refuses, then works": [LATER.replace(b"later", b"broken"), GET],
    "a body that is too long": [POST + b"Content-Length: %d\r\n\r\n" % (2 * len(TOO_LONG)), TOO_LONG, TOO_LONG, GET],
    "an endpoint that waits": [LATER],
    "an endpoint that waits, and two in line": [LATER + GET + LATER],
    "an endpoint that waits, and fails": [LATER.replace(b"later", b"failing")],
}
UNUSUAL: dict[str, list[bytes]] = {
    "a page": [PAGE],
    "a query": [GET.replace(b"/echo", b"/echo?a=b")],
    "a path in escapes": [GET.replace(b"/echo", b"/%65cho")],
    "a body that waits to be asked for": [POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", b"abc"],
    "HTTP/1.0": [GET.replace(b"1.1", b"1.0")],
    "an upgrade": [GET.replace(b"Host", b"Connection: upgrade\r\nUpgrade: h2c\r\nHost")],
    "no HTTP": [b"HELLO\r\n\r\n"],
    "a page, and another request in line": [PAGE + GET],
}


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 9), "sockname": ("127.0.0.1", 8)})
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        if not self.closed and data:
            self.writes.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Wire:
    """A connection to a handful of endpoints by one of the protocols."""

    issuer = "https://example.org"

    def __init__(self, kind: type[HttpToolsProtocol], *, at_once: bool = True, **settings: Any) -> None:
        self.counted: list[int] = []
        self.release = asyncio.Event()
        methods = dict.fromkeys(("GET", "HEAD", "POST"), self.echo)
        endpoints = {"/echo": methods, "/later": {"GET": self.later}}
        endpoints |= {"/failing": {"GET": self.failing}, "/broken": {"GET": self.broken}}
        framework: Any = self.page
        app = PlainEndpoints(self, endpoints, {}, framework, self.counted.append, endpoints if at_once else ())
        config = Config(app, ws="none", log_config=None, access_log=False, proxy_headers=False, **settings)
        config.load()
        self.state, self.transport = ServerState(), Transport()
        self.state.default_headers = DATE
        self.protocol = kind(config, self.state, {})
        self.protocol.connection_made(self.transport)

    async def echo(self, _: Any, request: Request) -> Response:
        return Response(
            200,
            b"%s %s" % (request.peer.encode(), request.body),
            ((b"content-type", b"text/plain"),),
            [(b"x-own", b"1")],
        )

    async def later(self, _: Any, request: Request) -> Response:
        await self.release.wait()
        await asyncio.sleep(0)
        return await self.echo(_, request)

    async def failing(self, _: Any, request: Request) -> Response:
        await self.release.wait()
        raise ValueError(request.path)

    async def broken(self, _: Any, request: Request) -> Response:
        raise ValueError(request.path)

    async def page(self, _: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"page"})

    async def send(self, pieces: list[bytes]) -> bytes:
        for piece in pieces:
            self.protocol.data_received(piece)
            await turns()
        self.release.set()
        await turns()
        return b"".join(self.transport.writes)


async def turns() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("pieces", ORDINARY.values(), ids=ORDINARY)
async def test_an_answer_is_what_uvicorn_sends_in_one_write(pieces: list[bytes], *, at_once: bool) -> None:
    """Byte for byte the answers are those of uvicorn's protocol, counted alike, and each leaves in one write."""
    ours, theirs = Wire(PlainProtocol, at_once=at_once), Wire(HttpToolsProtocol)
    assert await ours.send(pieces) == await theirs.send(pieces)
    assert (ours.transport.closed, ours.counted) == (theirs.transport.closed, theirs.counted)
    assert ours.state.total_requests == theirs.state.total_requests == len(ours.counted)
    if GET + POST not in pieces[0] and GET + LATER not in pieces[0]:  # what stands in line takes uvicorn's way
        assert len(ours.transport.writes) == len(ours.counted)


@pytest.mark.parametrize("pieces", UNUSUAL.values(), ids=UNUSUAL)
async def test_what_is_unusual_is_answered_by_uvicorn(pieces: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is not an ordinary request for a plain endpoint looks as it does without this protocol."""
    monkeypatch.setattr(plain_asgi, "token_hex", lambda _: "the id of a request")
    ours, theirs = Wire(PlainProtocol), Wire(HttpToolsProtocol)
    assert await ours.send(pieces) == await theirs.send(pieces)
    assert ours.transport.writes == theirs.transport.writes
    assert (ours.transport.closed, ours.counted) == (theirs.transport.closed, theirs.counted)


async def test_a_limit_of_connections_is_uvicorns() -> None:
    """With `limit_concurrency` uvicorn decides who is answered."""
    wire = Wire(PlainProtocol, limit_concurrency=1)
    assert (await wire.send([GET])).startswith(b"HTTP/1.1 503 ")


async def test_whoever_does_not_read_is_not_answered_on() -> None:
    """While the client reads nothing, the next answer waits, and memory does not grow."""
    wire = Wire(PlainProtocol)
    wire.protocol.pause_writing()
    assert await wire.send([GET]) == b""
    wire.protocol.resume_writing()
    await turns()
    assert b"".join(wire.transport.writes).startswith(b"HTTP/1.1 200 ")


class Loop:
    """A clock and its timers; everything else is the running loop's."""

    def __init__(self) -> None:
        self.now, self.timers = 0.0, list[tuple[float, Any]]()

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, callback: Any) -> asyncio.Handle:
        handle = asyncio.Handle(callback, (), asyncio.get_running_loop())
        self.timers.append((self.now + seconds, handle))
        return handle

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)

    def pass_to(self, now: float) -> None:
        self.now = now
        due, self.timers = self.timers, []
        for when, handle in due:
            if when > now:
                self.timers.append((when, handle))
            elif not handle.cancelled():
                handle._run()


@pytest.mark.parametrize("asked", [GET, PAGE])
async def test_an_idle_connection_is_closed_after_a_while(asked: bytes) -> None:
    """Five seconds after its last answer, and not while a request is on its way; one timer is enough for that."""
    wire = Wire(PlainProtocol, timeout_keep_alive=5)
    wire.protocol.loop = loop = Loop()  # type: ignore[assignment]
    await wire.send([asked])
    loop.pass_to(4)
    await wire.send([asked, GET[:9]])
    loop.pass_to(20)
    assert not wire.transport.closed
    await wire.send([GET[9:]])
    loop.pass_to(22)
    await wire.send([asked])
    assert len(loop.timers) == 1
    loop.pass_to(26.9)
    assert not wire.transport.closed
    loop.pass_to(27)
    assert wire.transport.closed


async def test_a_connection_that_is_lost_leaves_no_timer() -> None:
    """Nothing of a connection stays behind, whoever closed it."""
    wire = Wire(PlainProtocol)
    wire.protocol.loop = loop = Loop()  # type: ignore[assignment]
    await wire.send([GET])
    wire.protocol.connection_lost(ConnectionResetError())
    assert all(handle.cancelled() for _, handle in loop.timers)


@pytest.mark.parametrize("begun", [[LATER], [POST + b"Content-Length: 3\r\n\r\nab"]])
async def test_a_request_under_way_is_answered_before_the_server_stops(begun: list[bytes]) -> None:
    """A stop closes the connection after the answer of a request that has begun, which says so."""
    wire = Wire(PlainProtocol)
    for piece in begun:
        wire.protocol.data_received(piece)
    wire.protocol.shutdown()
    assert not wire.transport.closed
    answer = await wire.send([b"c"] if begun != [LATER] else [])
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer
    assert wire.transport.closed


async def test_a_stop_closes_an_idle_connection() -> None:
    """A stop does not wait for a client that asks nothing."""
    wire = Wire(PlainProtocol)
    await wire.send([GET])
    wire.protocol.shutdown()
    assert wire.transport.closed


async def test_the_end_of_patience_closes_the_connection() -> None:
    """A request that is cancelled, because the server stops, gets no answer and no open connection."""
    wire = Wire(PlainProtocol)
    wire.protocol.data_received(LATER)
    await turns()
    (task,) = wire.state.tasks
    task.cancel()
    assert await wire.send([]) == b""
    assert wire.transport.closed
    assert not wire.state.tasks


async def test_nobody_is_answered_who_has_gone() -> None:
    """The work of a request goes on when its client has gone, and its answer is dropped without an error."""
    wire = Wire(PlainProtocol)
    wire.protocol.data_received(LATER)
    wire.protocol.connection_lost(None)
    assert await wire.send([]) == b""
    assert not wire.state.tasks
    assert not wire.state.connections


async def test_a_header_cannot_be_forged() -> None:
    """A line break in a header's value never leaves: the connection ends, and the log names the path."""
    wire = Wire(PlainProtocol)
    wire.state.default_headers = [(b"server", b"a\r\nset-cookie: b")]
    assert await wire.send([GET]) == b""
    assert wire.transport.closed

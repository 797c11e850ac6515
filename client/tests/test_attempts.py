"""What is sent again and when, what an answer means, and that no token shows: rules, without a server."""

import asyncio
import builtins
import logging
import pickle
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

import polar_client
from polar_client import AsyncPolar, Polar
from polar_client.attempts import Answer, NoAnswer, wait_before_retry
from polar_client.calls import Call
from polar_client.errors import error_of, retry_after

CANARY = "polar_at_u_canary"
BASE = "https://api.example"
EMPTY = {"items": [], "pagination": {"total_count": 0, "max_page": 0}}
LISTED: Call[Any] = Call("GET", "/v1/products", None)
CREATED: Call[Any] = Call("POST", "/v1/products", None, body={})

Responder = Callable[[httpx.Request], httpx.Response]


class Served:
    """A transport that answers what a test says, and keeps what it got."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.got: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.got.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json=EMPTY)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def polar(self, **options: Any) -> Polar:
        return Polar(CANARY, base_url=BASE, transport=self.transport, **options)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long a client would have waited."""
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(asyncio, "sleep", wait)
    return waits


def answer(status: int, **headers: str) -> Answer:
    return Answer(status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()}), b"{}")


LOST = NoAnswer(polar_client.ConnectionError, "gone")


@pytest.mark.parametrize(
    "call,outcome,expected",
    [
        (LISTED, answer(200), None),
        (LISTED, answer(404), None),
        (LISTED, answer(503), 0.5),
        (LISTED, answer(500), 0.5),
        (LISTED, LOST, 0.5),
        (LISTED, answer(429, retry_after="7"), 7.5),
        (LISTED, answer(503, retry_after="2"), 2.5),
        (LISTED, answer(429, retry_after="61"), None),
        (CREATED, answer(503), None),
        (CREATED, LOST, None),
        (CREATED, answer(429), 0.5),
        (CREATED, answer(429, retry_after="0"), 0.5),
    ],
)
def test_what_is_tried_again(call: Call[Any], outcome: Answer | NoAnswer, expected: float | None) -> None:
    """What may have been done is repeated only if that is harmless; a long wait is left to the caller."""
    assert wait_before_retry(call, outcome, 0, 1.0) == expected


def test_waits_double_and_spread() -> None:
    """The wait doubles each time, and chance takes up to half of it away."""
    assert [wait_before_retry(LISTED, LOST, tries, 1.0) for tries in range(3)] == [0.5, 1.0, 2.0]
    assert wait_before_retry(LISTED, LOST, 2, 0.0) == 1.0


@pytest.mark.parametrize(
    "header,seconds",
    [
        ("5", 5.0),
        ("Thu, 15 Jan 2027 08:00:30 GMT", 30.0),
        ("Thu, 15 Jan 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    """Retry-After is a number of seconds or a date; anything else is as if it were not there."""
    assert retry_after({"retry-after": header}, datetime(2027, 1, 15, 8, tzinfo=UTC)) == seconds


def test_a_call_is_sent_again_until_it_succeeds(slept: list[float]) -> None:
    """Two failures and an answer: the caller sees only the answer, and every try is the same request."""
    served = Served(httpx.ReadError("reset"), httpx.Response(429, headers={"retry-after": "3"}))
    with served.polar() as polar:
        assert polar.products.list(query="a b", is_archived=False).items == []
    assert [str(request.url) for request in served.got] == [f"{BASE}/v1/products?query=a+b&is_archived=false"] * 3
    assert 3 <= slept[1] <= 3.5


async def test_the_asynchronous_client_keeps_the_same_rules(slept: list[float]) -> None:
    """It waits and tries again as the other one does."""
    served = Served(httpx.Response(502), httpx.ConnectTimeout("slow"))
    async with AsyncPolar(CANARY, base_url=BASE, transport=served.transport) as polar:
        assert (await polar.products.list()).items == []
    assert (len(served.got), len(slept)) == (3, 2)


def test_tries_end(slept: list[float]) -> None:
    """After `max_retries` the last outcome is raised; with 0 nothing is repeated."""
    served = Served(*[httpx.Response(500, json={"detail": "A fault."})] * 9)
    with served.polar(max_retries=1) as polar, pytest.raises(polar_client.ServerError, match="A fault"):
        polar.products.list()
    assert len(served.got) == 2
    with served.polar(max_retries=0) as polar, pytest.raises(polar_client.ServerError):
        polar.products.list()
    assert len(served.got) == 3


@pytest.mark.parametrize(
    "status,name",
    [
        (302, "UnexpectedAnswer"),
        (400, "BadRequestError"),
        (401, "UnauthorizedError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (405, "ApiError"),
        (409, "ConflictError"),
        (413, "ApiError"),
        (422, "ValidationError"),
        (429, "RateLimitError"),
        (500, "ServerError"),
        (503, "ServerError"),
    ],
)
def test_one_exception_for_each_status(status: int, name: str) -> None:
    """Each status has its exception, with the server's words, the request's id and when to come back."""
    body = b'{"error": "Refused", "detail": "Not now."}'
    error = error_of(status, httpx.Headers({"X-Request-Id": "abc", "Retry-After": "9"}), body, "GET /v1/products")
    assert type(error).__name__ == name
    assert isinstance(error, polar_client.PolarError)
    assert (error.status, error.error, error.detail, error.request_id) == (status, "Refused", "Not now.", "abc")
    assert error.retry_after == 9.0
    assert str(error) == f"{status} Refused: Not now. (GET /v1/products, request abc)"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b"\xff"])
def test_an_error_that_is_not_json(body: bytes) -> None:
    """A proxy's page is still an error with its status."""
    assert error_of(502, {}, body, "GET /").detail == "The server said nothing more."


def test_no_answer_is_an_error_of_ours_and_of_python() -> None:
    """`except ConnectionError` works with Python's name and with ours; timeouts have both as well."""
    for raised, ours, pythons in (
        (httpx.ConnectError("refused"), polar_client.ConnectionError, builtins.ConnectionError),
        (httpx.ReadTimeout("slow"), polar_client.TimeoutError, builtins.TimeoutError),
    ):
        with Served(raised).polar(max_retries=0) as polar, pytest.raises(ours) as caught:
            polar.products.list()
        assert isinstance(caught.value, pythons)
        assert "GET /v1/products" in str(caught.value)


def test_an_answer_that_cannot_be_read() -> None:
    """An answer of another shape is an UnexpectedAnswer that names the place; unknown members are ignored."""
    served = Served(httpx.Response(200, json={"items": 5, "pagination": {}}))
    with served.polar() as polar, pytest.raises(polar_client.UnexpectedAnswer, match=r"\$\.items"):
        polar.products.list()
    served = Served(httpx.Response(200, json={**EMPTY, "new": True}))
    with served.polar() as polar:
        assert polar.products.list().items == []


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere(value: str) -> None:
    """An empty id or dots would be another address: they are refused, and anything else is one segment."""
    served = Served(httpx.Response(204))
    with served.polar() as polar:
        with pytest.raises(ValueError, match="cannot be an id"):
            polar.products.delete(value)
        polar.products.delete("a/../b?c#d")
    assert str(served.got[0].url) == f"{BASE}/v1/products/a%2F..%2Fb%3Fc%23d"


def test_the_token_goes_to_the_server_only() -> None:
    """Calls carry the token; a customer's calls and uploads to other hosts do not."""
    part = {
        "number": 1,
        "chunk_start": 0,
        "chunk_end": 1,
        "url": "https://bucket.example/p",
        "expires_at": "2027-01-01T00:00:00Z",
    }
    file = {
        "id": "f", "created_at": "2027-01-01T00:00:00Z", "organization_id": "o", "service": "downloadable", "name": "a",
        "path": "a", "mime_type": "text/plain", "size": 1, "size_readable": "1 B", "is_uploaded": False,
    }  # fmt: skip
    upload = {"id": "u", "path": "a", "parts": [part]}
    served = Served(
        httpx.Response(201, json={**file, "upload": upload}),
        httpx.Response(200, headers={"etag": "e"}),
        httpx.Response(200, json=file),
        httpx.Response(404, json={}),
    )
    with served.polar() as polar:
        polar.files.upload(b"x", service="downloadable", name="a", mime_type="text/plain")
        with pytest.raises(polar_client.NotFoundError):
            polar.checkouts.client_get("polar_c_secret")
    sent = [request.headers.get("authorization") for request in served.got]
    assert sent == [f"Bearer {CANARY}", None, f"Bearer {CANARY}", None]


def _mistakes() -> Iterator[tuple[str, Callable[[Served], Any]]]:
    yield "refused", lambda s: s.polar(max_retries=0).products.list()
    yield "malformed", lambda s: Polar(CANARY + "\n", base_url=BASE, transport=s.transport)
    yield "given later", lambda s: Polar(lambda: CANARY + "\x00", base_url=BASE, transport=s.transport).products.list()
    yield "in a path", lambda s: s.polar(max_retries=0).checkouts.client_get(CANARY)
    yield "own token", lambda s: s.polar(max_retries=0).oauth2.get_client("c", registration_access_token=CANARY)
    yield (
        "in a body",
        lambda s: s.polar(max_retries=0).webhooks.create_endpoint(url="x", format="raw", events=[], secret=CANARY),
    )


OUTCOMES: dict[str, Callable[[], httpx.Response | Exception]] = {
    "status": lambda: httpx.Response(500, json={"detail": "A fault."}),
    "issues": lambda: httpx.Response(
        422, json={"detail": [{"loc": ["body", "secret"], "msg": "No.", "input": CANARY}]}
    ),
    "protocol": lambda: httpx.LocalProtocolError(f"Illegal header value b'Bearer {CANARY}'"),
    "timeout": lambda: httpx.ReadTimeout("slow"),
    "shape": lambda: httpx.Response(200, json={"id": 5}),
}


@pytest.mark.parametrize("mistake", [pytest.param(do, id=name) for name, do in _mistakes()])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_no_token_in_an_error(mistake: Callable[[Served], Any], outcome: str, caplog: pytest.LogCaptureFixture) -> None:
    """However a call fails: its message, what caused it, our local variables and the log do not show it."""
    caplog.set_level(logging.DEBUG)
    served = Served(OUTCOMES[outcome]())
    with pytest.raises((polar_client.PolarError, ValueError)) as caught:
        mistake(served)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True, limit=-8)
    ours = [frame for frame in shown.stack if "polar_client" in frame.filename]
    # A method has what its caller handed in, which the caller's own frame shows as well.
    inner = [frame for frame in ours if frame.filename.endswith(("sending.py", "attempts.py", "errors.py"))]
    assert ours
    assert CANARY not in repr(caught.value) + str(caught.value) + caplog.text
    assert CANARY not in "".join(repr(frame.locals) for frame in inner)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_no_token_in_a_repr() -> None:
    """Clients, their parts and what holds a secret can be printed; the secret is there as an attribute."""
    made = {"client_id": "c", "client_name": "n", "redirect_uris": [], "token_endpoint_auth_method": "none"}
    secrets = {"client_secret": CANARY, "registration_access_token": CANARY}
    served = Served(httpx.Response(201, json={**made, **secrets}))
    with served.polar() as polar:
        client = polar.oauth2.create_client(client_name="n", redirect_uris=[])
        shown = repr([polar, polar.products, polar._way, polar._options, vars(polar), vars(polar._way), client])
    assert client.client_secret == CANARY
    assert CANARY not in shown
    assert "client_secret='***'" in shown


def test_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxy is used, except for the hosts that it names."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert polar_client.sending.proxy_for("https://api.example") == "http://proxy.example:3128"
    assert polar_client.sending.proxy_for("https://inside.example:8443") is None


def test_an_address_without_a_scheme() -> None:
    """A base_url that is no URL is said to be one at once, not at the first call."""
    with pytest.raises(ValueError, match="https://"):
        Polar(base_url="api.example")

"""One call, as often as it takes: a generator that says what to send or how long to wait, and is told what came.

It sends nothing itself, so the blocking and the asynchronous client share every rule: what is sent, what is tried
again and when, what an answer means.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from itertools import count
from random import random
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlencode

import msgspec

from polar_client.calls import Call
from polar_client.errors import ApiError, PolarError, RateLimitError, ServerError, UnexpectedAnswer, error_of

T = TypeVar("T")

FIRST_WAIT = 0.5
LONGEST_WAIT = 60.0
"""Seconds. A server that asks for more gets no second try: its answer is raised at once."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a client calls. `timeout` is in seconds, for connecting, sending and each piece of an answer."""

    base_url: str
    timeout: float = 30.0
    max_retries: int = 2
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, repr=False)
class Send:
    """A request to send. Whoever sends it adds the client's token where `is_authorized`."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None
    timeout: float
    is_authorized: bool
    token: str | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds to wait."""

    seconds: float


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing came back: what to raise, and why. The exception of a transport could show the request."""

    kind: type[PolarError]
    reason: str


Outcome: TypeAlias = Answer | NoAnswer | None
Steps: TypeAlias = Generator[Send | Wait, Outcome, T]
Flow: TypeAlias = Generator[Call[Any], Any, T]
"""Several calls, each made with what the last one answered."""


def steps_of(call: Call[T], options: Options) -> Steps[T]:
    """One call. Raises an ApiError, ConnectionError or TimeoutError of ours."""
    request = _request(call, options)
    for tries in count():
        outcome = yield request
        wait = None if tries >= options.max_retries else wait_before_retry(call, outcome, tries, random())  # noqa: S311  it spreads, it hides nothing
        if wait is None:
            return _result(call, outcome)
        yield Wait(wait)
    raise AssertionError("count() has no end")


def steps_of_flow(flow: Flow[T], options: Options) -> Steps[T]:
    """All calls of a flow."""
    answer: Any = None
    while True:
        try:
            call = flow.send(answer)
        except StopIteration as done:
            result: T = done.value
            return result
        answer = yield from steps_of(call, options)


def wait_before_retry(call: Call[Any], outcome: Outcome, tries: int, chance: float) -> float | None:
    """The seconds after which a call is sent again, or None when its outcome stands.

    What may have been done already is not repeated, unless doing it twice is doing it once. A 429 was not done. Waits
    double, and `chance` (0 to 1) spreads them, so that clients that failed together do not come back together.
    """
    error = _failure(call, outcome)
    if error is None or not (call.can_be_repeated or isinstance(error, RateLimitError)):
        return None
    asked = error.retry_after if isinstance(error, ApiError) else None
    if asked is None:
        return FIRST_WAIT * float(2**tries) * (0.5 + chance / 2)
    return asked + FIRST_WAIT * chance if asked <= LONGEST_WAIT else None


def _failure(call: Call[Any], outcome: Outcome) -> PolarError | None:
    """The failure that may pass by itself."""
    if isinstance(outcome, Answer) and outcome.status != 429 and outcome.status < 500:
        return None
    error = _error(call, outcome)
    return error if not isinstance(error, ApiError) or isinstance(error, RateLimitError | ServerError) else None


def _error(call: Call[Any], outcome: Outcome) -> PolarError:
    if isinstance(outcome, Answer):
        return error_of(outcome.status, outcome.headers, outcome.body, call.label)
    assert outcome is not None, "a request that was sent has an outcome"
    return outcome.kind(f"{outcome.reason} ({call.label})")


def _request(call: Call[Any], options: Options) -> Send:
    kind, content = _content(call)
    sent = {**options.headers, **call.headers, **({"Content-Type": kind} if kind else {})}
    is_ours = call.path.startswith("/") and not call.is_open
    url = call.url(options.base_url)
    return Send(call.method, url, sent, content, options.timeout, is_ours and call.token is None, call.token)


def _content(call: Call[Any]) -> tuple[str | None, bytes | None]:
    if call.body is not None:
        return "application/json", msgspec.json.encode(call.body)
    if call.form is not None:
        return "application/x-www-form-urlencoded", urlencode(call.form).encode()
    return None, call.content


def _result(call: Call[T], outcome: Outcome) -> T:
    if not isinstance(outcome, Answer) or not 200 <= outcome.status < 300:
        raise _error(call, outcome)
    result: Any = _read(call, outcome)
    found: T = result
    return found


def _read(call: Call[Any], answer: Answer) -> Any:
    if call.kind is None:
        return None
    if call.kind is str:
        return answer.body.decode()
    if call.kind is Answer:
        return answer
    try:
        return msgspec.json.decode(answer.body, type=call.kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # The message names a place and a type, never what stood there.
        reason = str(error)
    raise UnexpectedAnswer(answer.status, "", reason, call.label, answer.headers.get("x-request-id"))

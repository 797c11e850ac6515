"""The two ways to carry out steps: blocking, and asynchronous. They send and wait; what for, `attempts` knows.

They speak to httpx's transports, not to its clients: those would log every URL, of which some hold the secret of a
checkout, follow redirects with the token, and keep cookies.
"""

import asyncio
import time
import urllib.request
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from polar_client.attempts import Answer, NoAnswer, Outcome, Send, Steps, Wait
from polar_client.errors import ConnectionError as NoConnection
from polar_client.errors import TimeoutError as NoAnswerInTime

T = TypeVar("T")

# Servers commonly close a connection that rests for five seconds; one that closes while we write loses a request.
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=4.0)


class Sync:
    """Carries out steps on the thread that asks. Any number of threads may."""

    def __init__(self, transport: httpx.BaseTransport, token: Callable[[], str] | None) -> None:
        self.transport = transport
        self._token = token

    def run(self, steps: Steps[T]) -> T:
        """All steps, to their result."""
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            outcome = self._take(step)

    def _take(self, step: Send | Wait) -> Outcome:
        if isinstance(step, Wait):
            time.sleep(step.seconds)
            return None
        request = _built(step)
        if step.is_authorized and self._token is not None:
            request.headers["Authorization"] = f"Bearer {checked_token(self._token())}"
        return self._send(request)

    def _send(self, request: httpx.Request) -> Outcome:
        try:
            response = self.transport.handle_request(request)
            try:
                return Answer(response.status_code, response.headers, response.read())
            finally:
                response.close()
        except httpx.RequestError as error:
            return _failed(error)

    def close(self) -> None:
        self.transport.close()


class Async:
    """Carries out steps in the running event loop."""

    def __init__(self, transport: httpx.AsyncBaseTransport, token: Callable[[], Awaitable[str]] | None) -> None:
        self.transport = transport
        self._token = token

    async def run(self, steps: Steps[T]) -> T:
        """All steps, to their result."""
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            outcome = await self._take(step)

    async def _take(self, step: Send | Wait) -> Outcome:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
            return None
        request = _built(step)
        if step.is_authorized and self._token is not None:
            request.headers["Authorization"] = f"Bearer {checked_token(await self._token())}"
        return await self._send(request)

    async def _send(self, request: httpx.Request) -> Outcome:
        try:
            response = await self.transport.handle_async_request(request)
            try:
                return Answer(response.status_code, response.headers, await response.aread())
            finally:
                await response.aclose()
        except httpx.RequestError as error:
            return _failed(error)

    async def close(self) -> None:
        await self.transport.aclose()


def checked_token(token: str) -> str:
    """The token, if it can stand in a header. Raises ValueError, without showing it: a library's error would."""
    if token and all("!" <= character <= "~" for character in token):
        return token
    del token  # reports of errors show local variables
    raise ValueError("The access token is empty or has characters that no token has.")


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this host."""
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _built(step: Send) -> httpx.Request:
    extensions = {"timeout": httpx.Timeout(step.timeout).as_dict()}
    request = httpx.Request(step.method, step.url, headers=step.headers, content=step.content, extensions=extensions)
    if step.token is not None:
        request.headers["Authorization"] = f"Bearer {checked_token(step.token)}"
    return request


def _failed(error: httpx.RequestError) -> NoAnswer:
    """Why there is no answer, in words that cannot contain what was sent."""
    if isinstance(error, httpx.TimeoutException):
        return NoAnswer(NoAnswerInTime, f"The server did not answer in time: {type(error).__name__}")
    reason = str(error) if isinstance(error, httpx.ConnectError) else ""
    return NoAnswer(NoConnection, f"There was no answer: {reason or type(error).__name__}")

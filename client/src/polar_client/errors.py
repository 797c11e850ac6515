"""What can go wrong with a call, one exception for each way to react to it. None of them shows a token."""

import builtins
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

import msgspec
from msgspec import Struct


class PolarError(Exception):
    """Whatever this package raises on purpose."""


class ConnectionError(PolarError, builtins.ConnectionError):
    """There was no answer. The call may have reached the server all the same."""


class TimeoutError(PolarError, builtins.TimeoutError):
    """There was no answer in time. The call may have reached the server all the same."""


class Issue(Struct):
    """One thing wrong with a request: its place, a sentence, and a kind that a program can tell apart."""

    loc: list[str | int]
    msg: str
    type: str = "value_error"

    @property
    def place(self) -> str:
        """The place in words: `body.prices.0.price_amount`."""
        return ".".join(str(step) for step in self.loc)


class ApiError(PolarError):
    """The server refused or failed. `error` is its word for it, `detail` its sentence.

    `request_id` names the request in the server's log, where the server tells it.
    """

    def __init__(
        self,
        status: int,
        error: str,
        detail: str,
        label: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(status, error, detail, label, request_id, retry_after)
        self.status = status
        self.error = error
        self.detail = detail
        self.label = label
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        name = f" {self.error}" if self.error else ""
        request = f", request {self.request_id}" if self.request_id else ""
        return f"{self.status}{name}: {self.detail} ({self.label}{request})"


class BadRequestError(ApiError):
    """400: the request cannot be read; or, at the OAuth endpoints, the grant or the client is not accepted."""


class UnauthorizedError(ApiError):
    """401: there is no token, or it is unknown, expired or revoked."""


class PermissionDeniedError(ApiError):
    """403: the token lacks a scope, or the person's role does not allow it."""


class NotFoundError(ApiError):
    """404: there is no such thing, or it is somebody else's."""


class ConflictError(ApiError):
    """409: it is not possible any more, or not now."""


class ValidationError(ApiError):
    """422: the request says something that cannot be. `issues` names each place."""

    issues: tuple[Issue, ...] = ()


class RateLimitError(ApiError):
    """429: too many calls. `retry_after` is in seconds."""


class ServerError(ApiError):
    """5xx: a fault of the server, or of something in front of it."""


class UnexpectedAnswer(ApiError):
    """The answer is none that this version of the client can read."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: ValidationError,
    429: RateLimitError,
}


def error_of(status: int, headers: Mapping[str, str], body: bytes, label: str) -> ApiError:
    """The exception for an answer that is not 2xx."""
    members = _members(body)
    error = members.get("error", "")
    detail = members.get("error_description") or members.get("detail") or "The server said nothing more."
    issues = _issues(detail)
    if issues:
        detail = "; ".join(f"{issue.place}: {issue.msg}" for issue in issues)
    default = ServerError if status >= 500 else UnexpectedAnswer if status < 400 else ApiError
    told = headers.get("x-request-id"), retry_after(headers, datetime.now(UTC))
    found = _BY_STATUS.get(status, default)(status, str(error), str(detail), label, *told)
    if isinstance(found, ValidationError):
        found.issues = issues
    return found


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that the server asks to wait: a number or a date (RFC 9110 §10.2.3)."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return cast(dict[str, Any], members) if isinstance(members, dict) else {}


def _issues(detail: Any) -> tuple[Issue, ...]:
    """Issues carry what was sent as `input`, which is not kept: it may be a secret."""
    try:
        return msgspec.convert(detail, tuple[Issue, ...])
    except msgspec.ValidationError:
        return ()

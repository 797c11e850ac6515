"""Refusals of the API, each with its status, its name and a sentence, as the published clients read them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


class ApiError(Exception):
    """A refusal: `{"error": name, "detail": sentence}` with this status."""

    status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def error(self) -> str:
        """The name on the wire: that of the class."""
        return type(self).__name__

    def body(self) -> dict[str, Any]:
        return {"error": self.error, "detail": self.detail}


class ResourceNotFound(ApiError):
    """There is no such thing, or it belongs to somebody else: the two must look the same."""

    status = 404

    def __init__(self, detail: str = "Not found") -> None:
        super().__init__(detail)


class NotPermitted(ApiError):
    """The caller sees the thing, but its role or kind of token does not allow this."""

    status = 403


class RequestBodyTooLarge(ApiError):
    """The body is longer than anything a client has reason to send."""

    status = 413


class RateLimitExceeded(ApiError):
    """The caller has used up its calls of an hour; Retry-After says when there is one more."""

    status = 429

    def __init__(self, limit: int) -> None:
        super().__init__(f"More than {limit} calls in an hour. Try again later.")


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with a request: where, in words, and a kind that a program can tell apart."""

    loc: tuple[str | int, ...]
    msg: str
    type: str = "value_error"
    input: Any = field(default=None)

    def as_dict(self) -> dict[str, Any]:
        return {"loc": list(self.loc), "msg": self.msg, "type": self.type, "input": self.input}


class RequestValidationError(ApiError):
    """The request says something that cannot be; every issue names its place."""

    status = 422

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("; ".join(issue.msg for issue in self.issues))

    def body(self) -> dict[str, Any]:
        return {"error": self.error, "detail": [issue.as_dict() for issue in self.issues]}


def invalid(field_name: str, msg: str, kind: str = "value_error", given: Any = None) -> RequestValidationError:
    """The refusal of one member of the body."""
    return RequestValidationError([Issue(("body", *field_name.split(".")), msg, kind, given)])

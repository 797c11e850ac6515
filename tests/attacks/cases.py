"""The cases of `cases/*.json`: what is attacked, by which request, and what must and must not come of it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from tests.attacks.adaptations import ADAPTATIONS
from tests.attacks.changes import Change, merged
from tests.attacks.disagreements import DISAGREEMENTS

_HERE = Path(__file__).parent
Values = dict[str, str | list[str]]
"""Parameters or headers; a list is sent as so many of them."""


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A request with placeholders. `alongside` is one more, sent at the same moment as the repetitions."""

    method: str
    path: str
    headers: Values = {}
    params: Values = {}
    form: Values | None = None
    multipart: dict[str, str] | None = None
    json: dict[str, Any] | None = None
    repeat: int = 1
    concurrency: int = 1
    alongside: "Request | None" = None


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every response's status and error may be, and assertions about the whole. Without errors none is checked."""

    status: int | list[int]
    error: str | list[str] = []
    must: list[str] = []
    must_not: list[str] = []

    @property
    def statuses(self) -> list[int]:
        return self.status if isinstance(self.status, list) else [self.status]

    @property
    def errors(self) -> list[str]:
        return self.error if isinstance(self.error, list) else [self.error]


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page that the signed-in person or a visitor opens first; the request then posts its form."""

    by: Literal["person", "visitor"]
    path: str
    params: Values = {}


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A request and what is expected of it."""

    request: Request
    expect: Expectation


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One attack.

    `situation` names what happened before, `afterwards` what happens between the request and the look at its
    effects, `compared_with` the request whose answers and times the others are held against. `on` is the server that
    is asked: the usual one, or one of the same database whose limits are so low that they can be reached.
    """

    id: str
    title: str
    reference: str = ""
    note: str = ""
    on: Literal["usual", "strict"] = "usual"
    situation: str | None = None
    opens: Opening | None = None
    request: Request
    compared_with: Request | None = None
    afterwards: str | None = None
    expect: Expectation
    then: list[Step] = []

    @property
    def steps(self) -> list[Step]:
        return [Step(request=self.request, expect=self.expect), *self.then]


def load_cases() -> list[Case]:
    """Every case, as it runs. Raises msgspec.ValidationError for a member that the runner does not know."""
    likes = json.loads((_HERE / "requests.json").read_text())
    changes = ADAPTATIONS | DISAGREEMENTS
    return [_case(raw, changes.get(raw["id"]), likes) for raw in _raw_cases()]


def _raw_cases() -> Iterator[dict[str, Any]]:
    for path in sorted((_HERE / "cases").glob("*.json")):
        yield from json.loads(path.read_text())


def _case(raw: dict[str, Any], change: Change | None, likes: Mapping[str, Any]) -> Case:
    full = _filled_in(raw, likes)
    if change is not None:
        full = merged(full, _filled_in(change.patch, likes))
    if "compared_with" in full:
        full["compared_with"] = merged(full["request"], full["compared_with"])
    return msgspec.convert(full, Case)


def _filled_in(value: Any, likes: Mapping[str, Any]) -> Any:
    """The value in which each object that is `like` a request of requests.json is that request, changed."""
    if isinstance(value, list):
        return [_filled_in(item, likes) for item in value]
    if not isinstance(value, Mapping):
        return value
    filled = {name: _filled_in(part, likes) for name, part in value.items() if name != "like"}
    return merged(_opened(value, likes[value["like"]]), filled) if "like" in value else filled


def _opened(value: Mapping[str, Any], like: Mapping[str, Any]) -> Mapping[str, Any]:
    """A page that is opened is named by path and parameters alone."""
    return {name: like[name] for name in ("path", "params")} if "by" in value else like

"""The client and the server's own description of its API name the same things."""

import inspect
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import msgspec
import pytest
from msgspec import Struct
from tests.described import ISSUER, document_of

from polar_client import Page, Polar
from polar_client.calls import Call
from polar_client.operations import operation
from polar_server.app import build
from polar_server.oauth.server_keys import ServerKeys
from polar_server.plain_asgi import PlainEndpoints
from polar_server.settings import Settings

NOT_FOR_CALLERS = {
    ("PUT", "/v1/files/{}/parts/{}"): "`files.upload` goes to the address that it is given",
    ("GET", "/v1/files/{}/content"): "the address that `files.download` gives",
    ("GET", "/v1/files/{}/image"): "an image's `public_url`",
    ("GET", "/v1/benefit-grants/{}/files/{}"): "an address in a grant's properties",
    ("POST", "/v1/oauth2/userinfo"): "the same as GET",
    ("POST", "/v1/oauth2/token"): "OAuthApp",
    ("POST", "/v1/oauth2/revoke"): "OAuthApp",
    ("POST", "/v1/oauth2/introspect"): "OAuthApp",
}
"""Operations without a method, and why."""

UNDESCRIBED = {("GET", "/v1/oauth2")}
"""Methods whose operation the document leaves out."""

NOT_OFFERED = {
    *("discount", "discount_id", "discount_code", "is_discount_applicable", "seats", "min_seats", "max_seats"),
    *("units", "min_units", "max_units", "meters", "active_meters", "meter_interval", "meter_interval_count"),
    *("current_meter_period_start", "current_meter_period_end", "custom_field_data", "attached_custom_fields"),
    *("member", "member_id", "owner", "dispute", "dispute_settings", "sso_enforced", "applied_balance_amount"),
    *("platform_fee_amount", "platform_fee_currency", "account_id", "payout_account_id", "details_submitted_at"),
    *("onboarding_resubmission_requested_at", "first_user_event_at", "flagged_malicious_at"),
    "uses_standard_webhook_signature",
}
"""Members that the server has for the sake of other clients: they are always empty here, or always the same."""


@dataclass(frozen=True)
class Method:
    """A method of a resource, and the call that it describes."""

    name: str
    call: Call[Any]
    keywords: frozenset[str]

    @property
    def place(self) -> tuple[str, str]:
        return self.call.method, _anonymous(self.call.path)


def _methods() -> Iterator[Method]:
    with Polar(base_url="http://localhost:1") as polar:
        for name, resource in vars(polar).items():
            for attribute, found in vars(type(resource)).items():
                if isinstance(found, operation):
                    yield _method(f"{name}.{attribute}", found.describe, resource)


def _method(name: str, describe: Any, resource: Any) -> Method:
    parameters = list(inspect.signature(describe).parameters.values())[1:]
    given = {p.name: "x" for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD}
    keywords = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            keywords |= set(inspect.get_annotations(get_args(parameter.annotation)[0]))
            keywords |= set(get_args(parameter.annotation)[0].__annotations__)
    if name == "files.finish":
        return Method(name, Call("POST", "/v1/files/{file_id}/uploaded", None), frozenset())
    return Method(name, describe(resource, **given), frozenset(keywords) | set(given))


def _anonymous(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path).rstrip("/")


METHODS = list(_methods())


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("described")
    settings = Settings(issuer=ISSUER, database_url=f"sqlite:///{folder / 'polar.db'}", data_dir=folder)
    endpoints = build(settings, ServerKeys([bytes(range(32))]), time.time)
    assert isinstance(endpoints, PlainEndpoints)
    return document_of(endpoints.framework)


@pytest.fixture(scope="module")
def operations(document: Any) -> dict[tuple[str, str], Any]:
    return {
        (method.upper(), _anonymous(path)): described
        for path, item in document["paths"].items()
        for method, described in item.items()
        if path.startswith("/v1/") and isinstance(described, dict)
    }


def test_every_operation_has_a_method(operations: dict[tuple[str, str], Any]) -> None:
    """What the server answers can be called, and what can be called is answered."""
    ours = {method.place for method in METHODS}
    assert operations.keys() - ours == NOT_FOR_CALLERS.keys()
    assert ours - operations.keys() == UNDESCRIBED


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_parameter_can_be_given(document: Any, operations: dict[tuple[str, str], Any], method: Method) -> None:
    """A method takes every filter and every member of the body that the server knows, and no others."""
    described = operations.get(method.place)
    if described is None:
        assert method.place in UNDESCRIBED
        return
    asked = {p["name"] for p in described.get("parameters", []) if p.get("in") == "query"}
    asked |= _members(document, _content(described.get("requestBody", {})))
    asked -= NOT_OFFERED | ({"prices", "payment_method_type"} if method.name.startswith("checkouts.") else set())
    if method.name != "files.finish" and not method.name.startswith("oauth2."):
        assert asked <= method.keywords, asked - method.keywords
    if method.call.method == "GET":
        assert method.keywords - set(re.findall(r"\w+", method.call.path)) <= asked | {"registration_access_token"}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_member_of_an_answer_is_an_attribute(
    document: Any, operations: dict[tuple[str, str], Any], method: Method
) -> None:
    """What the server answers can be read, at every depth."""
    described = operations.get(method.place, {"responses": {}})
    for status, response in described["responses"].items():
        if status.startswith("2") and method.call.kind not in (None, str):
            _compare(document, _content(response), method.call.kind, set())


def _compare(document: Any, schema: Any, kind: Any, seen: set[Any]) -> None:
    kinds = () if get_origin(kind) in (Page, dict) else get_args(kind) or (kind,)
    if get_origin(kind) is Page:
        items = _resolved(document, _resolved(document, schema)["properties"]["items"]["items"])
        _compare(document, items, get_args(kind)[0], seen)
    for one in kinds:
        if isinstance(one, type) and issubclass(one, Struct) and one not in seen:
            seen.add(one)
            _compare_struct(document, schema, one, seen)


def _compare_struct(document: Any, schema: Any, kind: type[Struct], seen: set[Any]) -> None:
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    members = _properties(document, schema)
    lacking = members.keys() - fields.keys() - NOT_OFFERED
    assert not lacking, f"{kind.__name__} lacks {sorted(lacking)}"
    for name, type_ in fields.items():
        if name in members:
            _compare(document, _inner(document, members[name]), type_, seen)


def _inner(document: Any, schema: Any) -> Any:
    found = _resolved(document, schema)
    return _inner(document, found["items"]) if found.get("type") == "array" and "items" in found else found


def _properties(document: Any, schema: Any) -> dict[str, Any]:
    found = _resolved(document, schema)
    merged: dict[str, Any] = dict(found.get("properties", {}))
    for part in [*found.get("anyOf", []), *found.get("oneOf", [])]:
        merged |= _properties(document, _inner(document, part))
    return merged


def _members(document: Any, schema: Any) -> set[str]:
    return set(_properties(document, schema))


def _content(part: Any) -> Any:
    return next((content.get("schema", {}) for content in part.get("content", {}).values()), {})


def _resolved(document: Any, schema: Any) -> Any:
    reference = schema.get("$ref")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema

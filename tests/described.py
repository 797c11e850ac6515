"""Answers of the API checked against its OpenAPI document, which every test of a resource does on the way."""

import json
import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs
from litestar import Litestar

from polar_server.resource_server.openapi import api_handlers, document

ISSUER = "http://localhost:8000"
_documents: list[dict[str, Any]] = []


def document_of(app: Litestar) -> dict[str, Any]:
    """The document of an application; all of one run have the same routes."""
    if not _documents:
        _documents.append(document(api_handlers(app), ISSUER))
    return _documents[0]


def check(app: Litestar, response: httpx.Response) -> None:
    """Fail unless the answer is one that the document describes: its status, its type, its members."""
    described = _operation(document_of(app), response.request.method, response.request.url.path)
    if described is None or response.status_code in (405, 500, 503):
        return
    status = str(response.status_code)
    where = f"{response.request.method} {response.request.url.path} answered {status}"
    assert status in described["responses"], f"{where}, which /openapi.json does not describe"
    content = _resolved(described["responses"][status]).get("content", {})
    if not content:
        assert response.content == b"", f"{where} with a body that is not described"
        return
    kind = response.headers["content-type"].partition(";")[0]
    assert kind in content or "*/*" in content, f"{where} as {kind}, which is not described"
    if kind == "application/json":
        errors = [str(error) for error in _validator(json.dumps(content[kind]["schema"])).iter_errors(response.json())]
        assert not errors, f"{where} against its description: {errors}"


def _operation(described: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    for template, place in described["paths"].items():
        if method.lower() in place and _pattern(template).fullmatch(path.rstrip("/")):
            found: dict[str, Any] = place[method.lower()]
            return found
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    # A literal path is looked at before one with a parameter only when it comes first: so a parameter takes no literal.
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))


def _resolved(response: dict[str, Any]) -> dict[str, Any]:
    name = response.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = _documents[0]["components"]["responses"][name] if name else response
    return found


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": _documents[0]["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)

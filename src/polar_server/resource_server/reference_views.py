"""The OpenAPI document as the pages of /docs show it: chapters, operations, members and examples."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from polar_server.resource_server.openapi_schemas import PREFIX, Json

_LIMITS = (
    ("minLength", "length at least {}"),
    ("maxLength", "length at most {}"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minItems", "length at least {}"),
    ("maxItems", "length at most {}"),
    ("pattern", "like {}"),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A parameter, or a member of a schema. `kind` and `text` are ready for the page."""

    name: str
    kind: Markup
    text: Markup
    required: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """A named schema. One without members is one of others, which `kind` names."""

    name: str
    text: Markup
    kind: Markup
    members: list[Member]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation with everything that its section of the page says."""

    name: str
    method: str
    path: str
    summary: Markup
    text: Markup
    parameters: list[Member]
    body: Markup | None
    answer: tuple[str, Markup]
    refusals: list[tuple[str, str]]
    curl: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """The operations of one resource, and every schema that they use."""

    name: str
    operations: list[Operation]
    shapes: list[Shape]


def chapters_of(document: Json) -> dict[str, list[tuple[str, str, str, Markup]]]:
    """(id, method, path, summary) of every operation, by chapter."""
    found: dict[str, list[tuple[str, str, str, Markup]]] = {}
    for path, method, operation in _operations(document):
        entry = (operation["operationId"], method.upper(), path, words(operation["summary"]))
        found.setdefault(operation["tags"][0], []).append(entry)
    return found


def show_chapter(document: Json, name: str) -> Chapter:
    """One chapter. `name` must be one of `chapters_of`."""
    mine = [each for each in _operations(document) if each[2]["tags"][0] == name]
    schemas = document["components"]["schemas"]
    used = sorted(_used([operation for _, _, operation in mine], schemas))
    operations = [_operation(document, *each) for each in mine]
    return Chapter(name, operations, [_shape(each, schemas[each]) for each in used])


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, place in document["paths"].items():
        shared = place.get("parameters", [])
        for method, operation in place.items():
            if method != "parameters":
                yield path, method, {**operation, "parameters": [*shared, *operation.get("parameters", [])]}


def headers_of_all(document: Json) -> list[Member]:
    """The headers that every operation takes; the pages tell about them once."""
    return [_parameter(each) for each in document["components"]["parameters"].values()]


def _operation(document: Json, path: str, method: str, operation: Json) -> Operation:
    parameters = [each for each in operation["parameters"] if "$ref" not in each]
    success = next(status for status in operation["responses"] if status.startswith(("2", "3")))
    body = _content(operation.get("requestBody", {}))
    return Operation(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=words(operation["summary"]),
        text=words(operation.get("description", "")),
        parameters=[_parameter(each) for each in parameters],
        body=kind_of(body) if body else None,
        answer=(success, kind_of(_content(operation["responses"][success]) or {"type": "nothing"})),
        refusals=[
            (status, _resolved(document, response)["description"])
            for status, response in operation["responses"].items()
            if status != success
        ],
        curl=_curl(document["servers"][0]["url"], path, method, operation),
    )


def _resolved(document: Json, value: Json) -> Json:
    """What a reference within the document refers to."""
    if "$ref" not in value:
        return value
    found: Any = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _content(holder: Json) -> Json | None:
    content = holder.get("content", {})
    return next(iter(content.values()))["schema"] if content else None


def _parameter(parameter: Json) -> Member:
    schema = parameter["schema"]
    kind = kind_of(schema) + f", in the {parameter['in']}"
    return Member(parameter["name"], kind, words(parameter.get("description", "")), parameter.get("required", False))


def _shape(name: str, schema: Json) -> Shape:
    required = schema.get("required", [])
    members = [
        Member(each, kind_of(member), words(member.get("description", "")), each in required)
        for each, member in schema.get("properties", {}).items()
    ]
    return Shape(name, words(schema.get("description", "")), kind_of(schema), members)


def kind_of(schema: Json) -> Markup:
    """What a value is, in words, with links to the schemas on the same page."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(PREFIX)
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return Markup(" or ").join(kind_of(each) for each in schema[choice])
    if "enum" in schema:
        return Markup(", ").join(Markup("<code>{}</code>").format(each) for each in schema["enum"])
    return _typed(schema)


def _typed(schema: Json) -> Markup:
    kind = schema.get("type", "anything")
    if kind == "array" and "prefixItems" in schema:
        return Markup("list of ") + Markup(" and ").join(kind_of(each) for each in schema["prefixItems"])
    if kind == "array":
        text = Markup("list of ") + kind_of(schema.get("items", {}))
    else:
        text = escape(schema.get("format") or (kind if isinstance(kind, str) else " or ".join(kind)))
    limits = "".join(f", {words.format(schema[name])}" for name, words in _LIMITS if name in schema)
    default = f", {json.dumps(schema['default'])} unless given" if schema.get("default") is not None else ""
    return text + limits + default


def words(text: str) -> Markup:
    """A description: what stands between backticks becomes code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def _used(value: Any, schemas: Mapping[str, Json]) -> set[str]:
    """The names of all schemas that a part of the document refers to, directly or not."""
    found, ahead = set[str](), [value]
    while ahead:
        current = ahead.pop()
        if isinstance(current, dict):
            name = str(current.get("$ref", "")).removeprefix(PREFIX)
            if name in schemas and name not in found:
                found.add(name)
                ahead.append(schemas[name])
            ahead.extend(current.values())
        elif isinstance(current, list):
            ahead.extend(current)
    return found


def _curl(issuer: str, path: str, method: str, operation: Json) -> str:
    """A line for a shell; its variables, dots and braces are to be filled in."""
    parts, wanted = ["curl"], {name for each in operation["security"] for name in each}
    if wanted & {"oauth2", "registration"}:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if "client" in wanted:
        parts.append('-u "$CLIENT_ID:$CLIENT_SECRET"')
    sent = _sent(operation.get("requestBody", {}).get("content", {}))
    if method != ("post" if sent else "get"):
        parts.append(f"-X {method.upper()}")
    return " ".join([*parts, *sent, shlex.quote(f"{issuer}{path}")])


def _sent(content: Json) -> list[str]:
    """The options that send the example of a body."""
    for kind, described in content.items():
        if "example" in described and kind == "application/json":
            return [f"--json {shlex.quote(json.dumps(described['example'], ensure_ascii=False))}"]
        if "example" in described:
            return [f"-d {shlex.quote(f'{name}={value}')}" for name, value in described["example"].items()]
    return []

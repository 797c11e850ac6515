"""The OpenAPI document: complete, consistent, and served."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from tests.described import ISSUER, document_of
from tests.world import Api, World, token_of

from polar_server.accounts.roles import Role
from polar_server.oauth import scopes
from polar_server.resource_server.openapi import api_handlers
from polar_server.resource_server.openapi_examples import example_of
from polar_server.resource_server.openapi_operations import is_public
from polar_server.resource_server.reference_views import kind_of, words


@pytest.fixture
def described(world: World) -> dict[str, Any]:
    return document_of(world.endpoints.framework)


def _operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, place in described["paths"].items()
        for method, operation in place.items()
        if method != "parameters"
    ]


def _references(value: Any) -> set[str]:
    return set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(value)))


async def test_the_document_describes_every_route_of_the_api(world: World, described: dict[str, Any]) -> None:
    """Each path and method that runs is there; the served document is that one, for tools of every origin."""
    for path, method, handler in api_handlers(world.endpoints.framework):
        operation = described["paths"][re.sub(r":\w+\}", "}", path)][method.lower()]
        assert operation["operationId"] == handler.fn.__name__
    response = await world.http.get("/openapi.json")
    assert response.json() == described
    assert described["servers"] == [{"url": ISSUER}]
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["content-type"] == "application/json"


async def test_the_document_is_consistent(described: dict[str, Any]) -> None:
    """Every reference leads somewhere, every id is used once, every path parameter described, schemas are schemas."""
    for reference in _references(described):
        found: Any = described
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    ids = [operation["operationId"] for _, _, operation in _operations(described)]
    assert len(ids) == len(set(ids))
    for path, place in described["paths"].items():
        for operation in (value for method, value in place.items() if method != "parameters"):
            given = [*place.get("parameters", []), *operation.get("parameters", [])]
            assert set(re.findall(r"\{(\w+)\}", path)) == {p["name"] for p in given if p.get("in") == "path"}
    for schema in described["components"]["schemas"].values():
        jsonschema_rs.Draft202012Validator({**schema, "components": described["components"]})


async def test_every_operation_names_its_scopes(world: World, described: dict[str, Any]) -> None:
    """As a security requirement, any of them being enough, and in words; all of them are scopes that exist."""
    for path, method, handler in api_handlers(world.endpoints.framework):
        operation = described["paths"][re.sub(r":\w+\}", "}", path)][method.lower()]
        wanted = handler.opt["scopes"]
        assert set(wanted) <= set(scopes.NAMES)
        assert operation["summary"]
        if is_public(handler):
            assert (wanted, operation["security"]) == ([], []), "a public route says so"
            continue
        assert wanted, f"{method} {path} has no scope"
        assert operation["security"] == [{"oauth2": [scope]} for scope in wanted]
        assert all(f"`{scope}`" in operation["description"] for scope in wanted)
        assert {"401", "403", "404", "422", "429"} <= set(operation["responses"])


async def test_what_writes_describes_its_body_with_an_example_that_fits(
    world: World, described: dict[str, Any]
) -> None:
    """A body that is read is described; its example is valid against its own schema."""
    for path, method, operation in _operations(described):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if method == "patch" and path.endswith("}"):
            assert content, f"{method} {path} has no described body"
        if "example" in content:
            schema = {**content["schema"], "components": described["components"]}
            errors = [str(e) for e in jsonschema_rs.Draft202012Validator(schema).iter_errors(content["example"])]
            assert not errors, f"{method} {path}: {errors}"


@pytest.mark.parametrize("path", ["products", "customers", "benefits", "files"])
async def test_the_example_of_something_new_makes_one(api: Api, described: dict[str, Any], path: str) -> None:
    """What the document shows works as it stands."""
    content = described["paths"][f"/v1/{path}"]["post"]["requestBody"]["content"]
    made = await api.post(f"/v1/{path}", content["application/json"]["example"])
    assert made.status_code == 201, made.text


async def test_the_examples_of_refusals_are_what_comes(world: World, described: dict[str, Any]) -> None:
    """A token that is none, a right that a role lacks, and a thing that does not exist."""
    owner, member = await world.person("owner@example.com"), await world.person("member@example.com")
    organization_id = await world.organization("lighthouse", owner)
    await world.join(organization_id, member, Role.MEMBER)
    api = await token_of(world, member, organization_id, sub_type="user")
    no_right = {"url": "https://app.example/", "format": "raw", "events": [], "organization_id": organization_id}
    answers = [
        await Api(world.http, "polar_at_u_none").get("/v1/products/"),
        await api.post("/v1/webhooks/endpoints", no_right),
        await api.get("/v1/products/3befcb56-d67f-498e-add3-9b47c6bf39ae"),
    ]
    for status, answer in zip(("401", "403", "404"), answers, strict=True):
        assert answer.status_code == int(status)
        content = described["components"]["responses"][status]["content"]["application/json"]
        assert answer.json() == content["example"]


async def test_refusals_are_read_from_the_code(described: dict[str, Any]) -> None:
    """A refusal that only a function behind the endpoint raises is described; filters and exports are found as well."""
    assert "409" in described["paths"]["/v1/products/{product_id}"]["delete"]["responses"]
    listed = described["paths"]["/v1/products"]["get"]["parameters"]
    named = {parameter.get("name"): parameter for parameter in listed}
    assert named["metadata"]["style"] == "deepObject"
    assert named["page"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 1}
    assert named["visibility"]["schema"]["items"]["enum"] == ["draft", "private", "public"]
    exported = described["paths"]["/v1/customers/export"]["get"]["responses"]["200"]
    assert list(exported["content"]) == ["text/csv"]


@pytest.mark.parametrize(
    "schema, example",
    [
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        ({"type": "string", "format": "date-time"}, "2027-01-31T12:00:00Z"),
        ({"type": "string", "minLength": 9}, "text....."),
        ({}, None),
    ],
)
def test_examples_are_small_and_valid(schema: dict[str, Any], example: Any) -> None:
    """Nothing but what must be sent."""
    assert example_of(schema, {}) == example


def test_pages_say_schemas_in_words() -> None:
    """Types, choices, limits and links; nothing from a description becomes markup."""
    assert kind_of({"type": "array", "items": {"$ref": "#/components/schemas/Price"}}) == (
        'list of <a href="#schema-Price">Price</a>'
    )
    assert kind_of({"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]}) == (
        "string, length at most 5 or null"
    )
    assert kind_of({"type": "array", "prefixItems": [{"type": "string"}] * 2, "items": False}) == (
        "list of string and string"
    )
    assert kind_of({"enum": ["a", "<b>"]}) == "<code>a</code>, <code>&lt;b&gt;</code>"
    assert words("`id` of <it>") == "<code>id</code> of &lt;it&gt;"

"""A small valid body for a schema: what must be sent, and nothing more."""

from collections.abc import Mapping
from typing import Any

from polar_server.resource_server.openapi_schemas import PREFIX

Json = dict[str, Any]
_FORMATS = {"date-time": "2027-01-31T12:00:00Z", "date": "2027-01-31", "email": "ada@example.com"}
_NAMED = {
    "email": "ada@example.com",
    "url": "https://app.example/hooks",
    "slug": "lighthouse",
    "mime_type": "image/png",
    "name": "Night lamp",
}
_SHOWN = ("email",)
"""Members that an example has although they may be left out: most objects are of little use without them."""
_ID = "3befcb56-d67f-498e-add3-9b47c6bf39ae"


def example_of(schema: Json, components: Mapping[str, Json], name: str = "") -> Any:
    """An example of the schema; `name` is that of the member it stands for."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].removeprefix(PREFIX)], components, name)
    for choice in ("examples", "enum"):
        if choice in schema:
            return schema[choice][0]
    if "default" in schema:
        return schema["default"]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return example_of(schema[choice][0], components, name)
    return _of_type(schema, components, name)


def _of_type(schema: Json, components: Mapping[str, Json], name: str) -> Any:
    match schema.get("type"):
        case "object":
            return _object(schema, components)
        case "array":
            return [example_of(schema.get("items", {}), components, name)] * schema.get("minItems", 1)
        case "string":
            return _text(schema, name)
        case "integer" | "number":
            return max(schema.get("minimum", 1), 1000 if "amount" in name else 1)
        case "boolean":
            return True
    return None


def _object(schema: Json, components: Mapping[str, Json]) -> Json:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    wanted = {key: properties[key] for key in required}
    for key in properties.keys() & set(_SHOWN):
        wanted[key] = {name: value for name, value in properties[key].items() if name != "default"}
    return {key: example_of(member, components, key) for key, member in wanted.items()}


def _text(schema: Json, name: str) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if name.endswith(("id", "products", "ids")):
        return _ID
    found = next((text for word, text in _NAMED.items() if name.endswith(word)), "text")
    return found.ljust(schema.get("minLength", 0), ".")

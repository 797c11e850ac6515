"""JSON Schemas of what is sent and answered, from the types that decode and encode it."""

from typing import Any

import msgspec

Json = dict[str, Any]

PREFIX = "#/components/schemas/"
_TEMPLATE = PREFIX + "{name}"
MAY_BE_LEFT_OUT = {"x-may-be-left-out": True}
"""`extra_json_schema` of a member that not every answer has."""


class Schemas:
    """The schemas of one document, each under its name."""

    def __init__(self) -> None:
        self._sent: list[Any] = []
        self._answered: list[Any] = []

    def sent(self, kind: Any) -> Json:
        """The schema of what a request sends."""
        return _note(self._sent, kind)

    def answered(self, kind: Any) -> Json:
        """The schema of what an answer holds."""
        return _note(self._answered, kind)

    def components(self) -> dict[str, Json]:
        """Every named schema. What is only answered has all of its members, but those that say they may be left out."""
        (_, sent), (_, all_) = _components(self._sent), _components([*self._sent, *self._answered])
        for name, schema in all_.items():
            if name not in sent and "properties" in schema:
                members = schema["properties"].items()
                schema["required"] = [name for name, member in members if not MAY_BE_LEFT_OUT.keys() & member.keys()]
        return all_

    @staticmethod
    def inline(kind: Any) -> Json:
        """A schema that refers to nothing, of a query parameter."""
        (schema,), _ = _components([kind])
        return schema


def _note(kinds: list[Any], kind: Any) -> Json:
    if kind not in kinds:
        kinds.append(kind)
    (schema,), _ = _components([kind])
    return schema


def _components(kinds: list[Any]) -> tuple[tuple[Json, ...], dict[str, Json]]:
    schemas, components = msgspec.json.schema_components(kinds, schema_hook=_anything, ref_template=_TEMPLATE)
    return _portable(schemas), _portable(components)


def _portable(value: Any) -> Any:
    r"""The schemas with patterns that ECMA-262 knows as well: it has no \Z, and its $ is no line's end."""
    if isinstance(value, dict):
        return {
            name: part.replace("\\Z", "$") if name == "pattern" and isinstance(part, str) else _portable(part)
            for name, part in value.items()
        }
    return type(value)(map(_portable, value)) if isinstance(value, list | tuple) else value


def _anything(_: type) -> Json:
    """The schema of a type that says nothing, such as `object`."""
    return {"description": "Any JSON value."}

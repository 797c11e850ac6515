"""One operation of the API as OpenAPI describes it, from its endpoint."""

import inspect
import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.response import Stream

from polar_server.resource_server.errors import RequestValidationError
from polar_server.resource_server.openapi_examples import example_of
from polar_server.resource_server.openapi_reading import Reading, read_endpoint
from polar_server.resource_server.openapi_schemas import Schemas

Json = dict[str, Any]

PATH_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
COMMON = ("Polar-Version", "Polar-Organization")
"""Headers that every operation takes."""
_LIMITS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_LIMITS |= {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern", "format": "format"}
_METADATA = {
    "name": "metadata",
    "in": "query",
    "style": "deepObject",
    "explode": True,
    "description": "With these metadata: `metadata[key]=value`. A key repeated means one of its values.",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    "example": {"shelf": "a"},
}


def describe_operation(handler: HTTPRouteHandler, path: str, schemas: Schemas) -> Json:
    """The operation of an endpoint at a path. Litestar's placeholders in the path name its parameters."""
    reading = read_endpoint(handler.fn)
    summary, _, rest = inspect.cleandoc(handler.fn.__doc__ or "").partition("\n")
    operation: Json = {
        "operationId": handler.fn.__name__,
        "tags": [path.split("/")[2]],
        "summary": summary.rstrip("."),
        "description": "\n\n".join(filter(None, [rest.strip(), scopes_in_words(handler)])),
        "security": _security(handler),
        "parameters": [*_path_parameters(path), *_query_parameters(handler, reading), *_headers()],
        "responses": {
            str(handler.status_code): _success(handler, reading, schemas),
            **{str(status): _refusal(status, reading) for status in sorted(_statuses(handler, reading))},
        },
    }
    if reading.body is not None:
        operation["requestBody"] = _request_body(reading.body, schemas)
    return operation


def scopes_in_words(handler: HTTPRouteHandler) -> str:
    """The scopes that admit to an endpoint, as a sentence."""
    scopes = [f"`{scope}`" for scope in handler.opt["scopes"]]
    if is_public(handler):
        return "Needs no access token."
    if not scopes:
        return "Needs an access token with any scope."
    return f"Needs an access token with the scope {' or '.join(scopes)}."


def is_public(handler: HTTPRouteHandler) -> bool:
    """Whether the endpoint does not ask who calls."""
    return "caller" not in inspect.signature(handler.fn).parameters


def _security(handler: HTTPRouteHandler) -> list[Json]:
    if is_public(handler):
        return []
    # One requirement for each scope: any of them is enough.
    return [{"oauth2": [scope]} for scope in handler.opt["scopes"]] or [{"oauth2": []}]


def _path_parameters(path: str) -> Iterator[Json]:
    for name in PATH_PARAMETER.findall(path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(handler: HTTPRouteHandler, reading: Reading) -> Iterator[Json]:
    for function in (handler.fn, *_dependencies(handler)):
        for parameter in inspect.signature(function, eval_str=True).parameters.values():
            wanted = next((each for each in get_args(parameter.annotation) if isinstance(each, QueryParameter)), None)
            if wanted is not None:
                yield _query_parameter(parameter, wanted)
    if reading.filters_metadata:
        yield _METADATA


def _dependencies(handler: HTTPRouteHandler) -> Iterator[Any]:
    provided = handler.resolve_dependencies()
    yield from (provided[name].dependency for name in inspect.signature(handler.fn).parameters if name in provided)


def _query_parameter(parameter: inspect.Parameter, wanted: QueryParameter) -> Json:
    schema = Schemas.inline(_without_none(get_args(parameter.annotation)[0]))
    limited = schema["items"] if schema.get("type") == "array" else schema
    limited.update({_LIMITS[name]: value for name in _LIMITS if (value := getattr(wanted, name)) is not None})
    if parameter.default not in (None, inspect.Parameter.empty):
        schema["default"] = parameter.default
    described = {"description": wanted.description} if wanted.description else {}
    required = bool(wanted.required) or parameter.default is inspect.Parameter.empty
    return {"name": wanted.name or parameter.name, "in": "query", "required": required, **described, "schema": schema}


def _headers() -> Iterator[Json]:
    yield from ({"$ref": f"#/components/parameters/{name}"} for name in COMMON)


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        kept = [each for each in get_args(annotation) if each is not NoneType]
        return Union[tuple(kept)]  # noqa: UP007 - the members are known at run time only
    return annotation


def _statuses(handler: HTTPRouteHandler, reading: Reading) -> set[int]:
    found = {404, 422} if is_public(handler) else {400, 401, 403, 404, 422, 429}
    found |= {refusal.status for refusal in reading.refusals}
    return found | ({413} if reading.body is not None else set())


def _refusal(status: int, reading: Reading) -> Json:
    """The shared refusal of this status; a 422 that may have a name of its own is another one."""
    named = status == 422 and any(each.status == 422 for each in reading.refusals - {RequestValidationError})
    return {"$ref": f"#/components/responses/{status}{'-named' if named else ''}"}


def _success(handler: HTTPRouteHandler, reading: Reading, schemas: Schemas) -> Json:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit", "RateLimit-Policy")}
    answer: Json = {"description": "Done." if handler.status_code == 204 else "The answer.", "headers": headers}
    content = _content(handler, reading, schemas)
    return {**answer, "content": content} if content else answer


def _content(handler: HTTPRouteHandler, reading: Reading, schemas: Schemas) -> Mapping[str, Json]:
    returned = handler.parsed_fn_signature.return_type.annotation
    if returned in (None, NoneType):
        return {}
    if reading.writes_csv:
        return {"text/csv": {"schema": {"type": "string"}}}
    if get_origin(returned) is Response or returned in (Response, Stream):
        inner = get_args(returned)[0] if get_args(returned) else bytes
        if inner in (bytes, str, Any):
            return {"*/*": {"schema": {}}}
        returned = inner
    return {"application/json": {"schema": schemas.answered(returned)}}


def _request_body(body: Any, schemas: Schemas) -> Json:
    schema = schemas.sent(body)
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "example": example_of(schema, schemas.components())}},
    }

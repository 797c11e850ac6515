"""What the code of an endpoint says about it: the body that it reads, and the refusals that it may raise.

An endpoint reads its body with `read_body(request, Schema)` and refuses with `raise`. Both are found in
its source and in that of the functions it calls, so the description cannot fall behind the code.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from polar_server.resource_server.bodies import read_body
from polar_server.resource_server.errors import ApiError
from polar_server.resource_server.exports import csv_stream
from polar_server.resource_server.metadata import asked_metadata

_OURS = ("polar_server.resource_server", "polar_server.resources")


@dataclass(slots=True)
class Reading:
    """What was found."""

    body: Any = None
    refusals: set[type[ApiError]] = field(default_factory=set)
    filters_metadata: bool = False
    writes_csv: bool = False


def read_endpoint(function: Callable[..., Any]) -> Reading:
    """Read an endpoint and everything of the resource server and the resources that it calls."""
    reading, seen, ahead = Reading(), set[FunctionType](), [inspect.unwrap(function)]
    while ahead:
        current = ahead.pop()
        if not isinstance(current, FunctionType) or current in seen or not current.__module__.startswith(_OURS):
            continue
        seen.add(current)
        ahead.extend(_note(current, reading))
    return reading


def _note(function: FunctionType, reading: Reading) -> Iterator[Callable[..., Any]]:
    """Note what one function does, and give those that it names."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = _value(node.exc.func if isinstance(node.exc, ast.Call) else node.exc, function)
            if isinstance(raised, type) and issubclass(raised, ApiError):
                reading.refusals.add(raised)
        if isinstance(node, ast.Call):
            _note_call(node, function, reading)
        if isinstance(node, ast.Name | ast.Attribute):
            named = _value(node, function)
            if callable(named):
                yield inspect.unwrap(named)


def _note_call(node: ast.Call, function: FunctionType, reading: Reading) -> None:
    called = _value(node.func, function)
    if called is read_body:
        schema = _value(node.args[1], function)
        reading.body = schema if reading.body is None else reading.body | schema
    reading.filters_metadata |= called is asked_metadata
    reading.writes_csv |= called is csv_stream


def _value(node: ast.AST, function: FunctionType) -> Any:
    """The value of a name, of a module's member, or of a union of them; None for anything else."""
    if isinstance(node, ast.Name):
        return function.__globals__.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, function)
        return getattr(owner, node.attr, None) if isinstance(owner, ModuleType | type) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _value(node.left, function) | _value(node.right, function)
    return None

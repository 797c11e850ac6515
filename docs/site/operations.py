"""Methods of the client as autodoc shows them: what a caller passes and gets, not the call that is described inside."""

import inspect
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from msgspec import UnsetType

from polar_client import clients
from polar_client.oauth import apps
from polar_client.operations import Resource, every, operation, procedure


def unfold(module: ModuleType) -> None:
    """Put plain functions in place of the module's described methods."""
    for kind in vars(module).values():
        if isinstance(kind, type) and issubclass(kind, Resource):
            for name, value in list(vars(kind).items()):
                if isinstance(value, operation | procedure | every):
                    setattr(kind, name, _shown(name, value))


def _shown(name: str, described: Any) -> Callable[..., Any]:
    inner: FunctionType = described.describe
    shown = FunctionType(inner.__code__, inner.__globals__, name, inner.__defaults__, inner.__closure__)
    signature = inspect.signature(inner, eval_str=True)
    answer = _answer(signature.return_annotation)
    if isinstance(described, every):
        answer = Iterator[get_args(answer)[0]]  # type: ignore[misc]
    parameters = [_parameter(parameter) for parameter in signature.parameters.values()]
    shown.__doc__ = described.__doc__
    shown.__module__, shown.__qualname__ = inner.__module__, inner.__qualname__
    shown.__signature__ = inspect.Signature(parameters, return_annotation=answer)  # type: ignore[attr-defined]
    shown.__kwdefaults__ = inner.__kwdefaults__
    return shown


def _answer(annotation: Any) -> Any:
    """`Call[Product]` is Product to whoever calls, `Flow[Tokens]` is Tokens."""
    arguments = get_args(annotation)
    return arguments[-1] if get_origin(annotation) is not None and arguments else annotation


def _parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    """`**body: Unpack[ProductCreate]` is `**body: ProductCreate`."""
    if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
        return parameter
    return parameter.replace(annotation=(*get_args(parameter.annotation), parameter.annotation)[0])


def _signature(
    app: Any, what: str, name: str, thing: Any, options: Any, signature: str | None, answer: str | None
) -> tuple[str, str | None] | None:
    """Nobody makes a resource by hand, and a default that is made anew each time is no Python."""
    if signature is None:
        return None
    if what == "class" and issubclass(thing, Resource):
        return "", None
    return signature.replace("<factory>", "..."), answer


def _members(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """What a dictionary may hold, below its description."""
    if what != "class" or not is_typeddict(thing):
        return
    hints = get_type_hints(thing)
    for member, hint in hints.items():
        required = ", required" if member in thing.__required_keys__ else ""
        lines.append(f"- ``{member}``: ``{_words(hint)}``{required}")
    lines.append("")


def _words(hint: Any) -> str:
    """A type as a reader writes it. That a member may be left out is said once, above all of them."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " | ".join(_words(each) for each in arguments if each is not UnsetType)
    if origin is Literal:
        return " | ".join(map(repr, arguments))
    name = "None" if hint is NoneType else getattr(origin or hint, "__name__", str(hint))
    return f"{name}[{', '.join(map(_words, arguments))}]" if arguments else name


def setup(app: Any) -> dict[str, bool]:
    """Add the extension to Sphinx."""
    for resource in vars(clients.Polar(base_url="http://localhost")).values():
        if isinstance(resource, Resource):
            module = inspect.getmodule(type(resource))
            assert module is not None
            unfold(module)
    unfold(apps)
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-process-docstring", _members)
    return {"parallel_read_safe": True}

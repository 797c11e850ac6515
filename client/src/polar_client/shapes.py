"""What all answers have in common. Members that this version does not know are ignored."""

from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct


class Shape(Struct, kw_only=True):
    """A part of an answer. What is secret is there as an attribute, and never in its repr."""

    hidden: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = (f"{name}={self._shown(name)}" for name in self.__struct_fields__)
        return f"{type(self).__name__}({', '.join(shown)})"

    def _shown(self, name: str) -> str:
        value: Any = getattr(self, name)
        return "'***'" if name in self.hidden and value is not None else repr(value)


class Thing(Shape, kw_only=True):
    """Whatever has an id."""

    id: str
    created_at: datetime
    modified_at: datetime | None = None

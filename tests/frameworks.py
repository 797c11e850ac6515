"""The framework with all of its handlers, built once for many tests: what differs between them is the house it asks.

Building it takes ten times as long as most tests. Each application has a framework of its own for as long as it runs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from litestar import Litestar
from litestar.di import Provide
from litestar.types import Empty

from polar_server import app
from polar_server.house import House

_build = app._framework
_free: list["_Lent"] = []


class _Pages:
    """The pages of whatever house has the framework now."""

    def __init__(self, lent: "_Lent") -> None:
        self._lent = lent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lent.house.pages, name)


class _Lent:
    """A framework and the house that has it. While it is built, it plays the house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.pages = _Pages(self)
        self.framework = _build(cast(House, self))
        self.lend(house)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.house, name)

    def lend(self, house: House) -> None:
        """Give handlers the parts of this house, and nothing that they were given before."""
        self.house = house
        for name, provided in app._dependencies(house).items():
            provider = cast(Provide, self.framework.dependencies[name])
            provider.dependency, provider.value = provided.dependency, Empty

    @asynccontextmanager
    async def open(self, framework: Litestar) -> AsyncIterator[None]:
        if self in _free:
            _free.remove(self)
        try:
            async with self.house.open(framework):
                yield
        finally:
            _free.append(self)


def framework_of(house: House) -> Litestar:
    """What the application builds of a house."""
    if not _free:
        return _Lent(house).framework
    lent = _free.pop()
    lent.lend(house)
    return lent.framework

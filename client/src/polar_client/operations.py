"""Methods of resources that are written once and called in two ways.

A method only describes its call. On a resource of the blocking client, calling it gives the answer; on one of the
asynchronous client, something to await. Type checkers see either, with the method's own parameters.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from polar_client.attempts import Flow, Options, steps_of, steps_of_flow
from polar_client.calls import Call, Page
from polar_client.sending import Async, Sync

P = ParamSpec("P")
T = TypeVar("T")
Way = TypeVar("Way", bound=Sync | Async)


class Resource(Generic[Way]):
    """A part of the API, called in one of the two ways."""

    def __init__(self, way: Way, options: Options) -> None:
        self._options = options
        self._way = way

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._options.base_url}>"

    @property
    def is_async(self) -> bool:
        """Whether its methods are awaited."""
        return isinstance(self._way, Async)

    def carry_out(self, described: Call[Any] | Flow[Any]) -> Any:
        """The answer, or something to await that gives it."""
        if isinstance(described, Call):
            return self._way.run(steps_of(described, self._options))
        return self._way.run(steps_of_flow(described, self._options))


class operation(Generic[P, T]):  # noqa: N801  it decorates
    """A method that describes one call."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: Resource[Any] | None, owner: Any = None) -> Any:
        return self if resource is None else _method(resource, self.describe)


class procedure(Generic[P, T]):  # noqa: N801  it decorates
    """A method that describes several calls: a generator that is given the answer to each."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any = None) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: Resource[Any] | None, owner: Any = None) -> Any:
        return self if resource is None else _method(resource, self.describe)


class every(Generic[P, T]):  # noqa: N801  it reads as a word: `iter_all = every(list)`
    """All items of a list, page after page, fetched as they are needed. `page` and `limit` say where and how much."""

    def __init__(self, listing: operation[P, Page[T]]) -> None:
        self.describe = listing.describe
        self.__doc__ = f"All of: {listing.__doc__}"

    @overload
    def __get__(self, resource: Resource[Sync], owner: Any = None) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, resource: Resource[Async], owner: Any = None) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, resource: Resource[Any] | None, owner: Any = None) -> Any:
        if resource is None:
            return self
        items = _items_async if resource.is_async else _items

        def iterate(*args: P.args, **kwargs: P.kwargs) -> Any:
            return items(resource, self.describe(resource, *args, **kwargs))

        return iterate


def _method(resource: Resource[Any], describe: Callable[..., Call[Any] | Flow[Any]]) -> Callable[..., Any]:
    @wraps(describe)
    def method(*args: Any, **kwargs: Any) -> Any:
        return resource.carry_out(describe(resource, *args, **kwargs))

    return method


def _items(resource: Resource[Sync], listing: Call[Page[T]]) -> Iterator[T]:
    following: Call[Page[T]] | None = listing
    while following is not None:
        page: Page[T] = resource.carry_out(following)
        yield from page.items
        following = _following(following, page)


async def _items_async(resource: Resource[Async], listing: Call[Page[T]]) -> AsyncIterator[T]:
    following: Call[Page[T]] | None = listing
    while following is not None:
        page: Page[T] = await resource.carry_out(following)
        for item in page.items:
            yield item
        following = _following(following, page)


def _following(listing: Call[Page[T]], page: Page[T]) -> Call[Page[T]] | None:
    number = int(listing.query.get("page", 1))
    return listing.at_page(number + 1) if page.items and number < page.pagination.max_page else None

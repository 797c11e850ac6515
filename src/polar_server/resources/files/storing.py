"""The storage as endpoints get it, and what they do when it does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from polar_server.database import Unavailable
from polar_server.storage import Storage, StorageFailed

GivenStorage = NamedDependency[SkipValidation[Storage]]
"""The parameter of an endpoint: what Litestar hands in by its name."""


@contextmanager
def needed() -> Iterator[None]:
    """Without the storage there is no answer: 503, and the caller tries again."""
    try:
        yield
    except StorageFailed as error:
        raise Unavailable(str(error)) from error

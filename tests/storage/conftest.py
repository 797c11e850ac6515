"""The bucket that tests of storages share."""

from collections.abc import Iterator

import pytest

from .buckets import bucket


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The endpoint of a bucket, for the whole run."""
    with bucket() as endpoint:
        yield endpoint

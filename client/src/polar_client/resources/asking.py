"""What lists are asked for in the same way everywhere, and words that many resources use."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypedDict

from polar_client.calls import Many, Maybe

Interval: TypeAlias = Literal["day", "week", "month", "year"]
Visibility: TypeAlias = Literal["draft", "private", "public"]
TaxBehavior: TypeAlias = Literal["location", "inclusive", "exclusive"]
Metadata: TypeAlias = Mapping[str, str | int | float | bool]
AskedMetadata: TypeAlias = Mapping[str, str | list[str]]
"""One key with several values: any of them fits. Several keys: all have to."""


class Paging(TypedDict, total=False):
    """A page, from 1, and its size, at most 100."""

    page: int
    limit: int


class Listing(Paging, total=False):
    """`sorting` is one name or several, each with a minus in front to turn it round."""

    organization_id: Maybe[Many | None]
    sorting: Maybe[Many | None]
